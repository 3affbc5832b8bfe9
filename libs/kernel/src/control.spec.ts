import { describe, expect, it } from 'vitest';
import { FairGate } from './control.js';

/** Work that ends when it is told to, and says when it began. */
function held(
  gate: FairGate,
  key: string,
  name: string,
  began: string[],
  signal?: AbortSignal,
): { end: () => void; done: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = gate.run(
    key,
    () => {
      began.push(name);
      return promise;
    },
    signal,
  );
  return { end: resolve, done };
}

describe('FairGate', () => {
  it('lets no key have more than its share, however much it asks for', async () => {
    const gate = new FairGate({ atOnce: 3, atOncePerKey: 2 });
    const began: string[] = [];
    const loud = ['a1', 'a2', 'a3', 'a4'].map((name) => held(gate, 'a', name, began));
    const quiet = held(gate, 'b', 'b1', began);
    expect(began).toEqual(['a1', 'a2', 'b1']);
    expect(gate.waiting).toBe(2);
    loud[0]?.end();
    await loud[0]?.done;
    expect(began).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (const each of [...loud, quiet]) each.end();
    await Promise.all([...loud, quiet].map(({ done }) => done));
    expect(began).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('gives keys that wait their turns one after the other', async () => {
    const gate = new FairGate({ atOnce: 1, atOncePerKey: 1 });
    const began: string[] = [];
    const all = [
      held(gate, 'a', 'a1', began),
      held(gate, 'a', 'a2', began),
      held(gate, 'a', 'a3', began),
      held(gate, 'b', 'b1', began),
    ];
    for (const each of all) each.end();
    await Promise.all(all.map(({ done }) => done));
    expect(began).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  it('whose shares shrink is filled by no few keys, and lets everybody in as places come back', async () => {
    const gate = new FairGate({ atOnce: 48, atOncePerKey: 16, shrinks: true });
    const began: string[] = [];
    const loud = ['a', 'b', 'c'].flatMap((key) => Array.from({ length: 20 }, () => held(gate, key, key, began)));
    const of = (key: string): number => began.filter((name) => name === key).length;
    expect([of('a'), of('b'), of('c')]).toEqual([16, 11, 7]);
    const quiet = held(gate, 'd', 'd', began);
    expect(of('d')).toBe(1);
    for (const each of [quiet, ...loud]) each.end();
    await Promise.all([quiet, ...loud].map(({ done }) => done));
    expect(began).toHaveLength(61);
    expect(gate.waiting).toBe(0);
  });

  it('forgets who gave up waiting', async () => {
    const gate = new FairGate({ atOncePerKey: 1 });
    const began: string[] = [];
    const abort = new AbortController();
    const first = held(gate, 'a', 'a1', began);
    const second = held(gate, 'a', 'a2', began, abort.signal);
    abort.abort(new Error('left'));
    await expect(second.done).rejects.toThrow('left');
    expect(gate.waiting).toBe(0);
    first.end();
    await first.done;
    expect(began).toEqual(['a1']);
  });

  it('gives the place back when the work fails', async () => {
    const gate = new FairGate({ atOncePerKey: 1 });
    await expect(gate.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.run('a', () => Promise.resolve('next'))).resolves.toBe('next');
  });
});
