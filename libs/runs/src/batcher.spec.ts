import { expect, it } from 'vitest';
import { Batcher } from './batcher.js';

it('does the first item at once and puts together what comes while every place is taken', async () => {
  const batches: number[][] = [];
  const first = Promise.withResolvers<void>();
  const batcher = new Batcher<number, number>({
    atOnce: 1,
    maxItems: 3,
    work: async (items) => {
      batches.push(items);
      if (batches.length === 1) await first.promise;
      return items.map((item) => item * 10);
    },
  });
  const answers = [1, 2, 3, 4, 5].map((item) => batcher.do(item));
  expect(batches).toEqual([[1]]);
  first.resolve();
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

it('lets only the item pay that cannot be done', async () => {
  const hold = Promise.withResolvers<void>();
  let isFirst = true;
  const batcher = new Batcher<string, string>({
    atOnce: 1,
    maxItems: 10,
    work: async (items) => {
      if (isFirst) {
        isFirst = false;
        await hold.promise;
      }
      if (items.includes('bad')) throw new Error('no');
      return items;
    },
  });
  const answers = ['a', 'b', 'bad', 'c'].map((item) => batcher.do(item));
  hold.resolve();
  expect(
    (await Promise.allSettled(answers)).map((one) => (one.status === 'fulfilled' ? one.value : 'refused')),
  ).toEqual(['a', 'b', 'refused', 'c']);
});
