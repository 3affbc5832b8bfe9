import { describe, expect, it } from 'vitest';
import { CheckGate } from './check-gate.js';

function piece(): { work: () => Promise<void>; started: Promise<void>; end: () => void } {
  let start = (): void => undefined;
  let end = (): void => undefined;
  const started = new Promise<void>((resolve) => (start = resolve));
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => (start(), ended), started, end: () => end() };
}

describe('the gate before package checks', () => {
  it('lets a few through at once, and one tenant’s flood waits behind itself', async () => {
    const gate = new CheckGate({ atOnce: 3, atOncePerTenant: 2, waitingPerTenant: 10 });
    const flood = Array.from({ length: 4 }, piece);
    const flooding = flood.map(({ work }) => gate.run('loud', work));
    const quiet = piece();
    const running = gate.run('quiet', quiet.work);
    await Promise.all([flood[0]?.started, flood[1]?.started, quiet.started]);
    let third = false;
    void flood[2]?.started.then(() => (third = true));
    quiet.end();
    await running;
    expect(third).toBe(false);
    for (const { end } of flood) end();
    await Promise.all(flooding);
    expect(third).toBe(true);
  });

  it('refuses what one tenant piles up, and forgets it when the pile is gone', async () => {
    const gate = new CheckGate({ atOnce: 1, atOncePerTenant: 1, waitingPerTenant: 1 });
    const [first, second] = [piece(), piece()];
    const running = [gate.run('a', first.work), gate.run('a', second.work)];
    await expect(gate.run('a', async () => undefined)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    first.end();
    second.end();
    await Promise.all(running);
    expect(await gate.run('a', async () => 'done')).toBe('done');
  });

  it('gives the place back when a check throws', async () => {
    const gate = new CheckGate({ atOnce: 1, atOncePerTenant: 1, waitingPerTenant: 5 });
    const results = await Promise.allSettled([
      gate.run('a', () => Promise.reject(new Error('x'))),
      gate.run('b', async () => 1),
      gate.run('a', async () => 2),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });
});
