import { expect, it } from 'vitest';
import { lineChanges } from './line-changes.js';

const asText = (before: string, after: string): string =>
  lineChanges(before, after)
    .map(({ sign, line }) => sign + line)
    .join('|');

it.each([
  ['a', 'a', ' a'],
  ['a\nb\nc', 'a\nc', ' a|-b| c'],
  ['a\nc', 'a\nb\nc', ' a|+b| c'],
  ['a\nx\nc', 'a\ny\nc', ' a|-x|+y| c'],
  ['x\na\nb', 'a\nb\ny', '-x| a| b|+y'],
])('%j becomes %j', (before, after, changes) => {
  expect(asText(before, after)).toBe(changes);
});

it('shows long texts whole, one after the other', () => {
  const long = 'a\n'.repeat(2_000);
  const changes = lineChanges(long, `${long}b`);
  expect([changes.length, changes[0]?.sign, changes.at(-1)]).toEqual([4_002, '-', { sign: '+', line: 'b' }]);
});
