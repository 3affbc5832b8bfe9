import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileEventPattern, matchesEvent } from './patterns.js';
import { SubscriptionIndex } from './subscriptions.js';

/** The same rule, written as slow and plainly as it can be. */
function matchesPlainly(pattern: string[], name: string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return name.length === 0;
  if (head === '**') return matchesPlainly(rest, name) || (name.length > 0 && matchesPlainly(pattern, name.slice(1)));
  return name.length > 0 && (head === '*' || head === name[0]) && matchesPlainly(rest, name.slice(1));
}

const names = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
const patterns = fc.array(fc.constantFrom('a', 'b', '*', '**'), { minLength: 1, maxLength: 6 });

describe('event patterns', () => {
  it.each([
    ['auth.user.created', 'auth.user.created', true],
    ['auth.user.created', 'auth.user.create', false],
    ['build.*', 'build.completed', true],
    ['build.*', 'build', false],
    ['build.*', 'build.step.completed', false],
    ['build.**', 'build.step.completed', true],
    ['build.**', 'build', true],
    ['build.**', 'builds.x', false],
    ['**', 'anything.at.all', true],
    ['*', 'one', true],
    ['*', 'one.two', false],
    ['**.completed', 'build.step.completed', true],
    ['**.completed', 'completed', true],
    ['a.**.z', 'a.z', true],
    ['a.**.z', 'a.b.c.z', true],
    ['a.**.z', 'a.b.c', false],
    ['*.user.*', 'auth.user.created', true],
    ['a.*.**', 'a', false],
    ['a.*.**', 'a.b', true],
  ])('%s says of %s: %s', (pattern, name, expected) => {
    expect(matchesEvent(pattern, name)).toBe(expected);
  });

  it('match exactly what the plain rule matches', () => {
    fc.assert(
      fc.property(
        patterns,
        names,
        (pattern, name) => matchesEvent(pattern.join('.'), name.join('.')) === matchesPlainly(pattern, name),
      ),
      { numRuns: 500 },
    );
  });

  it('take no longer for patterns made to be slow', () => {
    const matcher = compileEventPattern(
      Array.from({ length: 15 }, () => '**')
        .concat('x')
        .join('.'),
    );
    const name = Array.from({ length: 16 }, () => 'a').join('.');
    for (let round = 0; round < 20_000; round += 1) expect(matcher(name)).toBe(false);
  });
});

describe('the subscription index', () => {
  it('finds exactly the subscribers whose pattern matches, each once', () => {
    fc.assert(
      fc.property(fc.array(patterns, { maxLength: 12 }), names, (all, name) => {
        const index = new SubscriptionIndex<number>();
        all.forEach((pattern, subscriber) => index.add(pattern.join('.'), subscriber));
        const found = index.resolve(name.join('.')).sort((a, b) => a - b);
        expect(found).toEqual(
          all.flatMap((pattern, subscriber) => (matchesPlainly(pattern, name) ? [subscriber] : [])),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('forgets a subscription whose undo was called, once or twice', () => {
    const index = new SubscriptionIndex<string>();
    const undo = index.add('build.*', 'x');
    index.add('build.completed', 'x');
    expect(index.size).toBe(2);
    expect(index.resolve('build.completed')).toEqual(['x']);
    undo();
    undo();
    expect(index.size).toBe(1);
    expect(index.resolve('build.failed')).toEqual([]);
  });
});
