import type { Logger } from '@annex/kernel';

/**
 * The whole catalogue of jobs: there is one, "try this run". Ids only: a queue may be read by people and tools that
 * must not see payloads or secrets, and nothing in it may be the only copy.
 */
export interface RunTicket {
  /** Names this handing over to the queue; never used twice. Letters, digits, `-` and `_`. */
  id: string;
  tenantId: string;
  runId: string;
  /** The run's `claims` when it was handed over: a ticket of an earlier time finds another number and is void. */
  claims: number;
  /** Its tenant has its own share of slots already: it waits while only reserved ones are free. */
  isLent?: boolean;
}

/**
 * Does the work of one ticket. Must not throw: whatever happened is written to PostgreSQL, the queue only wants the
 * ticket back.
 */
export type TicketHandler = (ticket: RunTicket) => Promise<void>;

export interface ConsumeOptions {
  /** Tickets worked on at once. */
  concurrency: number;
  /**
   * The queue could not confirm that these tickets are still this process's (Redis lost its data, or the process stood
   * still for over ten seconds), so another process may get them too. Look into PostgreSQL whether the runs still are.
   */
  onLockLost?: (ticketIds: string[]) => void;
}

/** Takes tickets until it is stopped. */
export interface Consumer {
  /** Resolves when tickets can arrive. */
  ready(): Promise<void>;
  /** Changes how many tickets are worked on at once, from the next one on. */
  setConcurrency(concurrency: number): void;
  /** Takes no further ticket; those under way go on. Safe to call twice. */
  pause(): Promise<void>;
  /** Takes no further ticket and resolves when none is under way. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * A short-horizon dispatcher: whatever is in it can be made again from PostgreSQL. Both backends keep the same
 * promises, which
 * `queue-contract.spec.ts` states one by one.
 */
export interface Queue {
  /** Which backend serves it. */
  readonly backend: 'postgres' | 'redis';
  /**
   * Hands over tickets, in order. Rejects within seconds when the backend does not answer; then some may have arrived.
   */
  add(tickets: readonly RunTicket[]): Promise<void>;
  /** Those of the tickets that are neither waiting nor being worked on: done, failed, or forgotten by the backend. */
  missing(ticketIds: readonly string[]): Promise<string[]>;
  consume(handler: TicketHandler, options: ConsumeOptions): Consumer;
  /** How many tickets wait and how many are being worked on, over all processes. */
  counts(): Promise<{ waiting: number; active: number }>;
  /** Rejects unless the backend answers. */
  ping(): Promise<void>;
  /** Ends the connections; stop consumers first. Safe to call twice. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /**
   * Where the tickets live. `postgres`: a schema `bullmq` of that database, which `migrateQueue` makes. `redis`: keys
   * beginning `annex:`.
   */
  backend: 'postgres' | 'redis';
  /** Connection URL of the backend. */
  url: string;
  logger: Logger;
  /** Keeps installations that share a backend apart; `[a-z0-9_-]+`. Default `runs`. */
  name?: string;
}
