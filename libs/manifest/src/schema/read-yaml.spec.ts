import { describe, expect, it } from 'vitest';
import { readYaml } from './read-yaml.js';

function faultsOf(text: string): string[] {
  const read = readYaml(Buffer.from(text), { maxBytes: 10_000, levels: 8, what: 'mapping' });
  return read.ok ? [] : read.errors.map(({ code, detail }) => `${/^line \d+/.exec(detail)?.[0] ?? detail} ${code}`);
}

describe('faults of YAML', () => {
  it.each([
    ['an indent that fits nowhere', 'a:\n  b: 1\n c: 2\n d: 3\n e: 4\n', ['line 3 YAML_SYNTAX']],
    ['tabs', '\ta: 1\n\tb: 2\n', ['line 1 YAML_SYNTAX']],
    ['a list behind its key', 'a: - b\n   - c\n', ['line 1 YAML_SYNTAX']],
    ['a key behind a list', '- a\nb: 1\n', ['line 2 YAML_SYNTAX']],
    ['an open bracket', 'a: [1, 2\nb: 3\nc: 4\n', ['line 2 YAML_SYNTAX']],
  ])('are told once for one slip: %s', (_what, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  it.each([
    ['colons in two texts', 'a: b: c\nd: e: f\n', ['line 1 YAML_SYNTAX', 'line 2 YAML_SYNTAX']],
    ['quotes in two texts', "a: 'it's'\nb: 'that's'\n", ['line 1 YAML_SYNTAX', 'line 2 YAML_SYNTAX']],
    [
      'keys that are there twice, around another slip',
      'a: 1\na: 2\nb: x: y\nc: 1\nc: 2\n',
      ['line 2 YAML_DUPLICATE_KEY', 'line 3 YAML_SYNTAX', 'line 5 YAML_DUPLICATE_KEY'],
    ],
  ])('are all told when each is a slip of its own: %s', (_what, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });
});
