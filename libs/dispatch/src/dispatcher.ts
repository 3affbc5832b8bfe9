import {
  idFromUuid,
  isJsonObject,
  messageOf,
  systemClock,
  type Clock,
  type Id,
  type Json,
  type Logger,
  type Stoppable,
} from '@annex/kernel';
import { defaultRetention, type Retention } from '@annex/limits';
import {
  Attempts,
  unparkEnabled,
  unparkJob,
  removeWorker,
  reportWorker,
  type AttemptCounts,
  type AttemptPort,
  type ClaimedRun,
  type FailingPlugin,
  type RunStatus,
} from '@annex/runs';
import type { Database } from '@annex/database';
import type { Consumer, Queue } from '@annex/queue';
import { createBulkReplays } from './bulk-replays.js';
import { HealthCheckLoop, type HealthChecks } from './health-checks.js';
import { Loop } from './loop.js';
import { Permits } from './permits.js';
import { createReconciler } from './reconcile.js';
import { createRelay, type Relay } from './relay.js';
import { createEraser, createRetention } from './retention.js';
import { createSpendCloser } from './spend-closer.js';
import { createStateTicker } from './state-ticker.js';
import { createTicker } from './ticker.js';

export interface DispatcherOptions {
  database: Database;
  queue: Queue;
  execute: AttemptPort;
  logger: Logger;
  /** Names this process among the workers; another one at each start. */
  ownerId: string;
  /** Background runs that this process takes at once. Default 16. */
  slots?: number;
  /** Part of the slots in which only runs of tenants start that had nothing under way. Default 1/8. */
  reservedShare?: number;
  /**
   * How long a claim holds without being renewed, in milliseconds: how long a dead worker's runs wait at most. Default
   * 12 000.
   */
  leaseMs?: number;
  /**
   * An attempt without an answer is given up after this, in milliseconds. Default 16 minutes, over the longest job's
   * 15.
   */
  attemptCeilingMs?: number;
  /** How long things are kept. Default: `defaultRetention`. */
  retention?: Retention;
  /** Called when runs of a plugin fail for good, one after the other, by its own fault. Default: nobody is told. */
  onFailing?: (failing: FailingPlugin) => Promise<void>;
  /** Called after the commit that ends a run of this process, once for a run. Default: nobody is told. */
  onEnded?: (run: ClaimedRun, status: RunStatus) => void;
  /** Called every two seconds or so, to look for what else nobody looks after. Default: nothing. */
  onReconciled?: () => Promise<void>;
  /** Which plugins want to be asked for their health. Default: none. */
  health?: HealthChecks;
  clock?: Clock;
  /** A number in [0, 1), for the jitter of retries. Default `Math.random`. */
  random?: () => number;
}

/** Part of the slots in which only runs of tenants start that had nothing under way. */
const defaultReservedShare = 0.125;

/** What the dispatcher is doing; for metrics and `/readyz`. */
export interface DispatcherStats extends AttemptCounts {
  running: number;
  slots: number;
}

/**
 * Makes background runs happen: relay, consumer, lease renewal, reconciler, ticker and retention of one worker process.
 * PostgreSQL holds the truth; several dispatchers share the work without a leader, and any of them may die at any
 * moment.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #slots: number;
  readonly #attempts: Attempts;
  readonly #permits: Permits;
  readonly #relay: Relay;
  readonly #renewal: Loop;
  readonly #replays: Loop;
  readonly #background: (Stoppable & { start(): void })[];
  readonly #unlisten: (() => void)[] = [];
  #consumer: Consumer | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: DispatcherOptions) {
    const {
      database,
      queue,
      execute,
      logger,
      ownerId,
      slots = 16,
      reservedShare = defaultReservedShare,
      leaseMs = 12_000,
      attemptCeilingMs = 16 * 60_000,
      retention = defaultRetention,
      clock = systemClock,
      random = Math.random,
      onFailing = () => Promise.resolve(),
      onEnded = () => {},
    } = options;
    this.#options = options;
    this.#slots = slots;
    this.#attempts = new Attempts({
      database,
      execute,
      clock,
      logger,
      ownerId,
      leaseMs,
      attemptCeilingMs,
      random,
      onFailing,
      onEnded,
      onTried: (tookMs) => this.#permits.tried(tookMs),
    });
    this.#permits = new Permits({
      database,
      attempts: this.#attempts,
      logger,
      slots,
      // One of at least two, so that somebody who had nothing under way need never wait for others to end.
      reserved: slots > 1 ? Math.max(1, Math.floor(slots * reservedShare)) : 0,
      onMore: () => this.#relay.offer(),
    });
    this.#relay = createRelay({ queue, permits: this.#permits, logger });
    this.#renewal = new Loop({ name: 'leases', everyMs: leaseMs / 4, logger, work: () => this.#attempts.renew() });
    this.#replays = createBulkReplays({ database, logger });
    this.#background = [
      this.#replays,
      createReconciler({
        database,
        slots,
        ownerId,
        clock,
        logger,
        graceMs: leaseMs / 2,
        onDue: () => this.#relay.hear(null),
        onLooked: options.onReconciled ?? (() => Promise.resolve()),
      }),
      createTicker({ database, logger }),
      createStateTicker({ database, logger }),
      createRetention({ database, retention, logger }),
      createEraser({ database, logger }),
      createSpendCloser({ database, logger }),
      ...(options.health ? [new HealthCheckLoop(options.health, logger)] : []),
    ];
  }

  /** Begins to take runs. Resolves when this worker counts as one and hears of new work. */
  async start(): Promise<void> {
    const { database, queue, ownerId } = this.#options;
    await database.platform((tx) => reportWorker(tx, { id: ownerId, slots: this.#slots }));
    this.#unlisten.push(
      await database.listen('annex_work', (payload) => this.#relay.hear(payload)),
      await database.listen('annex_cancel', (payload) => {
        // After a lost connection a cancel may have been missed: the renewal reads the flag from the rows.
        if (payload === null) this.#renewal.wake();
        else this.#attempts.cancel(runIdOf(payload));
      }),
      await database.listen('annex_replay', () => this.#replays.wake()),
      await database.listen('annex_parked', (payload) => this.#jobParked(payload)),
      await database.listen('annex_changed', (payload) => this.#pluginsChanged(payload)),
    );
    this.#consumer = queue.consume(() => this.#permits.handle(), {
      // One is used for as many runs as there is room for.
      concurrency: 1,
      onLockLost: () => this.#renewal.wake(),
    });
    this.#renewal.start();
    this.#relay.loop.start();
    for (const loop of this.#background) loop.start();
  }

  /** What is going on here. */
  stats(): DispatcherStats {
    return { ...this.#attempts.counts, running: this.#attempts.running, slots: this.#slots };
  }

  /**
   * Takes no further run, lets those under way end, and hands back to the other workers what has not ended in time.
   * Resolves within about
   * `drainMs` (milliseconds, default 25 000). Safe to call twice.
   */
  stop(drainMs = 25_000): Promise<void> {
    this.#stopping ??= this.#drain(drainMs);
    return this.#stopping;
  }

  async #drain(drainMs: number): Promise<void> {
    const { database, logger, ownerId } = this.#options;
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#attempts.beginDrain();
    this.#permits.close();
    await this.#consumer?.pause();
    await Promise.all([this.#relay.loop.stop(), ...this.#background.map((loop) => loop.stop())]);
    const stopped = (this.#consumer?.stop() ?? Promise.resolve()).then(() => this.#attempts.idle());
    // The last fifth is for ending what did not end by itself.
    const isDone = await within(stopped, drainMs * 0.8);
    if (!isDone) {
      logger.warn({ runs: this.#attempts.running }, 'the drain is over: unfinished runs are handed back');
      await this.#attempts.handBackAll(drainMs * 0.05);
      await within(stopped, drainMs * 0.15);
    }
    await this.#renewal.stop();
    await database
      .platform((tx) => removeWorker(tx, ownerId))
      .catch((thrown: unknown) =>
        logger.warn({ err: thrown }, 'this worker could not sign off; the others notice by themselves'),
      );
  }

  #jobParked(payload: string | null): void {
    // What was missed while the connection was lost is found by the reconciler.
    const parked = payload === null ? undefined : parseParked(payload);
    if (!parked) return;
    const { database, logger } = this.#options;
    database
      .forTenant(parked.tenantId)
      .transaction((tx) => unparkJob(tx, parked))
      .catch((thrown: unknown) =>
        logger.debug({ reason: messageOf(thrown) }, 'a parked run could not be looked at yet; the reconciler will'),
      );
  }

  #pluginsChanged(payload: string | null): void {
    const change = payload === null ? undefined : parse(payload);
    if (change !== undefined && change.what !== 'plugins') return;
    const { database, logger } = this.#options;
    // An installation may have been enabled: its parked runs go on.
    database
      .platform((tx) => unparkEnabled(tx, change?.tenantId))
      .then(
        (unparked) => {
          if (unparked > 0) this.#relay.hear(null);
        },
        (thrown: unknown) => logger.warn({ err: thrown }, 'parked runs could not be unparked yet; the reconciler will'),
      );
  }
}

function parse(payload: string): { tenantId: Id<'tenant'>; what: string } | undefined {
  try {
    const value = JSON.parse(payload) as Json;
    if (!isJsonObject(value) || typeof value['tenant'] !== 'string' || typeof value['what'] !== 'string')
      return undefined;
    return { tenantId: idFromUuid('tenant', value['tenant']), what: value['what'] };
  } catch {
    return undefined;
  }
}

function parseParked(
  payload: string,
): { tenantId: Id<'tenant'>; installationId: Id<'installation'>; name: string } | undefined {
  try {
    const value = JSON.parse(payload) as Json;
    if (!isJsonObject(value)) return undefined;
    const { tenant, installation, name } = value;
    if (typeof tenant !== 'string' || typeof installation !== 'string' || typeof name !== 'string') return undefined;
    return { tenantId: idFromUuid('tenant', tenant), installationId: idFromUuid('installation', installation), name };
  } catch {
    return undefined;
  }
}

function runIdOf(uuid: string): Id<'run'> {
  try {
    return idFromUuid('run', uuid);
  } catch {
    return 'run_';
  }
}

/** Whether a promise settles in time, in milliseconds. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
