import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.js';

const detail = (text: string): string => {
  const reading = readJson(text);
  return reading.ok ? '' : (reading.errors[0]?.detail ?? '');
};

describe('a JSON file', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (text, blank) => {
        if (text.includes('__proto__')) return;
        expect(readJson(blank + text + blank)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns: 300 },
    );
  });

  it.each(['{}', '[]', '"\\u00e9\\n\\/"', '-0.5e+3', '\ufeff{"a": 1}', '{"a": {"b": [1, 2, {"c": null}]}}'])(
    'may be %s',
    (text) => {
      expect(detail(text)).toBe('');
    },
  );

  it.each([
    ['', 'line 1, column 1: the document ends'],
    ['{', 'line 1, column 2: a key in double quotes is expected, not the end'],
    ['{"a": 1,}', 'line 1, column 8: a comma before "}"'],
    ['[1, 2,\n]', 'line 1, column 6: a comma before "]"'],
    ['{"a" 1}', 'line 1, column 6: ":" is expected after the key "a"'],
    ['{"a": 1 "b": 2}', 'line 1, column 9: "," or "}" is expected'],
    ['{\n  // hi\n}', 'line 2, column 3: JSON has no comments'],
    ['{\n  "a": \'x\'\n}', 'line 2, column 8: text is put in double quotes'],
    ['{a: 1}', 'line 1, column 2: a key in double quotes is expected, not "a:"'],
    ['{"a": "x\n"}', 'line 1, column 9: a text may not hold a raw line break'],
    ['{"a": "x', 'line 1, column 7: this text has no closing quote'],
    ['{"a": "\\x"}', 'is not an escape'],
    ['{"a": "\\u12"}', 'four hexadecimal digits'],
    ['{"a": undefined}', 'is not a value'],
    ['{"a": 01}', '"," or "}" is expected'],
    ['{"a": +1}', 'is not a value'],
    ['{"a": 1e999}', 'too large a number'],
    ['{} {}', 'follows the end'],
    ['{"__proto__": {}}', '"__proto__" is not allowed'],
    ['['.repeat(100_000), 'more than 64 levels'],
    ['{"a":'.repeat(100_000), 'more than 64 levels'],
  ])('may not be %j', (text, expected) => {
    expect(detail(text)).toContain(expected);
  });

  it('may not hold a key twice, each told with its pointer', () => {
    expect(readJson('{"a": 1, "b": [{"x/y": 1,\n "x/y": 2}], "a": 3}')).toEqual({
      ok: false,
      errors: [
        {
          pointer: '/b/0/x~1y',
          code: 'JSON_DUPLICATE_KEY',
          detail: 'line 2, column 2: the key "x/y" is there twice; keep one.',
        },
        {
          pointer: '/a',
          code: 'JSON_DUPLICATE_KEY',
          detail: 'line 2, column 14: the key "a" is there twice; keep one.',
        },
      ],
    });
  });

  it('may not hold a text that the database could not look into, each told with its pointer', () => {
    expect(readJson('{"a": ["\\u0000"],\n "b": "x\\ud800y", "c\\udc00": 1, "ok": "\\ud83d\\ude00"}')).toEqual({
      ok: false,
      errors: [
        {
          pointer: '/a/0',
          code: 'JSON_TEXT',
          detail: 'line 1, column 8: this text holds the character U+0000, which cannot be kept; remove it.',
        },
        {
          pointer: '/b',
          code: 'JSON_TEXT',
          detail:
            'line 2, column 7: this text holds half a surrogate pair; write both halves, or the character itself.',
        },
        {
          pointer: '',
          code: 'JSON_TEXT',
          detail:
            'line 2, column 19: this text holds half a surrogate pair; write both halves, or the character itself.',
        },
      ],
    });
  });
});
