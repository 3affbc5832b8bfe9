import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { inexactNumbers, quoteInexactNumbers } from './exact-numbers.js';

const pointers = (text: string): string[] => inexactNumbers(text).map(({ pointer }) => pointer);

describe('a number', () => {
  it.each([
    '0',
    '-0',
    '-0.0000000000000000',
    '9007199254740991',
    '-9007199254740991',
    '9007199254740994',
    '1152921504606847000',
    '100000000000000000000',
    '1e21',
    '1.5e300',
    '0.1',
    '1.10000000000000000000',
    '3.141592653589793',
    '0.10000000000000001',
    '5e-324',
    '1.7976931348623157e308',
    '0e999',
    '3.14159265358979323846',
    '1.234567890123456789e5',
    '12345678901234567.89',
    '1e18',
    '1e20',
  ])('comes out as it went in: %s', (text) => {
    expect(pointers(`[${text}]`)).toEqual([]);
  });

  it.each([
    '1610521604143693813',
    '-1610521604143693813',
    '9007199254740993',
    '1152921504606846976',
    '1610521604143693813.0',
    '1.610521604143693813e18',
    '1e400',
    '-1e400',
    '1e999',
    '1e-400',
    '123456789012345678901234567890',
  ])('would come out as another: %s', (text) => {
    expect(inexactNumbers(`{"a":${text}}`)).toEqual([{ pointer: '/a', text, start: 5, end: 5 + text.length }]);
  });
});

describe('its place', () => {
  const big = '1610521604143693813';
  it.each<[string, string[]]>([
    [big, ['']],
    [`{"id":${big}}`, ['/id']],
    [`{"a":[1,{"b":[true,null,"x, [{",${big}]},${big}],"c":${big}}`, ['/a/1/b/3', '/a/2', '/c']],
    [`{"a/b~c \\"\\u00e9":{"":${big}}}`, ['/a~1b~0c "é/']],
    [`{ "s" : "${big}" , "${big}" : 1 , "t":"\\\\" , "n" : ${big} }`, ['/n']],
    [`[[],{},[${big}],{"x":{}},${big}]`, ['/2/0', '/4']],
    [`"${big}"`, []],
  ])('is told: %s', (text, expected) => {
    JSON.parse(text);
    expect(pointers(text)).toEqual(expected);
  });
});

it('keeps every digit as text, and all else as it was', () => {
  const { text, pointers: places } = quoteInexactNumbers(
    '{"id":1610521604143693813,"n":1,"l":[0.5,9007199254740993],"s":"1610521604143693813"}',
  );
  expect(JSON.parse(text)).toEqual({
    id: '1610521604143693813',
    n: 1,
    l: [0.5, '9007199254740993'],
    s: '1610521604143693813',
  });
  expect(places).toEqual(['/id', '/l/1']);
});

/** An integer as its shortest text says it: 1e+30 is a one and thirty zeros, whatever the double behind it is. */
function digitsOf(value: number): string {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return whole + fraction.padEnd(Number(exponent), '0');
}

it('finds nothing in what JSON.stringify writes, and keeps everything that BigInt writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(pointers(JSON.stringify(value))).toEqual([]);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
      const kept = (JSON.parse(quoteInexactNumbers(`[${value}]`).text) as (number | string)[])[0];
      expect(typeof kept === 'number' ? digitsOf(kept) : kept).toBe(String(value));
      if (typeof kept === 'number') expect(JSON.stringify(kept)).toMatch(/^-?\d+$|e\+/);
    }),
  );
});

it('takes one pass of a hostile text: deep, long, full of escapes', () => {
  const deep = `${'['.repeat(100_000)}1610521604143693813${']'.repeat(100_000)}`;
  expect(inexactNumbers(deep)[0]?.pointer).toBe('/0'.repeat(64));
  expect(inexactNumbers(`${'[9007199254740993,'.repeat(50_000)}1${']'.repeat(50_000)}`)).toHaveLength(50_000);
  expect(inexactNumbers(`["${'\\"'.repeat(400_000)}",9007199254740993]`)).toHaveLength(1);
  expect(inexactNumbers(`[${'9'.repeat(500_000)}]`)).toHaveLength(1);
});

describe('a pointer', () => {
  it.each([
    ['of tildes', '~'.repeat(14_000)],
    ['of escapes', '\\n'.repeat(7000)],
    ['of escapes of four digits', '\\u0041'.repeat(2300)],
    ['of pairs of surrogates', '😀'.repeat(3500)],
  ])('repeats the beginning of a long key only: %s', (_name, key) => {
    const text = `{"${key}":[${Array(100).fill('1e999').join()}]}`;
    const found = pointers(text);
    expect(found).toHaveLength(100);
    expect(found[0]).toMatch(/^\/[^/]+…\/0$/);
    expect(found[0]?.isWellFormed()).toBe(true);
    expect(found[0]?.length).toBeLessThanOrEqual(210);
    expect(found.join('').length).toBeLessThanOrEqual(8192);
    expect(quoteInexactNumbers(text).pointers.join('').length).toBeLessThanOrEqual(8192);
  });

  it('is parsed once for every number that is told, however long its key and however many follow', () => {
    const parse = vi.spyOn(JSON, 'parse');
    inexactNumbers(`{"${'~'.repeat(900_000)}":[${Array(1000).fill('1e999').join()}]}`);
    expect(Math.max(...parse.mock.calls.map(([text]) => text.length))).toBeLessThanOrEqual(101);
    expect(parse.mock.calls.length).toBeLessThanOrEqual(100);
    parse.mockRestore();
  });

  it('is looked for no further than somebody asks', () => {
    expect(inexactNumbers(`[${Array(1000).fill('1e999').join()}]`, 20)).toHaveLength(20);
  });
});

it('looks closely at few of many short numbers', () => {
  const exec = vi.spyOn(RegExp.prototype, 'exec');
  const numbers = Array(1000).fill('1e5').concat(Array(1000).fill('1e20'), '1610521604143693813');
  expect(inexactNumbers(`[${numbers.join()}]`)).toHaveLength(1);
  const tokens = numbers.length * 2 + 2;
  expect(exec.mock.calls.length).toBeLessThanOrEqual(tokens + 10);
  exec.mockRestore();
});
