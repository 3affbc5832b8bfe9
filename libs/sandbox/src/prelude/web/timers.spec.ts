import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeEach(async () => {
  web = await startWebIsolate();
});
afterEach(() => {
  web.stop();
});

describe('timers', () => {
  it('ask the host for a clamped delay and pass their arguments on', async () => {
    await web.run(`
      globalThis.seen = [];
      for (const delay of [5, -1, NaN, 'x', 1e12, 2.9, undefined])
        setTimeout((...args) => seen.push(args), delay, delay === 5 ? 'first' : 'other');
    `);
    expect([...web.timers.values()]).toEqual([5, 0, 0, 0, 2 ** 31 - 1, 2, 0]);
    while (web.fireNext());
    expect(await web.run('return [seen.length, seen.filter(([arg]) => arg === "first").length]')).toEqual([7, 1]);
  });

  it('repeat until they are cleared, from inside too', async () => {
    await web.run(
      `globalThis.times = 0; globalThis.id = setInterval(() => { if (++times === 3) clearInterval(id); }, 10);`,
    );
    let fired = 0;
    while (web.fireNext()) fired++;
    expect([fired, await web.run('return times')]).toEqual([3, 3]);
  });

  it('can be cleared, and clearing nonsense does nothing', async () => {
    await web.run(
      'clearTimeout(setTimeout(() => {}, 1)); clearTimeout(99); clearInterval(); clearTimeout({}); clearTimeout(null);',
    );
    expect(web.timers.size).toBe(0);
  });

  it('log what a callback throws', async () => {
    await web.run('setTimeout(() => { throw new TypeError("late") }, 0)');
    expect(web.fireNext()).toBe(true);
    expect(web.logs).toMatchObject([
      { level: 'error', message: expect.stringContaining('TypeError: late') as unknown },
    ]);
  });

  it('are at most a thousand at once, and one that the host forgot makes room', async () => {
    expect(
      await web.run(`
      const ids = []; let refused;
      try { for (;;) ids.push(setTimeout(() => {}, 1)); } catch (error) { refused = error.name; }
      webInternals.forgetTimer(ids[0]);
      setTimeout(() => {}, 1);
      return [ids.length, refused];`),
    ).toEqual([1000, 'QuotaExceededError']);
  });

  it('take no code in strings', async () => {
    await expect(web.run('setTimeout("1 + 1", 0)')).rejects.toMatchObject({ name: 'TypeError' });
  });

  it('run microtasks in order and survive one that throws', async () => {
    expect(
      await web.run(`
        const seen = [];
        queueMicrotask(() => seen.push(1));
        queueMicrotask(() => {
          throw new Error('micro');
        });
        Promise.resolve().then(() => seen.push(2));
        queueMicrotask(() => seen.push(3));
        await null;
        await null;
        return seen;
      `),
    ).toEqual([1, 2, 3]);
    expect(web.logs.at(-1)?.message).toContain('Error: micro');
  });
});

describe('performance', () => {
  it('counts whole milliseconds since the isolate began', async () => {
    const [now, origin] = (await web.run('return [performance.now(), performance.timeOrigin]')) as [number, number];
    expect(Number.isInteger(now) && now >= 0).toBe(true);
    expect(Math.abs(Date.now() - origin)).toBeLessThan(60_000);
  });
});
