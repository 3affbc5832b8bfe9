import { describe, expect, it } from 'vitest';
import { silentLogger } from '@annex/kernel';
import { Loop } from './loop.js';

/** A loop whose rounds end when the test says so. */
function handLoop() {
  const rounds: PromiseWithResolvers<number | undefined>[] = [];
  const begun: (() => void)[] = [];
  const loop = new Loop({
    name: 'test',
    everyMs: 3_600_000,
    logger: silentLogger,
    work: () => {
      const round = Promise.withResolvers<number | undefined>();
      rounds.push(round);
      for (const tell of begun.splice(0)) tell();
      return round.promise;
    },
  });
  return { loop, rounds, nextRound: () => new Promise<void>((done) => begun.push(done)) };
}

describe('a loop', () => {
  it('makes one round of many wakings during a round, and none at the same time', async () => {
    const { loop, rounds, nextRound } = handLoop();
    loop.start();
    loop.start();
    expect(rounds).toHaveLength(1);
    for (let times = 0; times < 5; times += 1) loop.wake();
    expect(rounds).toHaveLength(1);
    const second = nextRound();
    rounds[0]?.resolve(undefined);
    await second;
    expect(rounds).toHaveLength(2);
    rounds[1]?.resolve(undefined);
    await loop.stop();
    expect(rounds).toHaveLength(2);
  });

  it('goes on after a round that threw, and keeps its pause however often it is woken', async () => {
    const { loop, rounds, nextRound } = handLoop();
    loop.start();
    const second = nextRound();
    rounds[0]?.reject(new Error('away'));
    await Promise.resolve();
    for (let times = 0; times < 5; times += 1) loop.wake();
    await second;
    expect(rounds).toHaveLength(2);
    rounds[1]?.resolve(undefined);
    await loop.stop();
  });

  it('ends after the round under way, and does nothing when woken afterwards', async () => {
    const { loop, rounds } = handLoop();
    loop.start();
    const stopped = loop.stop();
    rounds[0]?.resolve(0);
    await stopped;
    await loop.stop();
    loop.wake();
    expect(rounds).toHaveLength(1);
  });
});
