/** Permits go through every form of `REDIS_URL`: TLS with a password, sentinels, a cluster. */
import { newUuid, silentLogger } from '@annex/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { startRedisCluster, startSecureRedis, startSentinelRedis } from '../../../test/support/redis-forms.js';
import { mayLeaveOutRedis } from '../../../test/support/redis-server.js';
import { createQueue, type Consumer, type Queue } from './index.js';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A queue of an address, closed with the test. */
function open(url: string): Queue {
  const queue = createQueue({ backend: 'redis', url, logger: silentLogger });
  undo.push(() => queue.close());
  return queue;
}

/** Takes permits, and tells of each. */
function take(queue: Queue): { seen: Set<string>; consumer: Consumer } {
  const seen = new Set<string>();
  const consumer = queue.consume(
    ({ id }) => {
      seen.add(id);
      return Promise.resolve();
    },
    { concurrency: 2 },
  );
  undo.push(() => consumer.stop());
  return { seen, consumer };
}

/** Puts a permit in, again and again while the server is away, until somebody has taken one of them. */
async function pass(queue: Queue, seen: Set<string>): Promise<void> {
  const asked = new Set<string>();
  while (![...asked].some((id) => seen.has(id))) {
    const id = newUuid();
    asked.add(id);
    await queue.add([{ id }]).catch(() => undefined);
    await new Promise((done) => setTimeout(done, 100));
  }
}

describe.skipIf(mayLeaveOutRedis)('a queue on Redis', () => {
  it('works over TLS with a password, and not with another password or authority', async () => {
    const server = await startSecureRedis('of-the-shop');
    undo.push(() => server.close());
    const queue = open(server.url);
    const { seen } = take(queue);
    await pass(queue, seen);
    await expect(open(server.url.replace('of-the-shop', 'another')).ping()).rejects.toThrow();
    await expect(open(server.url.replace(/\?.*/, '')).ping()).rejects.toThrow();
  });

  it('works behind sentinels, and goes on at the next primary', async () => {
    const server = await startSentinelRedis('of-the-shop');
    undo.push(() => server.close());
    const queue = open(server.url);
    const { seen } = take(queue);
    await pass(queue, seen);
    await server.failOver();
    await pass(queue, seen);
  });

  it('works in a cluster; a cluster’s node alone says what it is', async () => {
    const cluster = await startRedisCluster();
    undo.push(() => cluster.close());
    const queue = open(cluster.url);
    const { seen, consumer } = take(queue);
    await consumer.ready();
    await pass(queue, seen);
    expect((await queue.counts()).active).toBeLessThanOrEqual(2);
    await expect(open(cluster.nodeUrl).ping()).rejects.toThrow(/^(CROSSSLOT|MOVED)/);
  });
});
