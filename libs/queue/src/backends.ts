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
import { Cluster, type RedisOptions } from 'ioredis';
import type { QueueOptions } from './queue.js';
import { readRedisUrl, type RedisAddress } from './redis-url.js';

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

/** What every connection to Redis has, whatever form of address it was given. */
function redisOptions({ username, password, db, family, tls }: RedisAddress) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db,
    family,
    ...(tls && { tls }),
    socketTimeout: 15_000,
    connectTimeout: 10_000,
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(times * 100, 1000),
    // A primary that became a replica refuses to write; whoever is primary now stands behind the same address.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  };
}

/** One server, or the one that sentinels call the primary now. */
function redisTarget({ form, hosts, master, sentinel, tls }: RedisAddress) {
  if (form === 'single') return { ...hosts[0] };
  return {
    sentinels: hosts,
    name: master ?? '',
    ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** Producers that cannot reach Redis say so at once; the relay tries again, and PostgreSQL still holds everything. */
const producerOptions = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  // It never waits for work as a worker does, so silence means sooner that the connection is dead.
  socketTimeout: 6000,
  commandTimeout: 5000,
};

/**
 * BullMQ's own backend. Redis must run with `maxmemory-policy noeviction`, and with AOF if a restart shall cost no
 * time.
 */
function redis(address: RedisAddress): Backend {
  if (address.form === 'cluster') return redisCluster(address);
  const shared = { ...redisOptions(address), ...redisTarget(address) };
  return {
    queue: (name, options) =>
      new BullQueue(name, { ...options, prefix: 'annex', connection: { ...shared, ...producerOptions } }),
    worker: (name, processor, options) =>
      new Worker(name, processor, {
        ...options,
        prefix: 'annex',
        connection: { ...shared, maxRetriesPerRequest: null },
      }),
  };
}

/** BullMQ's scripts touch several keys: a hash tag keeps all of them in one slot, and so on one node. */
const clusterPrefix = '{annex}';

/** A cluster's client is ours to make and to end: BullMQ takes it, and ends only the copies it makes of it. */
function redisCluster(address: RedisAddress): Backend {
  const connect = (own: RedisOptions, enableOfflineQueue: boolean): Cluster =>
    new Cluster(address.hosts, {
      redisOptions: { ...redisOptions(address), ...own },
      enableOfflineQueue,
      clusterRetryStrategy: (times) => Math.min(times * 100, 1000),
      // Nodes are told apart by the names that stand in their certificates, where they announce them.
      ...(address.tls && { dnsLookup: (host, found) => found(null, host) }),
    });
  return {
    queue: (name, options) => {
      const { enableOfflineQueue, ...own } = producerOptions;
      const connection = connect(own, enableOfflineQueue);
      return endingWith(connection, new BullQueue(name, { ...options, prefix: clusterPrefix, connection }));
    },
    worker: (name, processor, options) => {
      const connection = connect({ maxRetriesPerRequest: null }, true);
      return endingWith(connection, new Worker(name, processor, { ...options, prefix: clusterPrefix, connection }));
    },
  };
}

/** Ends a connection with what uses it. */
function endingWith<T extends { close(force?: boolean): Promise<void> }>(connection: Cluster, user: T): T {
  const close = user.close.bind(user);
  user.close = async (force) => {
    try {
      await close(force);
    } finally {
      connection.disconnect();
    }
  };
  return user;
}

/** The backend that the options name. */
export function backendOf({ backend, url }: QueueOptions): Backend {
  return backend === 'postgres' ? postgres(url) : redis(readRedisUrl(url));
}
