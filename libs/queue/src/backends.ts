/**
 * The two places where BullMQ can keep its jobs, and the connection settings without which a half-open connection hangs
 * a process for over a minute (measured with a frozen proxy between worker and backend).
 */
import {
  createPostgresBackend,
  Queue as BullQueue,
  Worker,
  type Processor,
  type QueueOptions as BullQueueOptions,
  type WorkerOptions,
} from 'bullmq';
import type { QueueOptions } from './queue.js';

/** A permit says nothing. */
type Nothing = Record<string, never>;
type Extra<T> = Omit<T, 'connection' | 'prefix'>;

/** What BullMQ offers the same way over every backend. */
export type PermitQueue = Pick<
  BullQueue<Nothing, null, string>,
  'addBulk' | 'getJobCounts' | 'waitUntilReady' | 'close'
> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
};
export type PermitWorker = Pick<Worker<Nothing, null, string>, 'waitUntilReady' | 'pause' | 'close'> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'lockRenewalFailed', listener: (ids: string[]) => void): unknown;
};

export interface Backend {
  queue(name: string, options: Extra<BullQueueOptions>): PermitQueue;
  worker(name: string, processor: Processor<Nothing, null, string>, options: Extra<WorkerOptions>): PermitWorker;
}

/** Where BullMQ's tables are in PostgreSQL. */
export const queueSchema = 'bullmq';

/** BullMQ's backend over PostgreSQL: pools of its own, tables that `migrateQueue` made. */
function postgres(url: string): Backend {
  const connection = (max: number, silenceMs: number) => ({
    connectionString: url,
    schema: queueSchema,
    migrate: false,
    max,
    application_name: 'annex-queue',
    query_timeout: silenceMs,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A permit that a crash undoes is made again, so nobody waits for the disk.
    // What BullMQ makes belongs to the role, whichever login it is made with.
    options: '-c synchronous_commit=off -c role=annex_queue',
  });
  return {
    queue: (name, options) =>
      new BullQueue(name, { ...options, connection: connection(2, 6_000) }, createPostgresBackend),
    worker: (name, processor, options) =>
      new Worker(name, processor, { ...options, connection: connection(4, 15_000) }, createPostgresBackend),
  };
}

/**
 * BullMQ's own backend. Redis must run with `maxmemory-policy noeviction`, and with AOF if a restart shall cost no
 * time.
 */
function redis(url: string): Backend {
  const shared = {
    url,
    socketTimeout: 15_000,
    connectTimeout: 10_000,
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(times * 100, 1000),
  };
  return {
    // A producer that cannot reach Redis says so at once; the relay tries again, and PostgreSQL still holds everything.
    // It never waits for work as a worker does, so silence means sooner that the connection is dead.
    queue: (name, options) =>
      new BullQueue(name, {
        ...options,
        prefix: 'annex',
        connection: {
          ...shared,
          maxRetriesPerRequest: 1,
          enableOfflineQueue: false,
          socketTimeout: 6000,
          commandTimeout: 5000,
        },
      }),
    worker: (name, processor, options) =>
      new Worker(name, processor, {
        ...options,
        prefix: 'annex',
        connection: { ...shared, maxRetriesPerRequest: null },
      }),
  };
}

/** The backend that the options name. */
export function backendOf({ backend, url }: QueueOptions): Backend {
  return backend === 'postgres' ? postgres(url) : redis(url);
}
