/**
 * Follows the logs of installations while somebody looks. Lines are always read from the database, whichever process
 * wrote them; a NOTIFY says when, and a slow poll covers what a lost notification would hide. One reading per
 * installation serves everybody who follows it.
 */
import { idFromUuid, messageOf, SingleFlight, type Clock, type Id, type Logger } from '@annex/kernel';
import { lastLogId, logsChannel, readLogsAfter, type LogLine } from '../rows/logs.js';
import type { Database } from '@annex/database';

export interface LogTailOptions {
  database: Pick<Database, 'forTenant' | 'listen'>;
  clock: Clock;
  logger: Logger;
  /** Milliseconds between two looks when nothing was told. Default 2000. */
  pollMs?: number;
}

/** Gets each line once, in the order of writing as far as one process wrote them. */
export type LogListener = (line: LogLine) => void;

interface Followed {
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  listeners: Set<LogListener>;
  /** Every line up to here was delivered. */
  cursor: bigint;
  /**
   * Lines behind the cursor that were delivered, with the time: a transaction that began earlier may still commit a
   * smaller id.
   */
  seen: Map<string, number>;
}

/** How long a smaller id may come late, in milliseconds. */
const lateMs = 5_000;
const maxSeen = 5_000;
const pageLines = 1_000;

export class LogTail {
  readonly #followed = new Map<Id<'installation'>, Followed>();
  readonly #reads = new SingleFlight<void>();
  readonly #again = new Set<Id<'installation'>>();
  #unlisten: Promise<() => void> | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(private readonly options: LogTailOptions) {}

  async start(): Promise<void> {
    this.#unlisten ??= this.options.database.listen(logsChannel, (payload) => {
      if (payload === null) for (const id of this.#followed.keys()) this.#look(id);
      else if (this.#followed.size > 0) this.#look(idFromUuid('installation', payload));
    });
    await this.#unlisten;
    this.#poll ??= setInterval(() => {
      for (const id of this.#followed.keys()) this.#look(id);
    }, this.options.pollMs ?? 2_000).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#poll);
    this.#followed.clear();
    (await this.#unlisten?.catch(() => undefined))?.();
  }

  /**
   * Delivers an installation's new lines until the answered function is called; `after`: also those already written
   * behind this id, a thousand at most.
   */
  async follow(
    { tenantId, installationId, after }: { tenantId: Id<'tenant'>; installationId: Id<'installation'>; after?: string },
    listener: LogListener,
  ): Promise<() => void> {
    const scope = this.options.database.forTenant(tenantId);
    // What is written from here on is delivered to everybody; the backlog to this one alone, each line once.
    const early: LogLine[] = [];
    let catchingUp = after !== undefined;
    const delivered = new Set<string>();
    const own: LogListener = (line) => {
      if (catchingUp) early.push(line);
      else if (!delivered.delete(line.id)) listener(line);
    };
    let followed = this.#followed.get(installationId);
    if (!followed) {
      const last = await scope.transaction((tx) => lastLogId(tx, installationId));
      followed = this.#followed.get(installationId) ?? {
        tenantId,
        installationId,
        listeners: new Set(),
        cursor: BigInt(last),
        seen: new Map(),
      };
      this.#followed.set(installationId, followed);
    }
    const { listeners } = followed;
    listeners.add(own);
    const end = (): void => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#followed.get(installationId)?.listeners === listeners)
        this.#followed.delete(installationId);
    };
    if (after !== undefined) {
      try {
        const backlog = await scope.transaction((tx) => readLogsAfter(tx, { installationId, after, limit: pageLines }));
        catchingUp = false;
        const known = new Set(backlog.map((line) => line.id));
        for (const line of backlog) {
          delivered.add(line.id);
          listener(line);
        }
        for (const line of early) if (!known.has(line.id)) listener(line);
        for (const line of early) delivered.delete(line.id);
      } catch (thrown) {
        end();
        throw thrown;
      }
    }
    this.#look(installationId);
    return end;
  }

  #look(installationId: Id<'installation'>): void {
    if (!this.#followed.has(installationId)) return;
    this.#again.add(installationId);
    void this.#reads.run(installationId, async () => {
      while (this.#again.delete(installationId)) {
        const followed = this.#followed.get(installationId);
        if (!followed) return;
        try {
          await this.#read(followed);
        } catch (thrown) {
          // The poll comes again.
          this.options.logger.warn({ reason: messageOf(thrown) }, 'new log lines could not be read');
        }
      }
    });
  }

  async #read(followed: Followed): Promise<void> {
    const { tenantId, installationId, seen, listeners } = followed;
    let after = followed.cursor.toString();
    for (;;) {
      const lines = await this.options.database
        .forTenant(tenantId)
        .transaction((tx) => readLogsAfter(tx, { installationId, after, limit: pageLines }));
      const now = this.options.clock.now();
      for (const line of lines) {
        if (seen.has(line.id)) continue;
        seen.set(line.id, now);
        for (const listener of listeners) listener(line);
      }
      after = lines.at(-1)?.id ?? after;
      if (lines.length < pageLines) break;
    }
    // The ids come in the order of delivery, not of size: the cursor may pass only what no late line can precede.
    const now = this.options.clock.now();
    for (const [id, at] of seen) {
      if (now - at < lateMs && seen.size <= maxSeen) continue;
      seen.delete(id);
      if (BigInt(id) > followed.cursor) followed.cursor = BigInt(id);
    }
  }
}
