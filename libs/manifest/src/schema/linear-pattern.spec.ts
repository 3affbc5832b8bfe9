import { describe, expect, it } from 'vitest';
import { applyConfig, configSchemaFaults } from './config-schema.js';

const schemaOf = (pattern: string) => ({
  type: 'object',
  properties: { a: { type: 'string', pattern }, b: { type: 'string', pattern: '^b$' } },
});
const fits = (pattern: string, a: string): boolean => applyConfig(schemaOf(pattern), { a }).ok;

describe('a pattern of settings', () => {
  it.each(['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(x+x+)+y', '^([a-z]+)*[0-9]$', '^(\\w+\\s?)*$'])(
    '%s never takes longer than the text',
    (pattern) => {
      expect(configSchemaFaults(schemaOf(pattern))).toEqual([]);
      const [one, other] = applyConfig(schemaOf(pattern), { a: `${'ax'.repeat(20_000)}!`, b: 'no' }).ok
        ? []
        : ['judged', 'judged'];
      expect([one, other]).toEqual(['judged', 'judged']);
      const reading = applyConfig(schemaOf(pattern), { a: `${'a'.repeat(30)}!`, b: 'b' });
      expect(reading.ok ? 'fits' : reading.errors.map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual([
        expect.stringMatching(/^\/a must match pattern/),
      ]);
    },
  );

  it.each<[string, string, boolean]>([
    ['^https://', 'https://a', true],
    ['^[a-z]{2,5}$', 'abc', true],
    ['^[a-z]{2,5}$', 'abc\n', false],
    ['^\\d+$', '12', true],
    ['^\\p{Lu}', 'É', true],
    ['^(?<year>\\d{4})-\\d\\d$', '2026-01', true],
    ['^\\u00e9$', 'é', true],
    ['^[\\w.+-]+@[\\w-]+\\.[\\w.]+$', 'a@b.c', true],
    ['b', 'abc', true],
    ['^.$', '😀', true],
  ])('%s means what it means elsewhere (%s)', (pattern, text, verdict) => {
    expect(new RegExp(pattern, 'u').test(text)).toBe(verdict);
    expect(configSchemaFaults(schemaOf(pattern))).toEqual([]);
    expect(fits(pattern, text)).toBe(verdict);
  });

  it.each([
    ['^(?=.*[A-Z])', 'looks ahead'],
    ['(?<!a)b', 'looks ahead or behind'],
    ['^(a)\\1$', 'refers back'],
    ['^(?<q>a)\\k<q>$', 'refers back'],
    ['a{2000}', 'counts up to 1000'],
    ['(', 'is not a regular expression'],
  ])('%s is refused at upload, with what to write instead', (pattern, words) => {
    expect(configSchemaFaults(schemaOf(pattern))).toMatchObject([
      { pointer: '/properties/a/pattern', code: 'CONFIG_SCHEMA', detail: expect.stringContaining(words) as string },
    ]);
    expect(configSchemaFaults({ type: 'object', patternProperties: { [pattern]: {} } })).toMatchObject([
      { pointer: '/patternProperties' },
    ]);
  });
});
