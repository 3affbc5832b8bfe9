import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { applyConfig } from './config-schema.js';
import { judgeConfig } from './judge-config.js';

/** Each level asks twice for the one below it, so judging `a` takes 2 ** 40 looks; without `a` it takes none. */
const bomb: JsonObject = {
  properties: { a: { $ref: '#/$defs/l0' } },
  $defs: {
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [
        `l${level}`,
        { anyOf: [{ $ref: `#/$defs/l${level + 1}` }, { $ref: `#/$defs/l${level + 1}` }] },
      ]),
    ),
    l40: { type: 'string' },
  },
};
const honest: JsonObject = { required: ['name'], properties: { name: { type: 'string' }, level: { default: 'info' } } };

/** How often this thread's event loop turns until `work` is done. */
async function turnsDuring<T>(work: Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    if (isOver) return;
    turns += 1;
    setImmediate(turn);
  };
  setImmediate(turn);
  const result = await work.finally(() => (isOver = true));
  return { turns, result };
}

describe('settings judged beside the program', () => {
  it('are read as on the spot, defaults and faults alike', async () => {
    const values: Json[] = [{ name: 'x' }, { name: 5 }, {}, []];
    for (const value of values) expect(await judgeConfig(honest, value, 'one')).toEqual(applyConfig(honest, value));
  });

  it('are refused when they take too long, and the program goes on meanwhile', async () => {
    await judgeConfig(honest, { name: 'x' }, 'one');
    const { turns, result } = await turnsDuring(judgeConfig(bomb, { a: 1 }, 'one'));
    expect(result).toEqual({
      ok: false,
      errors: [
        {
          pointer: '',
          code: 'CONFIG',
          detail: 'judging these settings took more than 250 ms, so they were refused; shorten long texts.',
        },
      ],
    });
    // It turned all the time; on the spot it would have turned not once before the answer.
    expect(turns).toBeGreaterThan(50);
    expect(await judgeConfig(bomb, {}, 'one')).toEqual({ ok: true, value: {} });
  });

  it('let another tenant through while one tenant repeats what is slow', async () => {
    // Both threads are there before.
    await Promise.all(['one', 'other'].map((tenant) => judgeConfig(honest, { name: 'x' }, tenant)));
    const order: string[] = [];
    const slow = Array.from({ length: 3 }, (_, index) =>
      judgeConfig({ ...bomb, title: `${index}` }, { a: 1 }, 'one').then(({ ok }) => order.push(`slow: ${ok}`)),
    );
    const other = judgeConfig(honest, { name: 'x' }, 'other').then(({ ok }) => order.push(`other: ${ok}`));
    await Promise.all([...slow, other]);
    expect(order.toSorted()).toEqual(['other: true', 'slow: false', 'slow: false', 'slow: false']);
    expect(order.indexOf('other: true')).toBeLessThan(3);
  });
});
