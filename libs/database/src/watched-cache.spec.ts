import { expect, it } from 'vitest';
import { WatchedCache } from './watched-cache.js';

let now = 0;
const make = (): WatchedCache<{ n: number }> =>
  new WatchedCache({ max: 10, maxAgeMs: 1000, clock: { now: () => now } });

it('keeps nothing until changes are heard, nor after they no longer are', async () => {
  const cache = make();
  await cache.load('a', () => Promise.resolve({ n: 1 }));
  expect(cache.get('a')).toBeUndefined();
  cache.open();
  await cache.load('a', () => Promise.resolve({ n: 1 }));
  expect(cache.get('a')).toEqual({ n: 1 });
  cache.close();
  expect(cache.get('a')).toBeUndefined();
});

it('never keeps what was read before a change, and hands it to nobody who asks after', async () => {
  const cache = make();
  cache.open();
  let arrive: (value: { n: number }) => void = () => undefined;
  const stale = cache.load('a', () => new Promise((resolve) => (arrive = resolve)));
  cache.drop((value) => value.n === 99);
  const fresh = cache.load('a', () => Promise.resolve({ n: 2 }));
  arrive({ n: 1 });
  expect(await stale).toEqual({ n: 1 });
  expect(await fresh).toEqual({ n: 2 });
  expect(cache.get('a')).toEqual({ n: 2 });
});

it('reads once for many who ask together, and keeps no failure', async () => {
  const cache = make();
  cache.open();
  let reads = 0;
  const read = (): Promise<{ n: number }> => Promise.resolve({ n: (reads += 1) });
  expect(await Promise.all([cache.load('a', read), cache.load('a', read)])).toEqual([{ n: 1 }, { n: 1 }]);
  await expect(cache.load('b', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await cache.load('b', read)).toEqual({ n: 2 });
});

it('lets a value go when it is no longer good, and at the latest after its age', async () => {
  const cache = make();
  cache.open();
  now = 0;
  await cache.load(
    'short',
    () => Promise.resolve({ n: 1 }),
    () => 10,
  );
  await cache.load(
    'long',
    () => Promise.resolve({ n: 2 }),
    () => Infinity,
  );
  now = 10;
  expect([cache.get('short'), cache.get('long')]).toEqual([undefined, { n: 2 }]);
  now = 1000;
  expect(cache.get('long')).toBeUndefined();
});

it('keeps absences apart, so that guessed names push out nothing that is there', async () => {
  const cache = new WatchedCache<{ n: number }>({
    max: 3,
    maxAgeMs: 1000,
    clock: { now: () => 0 },
    isAbsence: ({ n }) => n === 0,
  });
  cache.open();
  await cache.load('there', () => Promise.resolve({ n: 1 }));
  for (let guess = 0; guess < 20; guess += 1) await cache.load(`guess ${guess}`, () => Promise.resolve({ n: 0 }));
  expect(cache.get('there')).toEqual({ n: 1 });
  expect([cache.get('guess 0'), cache.get('guess 19')]).toEqual([undefined, { n: 0 }]);
  cache.drop(({ n }) => n === 0);
  expect([cache.get('there'), cache.get('guess 19')]).toEqual([{ n: 1 }, undefined]);
});
