import { describe, expect, it } from 'vitest';
import { compileSettingPatterns, settingKeyFault, settingPatternFault } from './setting-keys.js';

describe('a key of a setting', () => {
  it.each(['dns', 'dns/zones/example.org', 'dns/zones/*.example.org', 'a/b:c/d@e', 'größe/é', 'a'.repeat(512)])(
    '%s is one',
    (key) => {
      expect(settingKeyFault(key)).toBeUndefined();
    },
  );

  it.each([
    ['', 'empty'],
    ['/a', 'empty segment'],
    ['a/', 'empty segment'],
    ['a//b', 'empty segment'],
    ['a/../b', 'plain path'],
    ['a b', 'character'],
    ['a\u202eb', 'character'],
    ['a\0', 'character'],
    ['a\\b', 'character'],
    ['a?b', 'character'],
    ['\ud800', 'character'],
    ['a/*/b', 'patterns'],
    ['stream', 'streamed'],
    ['a'.repeat(513), '512'],
    [Array.from({ length: 17 }, () => 'a').join('/'), '16'],
  ])('%j is none', (key, why) => {
    expect(settingKeyFault(key)).toContain(why);
  });
});

describe('a pattern of settings', () => {
  it.each([
    ['dns/zones/**', 'dns/zones/a', true],
    ['dns/zones/**', 'dns/zones/a/b', true],
    ['dns/zones/**', 'dns/zones', true],
    ['dns/zones/**', 'dns/zonesx', false],
    ['dns/zones/*', 'dns/zones/a/b', false],
    ['dns/*/a', 'dns/zones/a', true],
    ['dns/zones/a.b', 'dns/zones/axb', false],
    ['a$(b)+', 'a$(b)+', true],
    ['**', 'a', true],
    ['**/x', 'a/b/x', true],
    ['*.example.org', '*.example.org', true],
    ['*.example.org', 'a.example.org', false],
  ])('%s with %s: %s', (pattern, key, expected) => {
    expect(settingPatternFault(pattern)).toBeUndefined();
    expect(compileSettingPatterns(['other', pattern])(key)).toBe(expected);
  });

  it('has wildcards for whole segments only', () => {
    expect(settingPatternFault('dns/a*')).toContain('whole segment');
  });
});
