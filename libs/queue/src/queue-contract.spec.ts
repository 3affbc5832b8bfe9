/** What every backend of the queue promises, stated once and run over each. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newUuid, silentLogger } from '@annex/kernel';
import { Redis } from 'ioredis';
import { mayLeaveOutRedis, startRedis, type RedisServer } from '../../../test/support/redis-server.js';
import { openTcpProxy } from '../../../test/support/tcp-proxy.js';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { createQueue, type Consumer, type Queue, type Permit, type PermitHandler } from './index.js';

interface Subject {
  url: string;
  /** Makes the backend forget everything, as FLUSHALL does. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

async function postgresSubject(): Promise<Subject> {
  const db: TestDatabase = await openTestDatabase();
  return {
    url: db.logins.queue,
    wipe: async () => void (await db.sql('delete from bullmq.job')),
    close: () => db.close(),
  };
}

async function redisSubject(): Promise<Subject> {
  const server: RedisServer = await startRedis();
  const client = new Redis(server.url);
  return {
    url: server.url,
    wipe: async () => void (await client.flushall()),
    async close() {
      client.disconnect();
      await server.close();
    },
  };
}

const permit = (): Permit => ({ id: newUuid() });

/** Collects permits and lets a test await the n-th. */
function collector(): { handler: PermitHandler; seen: Permit[]; untilSeen(count: number): Promise<void> } {
  const seen: Permit[] = [];
  const waiters: { count: number; done: () => void }[] = [];
  return {
    seen,
    handler: async (one) => {
      seen.push(one);
      for (const { count, done } of waiters) if (seen.length >= count) done();
    },
    untilSeen: (count) =>
      new Promise((done) => {
        if (seen.length >= count) done();
        else waiters.push({ count, done });
      }),
  };
}

for (const backend of ['postgres', 'redis'] as const) {
  describe.skipIf(backend === 'redis' && mayLeaveOutRedis)(`a queue on ${backend}`, () => {
    let subject: Subject;
    const open: (Queue | Consumer)[] = [];
    const queueOn = (url = subject.url, name = `q${newUuid().slice(-8)}`): { queue: Queue; name: string } => {
      const queue = createQueue({ backend, url, logger: silentLogger, name });
      open.push(queue);
      return { queue, name };
    };
    const consume = (queue: Queue, handler: PermitHandler, concurrency = 4): Consumer => {
      const consumer = queue.consume(handler, { concurrency });
      open.push(consumer);
      return consumer;
    };
    beforeAll(async () => {
      subject = backend === 'postgres' ? await postgresSubject() : await redisSubject();
    });
    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await ('stop' in one ? one.stop() : one.close());
    });
    afterAll(() => subject.close());

    it('gives each permit to one of its consumers, once and unchanged', async () => {
      const { queue, name } = queueOn();
      const { queue: second } = queueOn(subject.url, name);
      const { handler, seen, untilSeen } = collector();
      consume(queue, handler);
      consume(second, handler);
      const permits = Array.from({ length: 40 }, permit);
      await queue.add(permits);
      await untilSeen(40);
      const byId = (a: Permit, b: Permit) => (a.id < b.id ? -1 : 1);
      expect([...seen].sort(byId)).toEqual([...permits].sort(byId));
    });

    it('keeps permits until a consumer comes, in the order in which they were added', async () => {
      const { queue } = queueOn();
      const permits = Array.from({ length: 10 }, permit);
      await queue.add(permits.slice(0, 5));
      await queue.add(permits.slice(5));
      expect(await queue.counts()).toEqual({ waiting: 10, active: 0 });
      const { handler, seen, untilSeen } = collector();
      consume(queue, handler, 1);
      await untilSeen(10);
      expect(seen.map(({ id }) => id)).toEqual(permits.map(({ id }) => id));
    });

    it('works on as many permits at once as it was told, and no more', async () => {
      const { queue } = queueOn();
      let atOnce = 0;
      let most = 0;
      const { handler, untilSeen } = collector();
      consume(
        queue,
        async (one) => {
          atOnce += 1;
          most = Math.max(most, atOnce);
          await pause(20);
          atOnce -= 1;
          await handler(one);
        },
        3,
      );
      await queue.add(Array.from({ length: 12 }, permit));
      await untilSeen(12);
      expect(most).toBe(3);
    });

    it('takes the same permit twice for one while it waits', async () => {
      const { queue } = queueOn();
      const one = permit();
      await queue.add([one]);
      await queue.add([one]);
      expect((await queue.counts()).waiting).toBe(1);
    });

    it('takes the same permit no second time while it is in use, nor when it was used a moment ago', async () => {
      const { queue } = queueOn();
      const [one, other] = [permit(), permit()];
      const { promise: release, resolve } = Promise.withResolvers<void>();
      const { handler, seen, untilSeen } = collector();
      consume(queue, async (taken) => {
        await handler(taken);
        await release;
      });
      await queue.add([one]);
      await untilSeen(1);
      await queue.add([one]);
      expect(await queue.counts()).toEqual({ waiting: 0, active: 1 });
      resolve();
      while ((await queue.counts()).active > 0) await pause(5);
      await queue.add([one, other]);
      await untilSeen(2);
      expect(seen).toEqual([one, other]);
    });

    it('admits to have forgotten everything, and takes new permits', async () => {
      const { queue } = queueOn();
      const [lost, next] = [permit(), permit()];
      const { handler, seen, untilSeen } = collector();
      await queue.add([lost]);
      await subject.wipe();
      expect((await queue.counts()).waiting).toBe(0);
      consume(queue, handler);
      await queue.add([next]);
      await untilSeen(1);
      expect(seen).toEqual([next]);
    });

    it('goes on after a handler that threw', async () => {
      const { queue } = queueOn();
      const { handler, seen, untilSeen } = collector();
      const [bad, good] = [permit(), permit()];
      consume(
        queue,
        async (one) => {
          await handler(one);
          if (one.id === bad.id) throw new Error('bug');
        },
        1,
      );
      await queue.add([bad, good]);
      await untilSeen(2);
      expect(seen).toEqual([bad, good]);
    });

    it('hands out nothing after pause, and stop waits for what is under way', async () => {
      const { queue } = queueOn();
      const { promise: release, resolve } = Promise.withResolvers<void>();
      const { handler, seen, untilSeen } = collector();
      let done = false;
      const consumer = consume(
        queue,
        async (one) => {
          await handler(one);
          await release;
          done = true;
        },
        1,
      );
      const [first, second] = [permit(), permit()];
      await queue.add([first]);
      await untilSeen(1);
      await consumer.pause();
      await queue.add([second]);
      const stopped = consumer.stop();
      resolve();
      await stopped;
      await consumer.stop();
      expect(done).toBe(true);
      expect(seen).toEqual([first]);
      expect((await queue.counts()).waiting).toBe(1);
    });

    it('works once its backend is there, though it was away at first', async () => {
      const proxy = await openTcpProxy(subject.url);
      try {
        await proxy.cut();
        const { queue } = queueOn(proxy.url);
        const { handler, untilSeen } = collector();
        const consumer = consume(queue, handler);
        await expect(queue.add([permit()])).rejects.toThrow();
        await proxy.restore();
        while (
          !(await queue.add([permit()]).then(
            () => true,
            () => false,
          ))
        )
          await pause(50);
        await consumer.ready();
        await untilSeen(1);
      } finally {
        for (const one of open.splice(0).reverse()) await ('stop' in one ? one.stop() : one.close());
        await proxy.close();
      }
    });

    it('says so when its backend does not answer', async () => {
      const { queue } = queueOn(
        backend === 'postgres' ? 'postgres://nobody@127.0.0.1:1/none' : 'redis://127.0.0.1:1/0',
      );
      await expect(Promise.race([queue.add([permit()]), pause(20_000, 'hangs')])).rejects.toThrow();
      await expect(Promise.race([queue.ping(), pause(20_000, 'hangs')])).rejects.toThrow();
    });
  });
}
