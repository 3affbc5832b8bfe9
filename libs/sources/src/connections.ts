/**
 * Holds the connections of sources. Every worker has one of these and none leads: a source is claimed with a lease and
 * a token, its batches demand the token, and a worker that died or stood still is replaced when its lease has run out.
 * What it still writes then is refused, and what it never acknowledged comes again.
 */
import { eventSources, readSourceBatch } from '@annex/events';
import {
  failpoint,
  isAnnexError,
  messageOf,
  type Id,
  type Json,
  type JsonObject,
  type Logger,
  type Stoppable,
} from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { Connector, ConnectorBatch, Dial } from '@annex/connectors';
import { isTransientDatabaseError, type Database } from '@annex/database';
import { Loop } from '@annex/dispatch';
import type { EmitEvent } from '@annex/runs';
import { breakSource, claimSources, releaseSource, renewSources, type HeldSource } from './sql/leases.js';
import { writeBatch } from './write-batch.js';

/** What a connection is opened with. */
export interface ConnectionSettings {
  /** Placeholders filled in. */
  with: JsonObject;
  dial: (to: Parameters<Dial>[0], signal: AbortSignal) => ReturnType<Dial>;
  /** Hides what is secret in words that are kept. */
  mask: (text: string) => string;
}

export interface ConnectionsOptions {
  database: Database;
  /** The types of sources whose connections are held here. */
  types: readonly string[];
  loadConnector: (type: string) => Promise<Connector | undefined>;
  /** Fills in what a source's declaration leaves to its tenant. Throws what somebody has to set right. */
  prepare: (source: HeldSource) => Promise<ConnectionSettings>;
  emit: EmitEvent;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[];
  /** Names this process among the workers; another one at each start. */
  ownerId: string;
  logger: Logger;
  /** Default {@link sourceLimits.leaseMs}. */
  leaseMs?: number;
  /** Connections of one tenant that all workers together hold. Default {@link sourceLimits.connectionsPerTenant}. */
  perTenant?: number;
}

interface Held {
  source: HeldSource;
  ending: AbortController;
  done: Promise<void>;
}

/** Pause before a write is tried again that the queue or the database did not take, in milliseconds. */
const writePauseMs = 500;

export class Connections implements Stoppable {
  readonly #held = new Map<Id<'source'>, Held>();
  readonly #loop: Loop;
  readonly #leaseMs: number;
  #isStopped = false;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: ConnectionsOptions) {
    this.#leaseMs = options.leaseMs ?? sourceLimits.leaseMs;
    this.#loop = new Loop({
      name: 'connections',
      everyMs: Math.min(1000, this.#leaseMs / 4),
      gapMs: 50,
      logger: options.logger,
      work: () => this.look(),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** A source may have become due, or have been paused. */
  wake(): void {
    this.#loop.wake();
  }

  /** How many connections are held here. */
  get count(): number {
    return this.#held.size;
  }

  /** Ends every connection within {@link sourceLimits.stopMs} and gives the sources back. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#isStopped = true;
      await this.#loop.stop();
      const held = [...this.#held.values()];
      for (const { ending } of held) ending.abort(new Error('the worker is shutting down'));
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, sourceLimits.stopMs);
      await Promise.race([Promise.all(held.map(({ done }) => done)), limit.promise]);
      clearTimeout(timer);
    })();
    return this.#stopping;
  }

  /** One round: extends leases, ends what is lost, opens what is due. */
  async look(): Promise<void> {
    const { database, ownerId, types, perTenant = sourceLimits.connectionsPerTenant } = this.options;
    await this.#renew();
    const limit = sourceLimits.connections - this.#held.size;
    if (this.#isStopped || limit <= 0) return;
    const claim = { owner: ownerId, leaseMs: this.#leaseMs, types, limit, perTenant };
    for (const source of await database.platform((tx) => claimSources(tx, claim))) this.#hold(source);
  }

  async #renew(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    const sources = held.map(({ source }) => source);
    const still = await this.options.database.platform((tx) => renewSources(tx, sources, this.#leaseMs));
    for (const { source, ending } of held)
      if (!still.has(source.id)) ending.abort(new Error('the source was paused, moved or taken over'));
  }

  #hold(source: HeldSource): void {
    const before = this.#held.get(source.id);
    before?.ending.abort(new Error('the source was lost and has been claimed again'));
    const ending = new AbortController();
    const done = this.#follow(source, ending.signal)
      .catch((thrown: unknown) =>
        // Its lease runs out, and it is opened again.
        this.options.logger.warn({ err: thrown, source: source.name }, 'the end of a connection could not be written'),
      )
      .finally(() => {
        if (this.#held.get(source.id)?.done === done) this.#held.delete(source.id);
        this.wake();
      });
    this.#held.set(source.id, { source, ending, done });
  }

  async #follow(source: HeldSource, signal: AbortSignal): Promise<void> {
    const { database, logger } = this.options;
    const scope = database.forTenant(source.tenantId);
    let mask = (text: string): string => text;
    try {
      const settings = await this.options.prepare(source);
      ({ mask } = settings);
      await this.#take(source, settings, signal);
      if (!signal.aborted) throw new Error('The connection ended.');
    } catch (thrown) {
      if (!signal.aborted) return this.#broke(source, mask(messageOf(thrown)).slice(0, 1000));
      logger.debug({ source: source.name, reason: messageOf(signal.reason) }, 'a connection was ended');
    }
    await scope.transaction((tx) => releaseSource(tx, source));
  }

  async #take(source: HeldSource, settings: ConnectionSettings, signal: AbortSignal): Promise<void> {
    const connector = await this.options.loadConnector(source.type);
    if (!connector) throw new Error(`Annex holds no connections of type ${source.type}.`);
    const batches = connector.open({
      name: source.id,
      with: settings.with,
      cursor: source.cursor,
      dial: (to) => settings.dial(to, signal),
      signal,
      warn: (message) => this.options.logger.warn({ source: source.name }, message),
    });
    for await (const batch of batches) {
      if (signal.aborted) return;
      await this.#write(source, batch, signal);
      if (batch.events.length > 0) failpoint('source.committed');
      // Only now may the origin forget what it gave.
      await batch.ack?.();
    }
  }

  /** Writes a batch; a full queue and a database that is away are waited for, with the lease kept. */
  async #write(source: HeldSource, { events, cursor }: ConnectorBatch, signal: AbortSignal): Promise<void> {
    const { database, emit, reservedEvents = [] } = this.options;
    const answer = { events, ...(cursor !== undefined && { cursor }) };
    const reading = readSourceBatch(answer as Json, {
      ...source.spec,
      reserved: reservedEvents,
      keepsFaulty: true,
    });
    if (!reading.ok) throw new Error(reading.detail);
    const { batch } = reading;
    for (;;) {
      try {
        await database
          .forTenant(source.tenantId)
          .transaction((tx) => writeBatch(tx, emit, { source, batch, depth: 0, token: source.token }));
        return;
      } catch (thrown) {
        if (signal.aborted || !mayPass(thrown)) throw thrown;
        this.options.logger.debug({ source: source.name, reason: messageOf(thrown) }, 'a batch waits');
        await new Promise((done) => setTimeout(done, writePauseMs));
      }
    }
  }

  async #broke(source: HeldSource, message: string): Promise<void> {
    const { database, emit, logger } = this.options;
    const error = { code: 'SOURCE_BROKE', message };
    const state = await database.forTenant(source.tenantId).transaction(async (tx) => {
      const broken = await breakSource(tx, source, error);
      if (broken?.hasFailed)
        await emit(tx, {
          type: 'source.failed',
          source: eventSources.platform,
          subject: source.name,
          data: { source: { name: source.name, type: source.type }, restarts: broken.restarts, error },
        });
      return broken;
    });
    logger.info({ source: source.name, message, ...state }, 'the connection of a source broke');
  }
}

function mayPass(thrown: unknown): boolean {
  return isAnnexError(thrown) ? thrown.code === 'QUEUE_FULL' : isTransientDatabaseError(thrown);
}
