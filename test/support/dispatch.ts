import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { silentLogger, newUuid } from '@annex/kernel';
import { Dispatcher, type DispatcherOptions } from '@annex/dispatch';
import type { ClaimedRun } from '@annex/runs';
import { Runs, type AttemptOutcome, type AttemptPort, type RunsCaller } from '@annex/runs';
import { createQueue, type Queue } from '@annex/queue';
import { mayLeaveOutRedis, startRedis } from './redis-server.js';
import { openTestDatabase, testLoginsAt, type TestDatabase } from './test-database.js';
import { connect } from '../../apps/annex/src/connect-database.js';

export { mayLeaveOutRedis };

/** What a scripted handler does: answers a result, or throws. */
export type Script = (
  run: ClaimedRun,
  signal: AbortSignal,
) => Promise<Json | undefined | AttemptOutcome> | Json | undefined | AttemptOutcome;

/** A failed attempt with a code. */
export const failed = (code: string, message = code): AttemptOutcome => ({
  status: 'failed',
  error: { code, message },
  limits: {},
  release: '1.0.0',
});

/** A success whose effects take place in the transaction that ends it. */
export const succeededWith = (
  commit: NonNullable<Extract<AttemptOutcome, { status: 'succeeded' }>['commit']>,
): AttemptOutcome => ({
  status: 'succeeded',
  result: 'done',
  limits: {},
  release: '1.0.0',
  commit,
});

const isOutcome = (value: unknown): value is AttemptOutcome =>
  typeof value === 'object' && value !== null && 'status' in value && 'limits' in value;

/** Runs a script in place of the sandbox and remembers what it was given. */
export class ScriptedExecution implements AttemptPort {
  readonly seen: ClaimedRun[] = [];
  constructor(readonly script: Script) {}

  async runAttempt(run: ClaimedRun, signal: AbortSignal): Promise<AttemptOutcome> {
    this.seen.push(run);
    const value = await this.script(run, signal);
    return isOutcome(value) ? value : { status: 'succeeded', result: value, limits: {}, release: '1.0.0' };
  }
}

/** One worker process in small: connections of its own, so that it can die alone. */
export interface TestWorker {
  dispatcher: Dispatcher;
  execution: ScriptedExecution;
  /** Ends as kill -9 does: nothing is renewed, finished or handed back any more. */
  kill(): Promise<void>;
  stop(drainMs?: number): Promise<void>;
}

export interface DispatchBed {
  db: TestDatabase;
  runs: Runs;
  /** Starts a worker that runs `script`. Stopped with the bed. */
  worker(
    script: Script,
    options?: Partial<DispatcherOptions> & { databaseUrl?: string; queueUrl?: string },
  ): Promise<TestWorker>;
  /** Where the queue lives. */
  queueUrl: string;
  /** How many permits were put into the queue so far. */
  permits(): number;
  /** Makes the queue's backend forget everything. */
  wipeQueue(): Promise<void>;
  caller(tenantId: Id<'tenant'>): RunsCaller;
  row(runId: Id<'run'>): Promise<RunRow>;
  /** Waits until a run ended and answers its row. */
  ended(tenantId: Id<'tenant'>, runId: Id<'run'>): Promise<RunRow>;
  /** Stops the workers that a test left running. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

export interface RunRow {
  status: string;
  claims: number;
  attempt_count: number;
  attempts: { number: number; error?: { code: string } }[];
  error: { code: string; message: string } | null;
  result: Json;
  waiting_for: string | null;
  scheduled_for: Date | null;
  replay_of: string | null;
  replayed_at: Date | null;
  finished_at: Date | null;
}

/**
 * PostgreSQL, a queue on one of the backends, and as many workers as a test wants. Leases are short, so that a dead
 * worker is noticed soon.
 */
export async function openDispatchBed(backend: 'postgres' | 'redis'): Promise<DispatchBed> {
  const db = await openTestDatabase();
  const redis = backend === 'redis' ? await startRedis() : undefined;
  const url = redis?.url ?? db.logins.queue;
  const runs = new Runs({ database: db.database, logger: silentLogger });
  await runs.start();
  const control = createQueue({ backend, url, logger: silentLogger });
  let permits = 0;
  const workers = new Set<TestWorker>();
  const row = async (runId: Id<'run'>): Promise<RunRow> => {
    const [found] = await db.sql<RunRow>('select * from runs where id = $1', [uuidFromId(runId)]);
    if (!found) throw new Error(`no run ${runId}`);
    return found;
  };
  const stopWorkers = async (): Promise<void> => {
    for (const worker of workers) await worker.stop(500);
    workers.clear();
  };
  return {
    db,
    runs,
    row,
    queueUrl: url,
    async worker(script, { databaseUrl = db.url, queueUrl = url, ...options } = {}) {
      const onPermits = (count: number): void => void (permits += count);
      const worker = await startTestWorker({ backend, script, databaseUrl, queueUrl, onPermits, options });
      workers.add(worker);
      return worker;
    },
    permits: () => permits,
    wipeQueue: async () => {
      if (!redis) return void (await db.sql('delete from bullmq.job'));
      const { Redis } = await import('ioredis');
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    caller: (tenantId) => ({ actor: 'usr_test', tenant: { id: tenantId, slug: 'test' }, requestId: 'req_test' }),
    async ended(tenantId, runId) {
      await runs.waitForRun(tenantId, runId, 45_000);
      return row(runId);
    },
    stopWorkers,
    async close() {
      await stopWorkers();
      await runs.stop();
      await control.close();
      await redis?.close();
      await db.close();
    },
  };
}

/** A dispatcher with connections of its own, as a worker has. */
async function startTestWorker({
  backend,
  script,
  databaseUrl,
  queueUrl,
  onPermits,
  options,
}: {
  backend: 'postgres' | 'redis';
  script: ConstructorParameters<typeof ScriptedExecution>[0];
  databaseUrl: string;
  queueUrl: string;
  /** Told how many permits the worker puts into the queue. */
  onPermits: (count: number) => void;
  options: Partial<DispatcherOptions>;
}): Promise<TestWorker> {
  const execution = new ScriptedExecution(script);
  const database = await connect({
    logins: testLoginsAt(databaseUrl),
    logger: silentLogger,
    poolSize: 8,
    platformPoolSize: 3,
  });
  const queue: Queue = createQueue({ backend, url: queueUrl, logger: silentLogger });
  const add = queue.add.bind(queue);
  queue.add = (added) => {
    onPermits(added.length);
    return add(added);
  };
  const dispatcher = new Dispatcher({
    database,
    queue,
    execute: execution,
    logger: silentLogger,
    ownerId: newUuid(),
    slots: 8,
    leaseMs: 1500,
    random: () => 0.5,
    ...options,
  });
  await dispatcher.start();
  let ending: Promise<void> | undefined;
  return {
    dispatcher,
    execution,
    kill: () => {
      // Without its connections it can neither renew nor write; its consumer's lock runs out by itself.
      ending ??= database.close();
      return ending;
    },
    stop: (drainMs) => {
      ending ??= dispatcher.stop(drainMs).then(async () => {
        await queue.close();
        await database.close();
      });
      return ending;
    },
  };
}
