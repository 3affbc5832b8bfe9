import type { Logger } from '@annex/kernel';

/**
 * The whole catalogue of jobs: there is one, "claim due runs". It says nothing else: a queue may be read by people and
 * tools that must not see payloads or secrets, and nothing in it may be the only copy.
 */
export interface Permit {
  /** The queue takes the same one once, as long as it remembers it: a minute after it was used. `[\w-]+`. */
  id: string;
}

/**
 * Works with one permit until it is used up. Must not throw: what is due stands in PostgreSQL, the queue only wants the
 * permit back.
 */
export type PermitHandler = (permit: Permit) => Promise<void>;

export interface ConsumeOptions {
  /** Permits worked with at once. */
  concurrency: number;
  /**
   * The queue could not confirm that these permits are still this process's (Redis lost its data, or the process stood
   * still for over ten seconds), so another process may get them too. Look into PostgreSQL which runs still are.
   */
  onLockLost?: (permitIds: string[]) => void;
}

/** Takes permits until it is stopped. */
export interface Consumer {
  /** Resolves when permits can arrive. */
  ready(): Promise<void>;
  /** Takes no further permit; those in use go on. Safe to call twice. */
  pause(): Promise<void>;
  /** Takes no further permit and resolves when none is in use. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Spreads permits over the workers: whatever is in it can be made again from PostgreSQL. Both backends keep the same
 * promises, which `queue-contract.spec.ts` states one by one.
 */
export interface Queue {
  /** Which backend serves it. */
  readonly backend: 'postgres' | 'redis';
  /**
   * Hands over permits, in order. Rejects within seconds when the backend does not answer; then some may have arrived.
   */
  add(permits: readonly Permit[]): Promise<void>;
  consume(handler: PermitHandler, options: ConsumeOptions): Consumer;
  /** How many permits wait and how many are in use, over all processes. */
  counts(): Promise<{ waiting: number; active: number }>;
  /** Rejects unless the backend answers. */
  ping(): Promise<void>;
  /** Ends the connections; stop consumers first. Safe to call twice. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /**
   * Where the permits live. `postgres`: a schema `bullmq` of that database, which `migrateQueue` makes. `redis`: keys
   * beginning `annex:`.
   */
  backend: 'postgres' | 'redis';
  /** Connection URL of the backend; of Redis any form that `readRedisUrl` takes. */
  url: string;
  logger: Logger;
  /** Keeps installations that share a backend apart; `[a-z0-9_-]+`. Default `permits`. */
  name?: string;
}
