/**
 * Where runs, log lines and usage go before they reach the database: a buffer for each tenant, written in one
 * transaction a tenant, so that a warm call of a route waits for no database. What is in the buffer when the process is
 * killed is lost: at most a quarter of a second of finished route runs, logs and counts. Nothing that was promised
 * (events, jobs) ever passes through here.
 */
import { messageOf, type Clock, type Id, type Logger } from '@annex/kernel';
import { addTracked } from '../rows/tracked.js';
import { addUsage } from '../rows/usage.js';
import { insertLogs, type NewLogLine } from '../rows/logs.js';
import type { DayQuotas } from './day-quotas.js';
import { recordPermissionUses, type Use } from '@annex/installations';
import { recordChunks, recordRuns, type FinishedRun, type PlainCall } from '@annex/runs';
import type { Database, TenantTransaction } from '@annex/database';
import {
  addTrackedTo,
  addUsageTo,
  emptyBatch,
  isEmpty,
  putTogether,
  rowsOf,
  settleCalls,
  split,
  takeUpTo,
  type Batch,
} from './batch.js';
import { callAmounts, type UsageAmounts } from './usage-amounts.js';

export interface RunSinkOptions {
  database: Pick<Database, 'forTenant'>;
  clock: Clock;
  logger: Logger;
  /** The longest that something waits in the buffer. Milliseconds, default 250. */
  flushMs?: number;
  /** Rows of a tenant after which it is written at once. Default 500. */
  flushRows?: number;
  /**
   * Rows and characters that all tenants' buffers hold at most while the database does not answer; what comes then is
   * dropped and counted.
   */
  maxRows?: number;
  maxChars?: number;
  /** Looks at the tenant's quotas of the day once usage was added. Default: nobody does. */
  dayQuotas?: Pick<DayQuotas, 'refresh'>;
}

interface TenantBuffer {
  tenantId: Id<'tenant'>;
  batch: Batch;
  /** The write under way, and the one that follows it once it is done. */
  writing: Promise<void> | undefined;
  /** Until when a failed write rests, milliseconds since the epoch. */
  restUntil: number;
  failures: number;
  /** Rows ever taken, and those written or given up: how far a flush has come. */
  taken: number;
  done: number;
}

/** Tenants written at once; the pool of connections is everybody's. */
const writersAtOnce = 3;
/** How exact "last used" of a permission is. */
const permissionEveryMs = 60_000;
const maxPermissionsKept = 50_000;
/** Most rows of one statement. */
const maxStatementRows = 5_000;
/** What a call that waits as numbers is taken to hold, in characters. */
const callChars = 128;
/** So many of them are as much reason to write as one row. */
const callsPerRow = 8;

export class RunSink {
  readonly #tenants = new Map<Id<'tenant'>, TenantBuffer>();
  readonly #flushMs: number;
  readonly #flushRows: number;
  readonly #maxRows: number;
  readonly #maxChars: number;
  #rows = 0;
  #chars = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #writers = 0;
  #queue: (() => void)[] = [];
  #day = { until: 0, text: '' };
  /** When the use of a permission was last handed on, milliseconds since the epoch. */
  readonly #permissionsKept = new Map<string, number>();

  constructor(private readonly options: RunSinkOptions) {
    this.#flushMs = options.flushMs ?? 250;
    this.#flushRows = options.flushRows ?? 500;
    this.#maxRows = options.maxRows ?? 100_000;
    this.#maxChars = options.maxChars ?? 64 * 2 ** 20;
  }

  /** Rows and characters that wait, and rows dropped because too much did. */
  stats(): { rows: number; chars: number; dropped: number } {
    return { rows: this.#rows, chars: this.#chars, dropped: this.#dropped };
  }

  /** Takes a finished run. */
  run(tenantId: Id<'tenant'>, run: FinishedRun): void {
    const buffer = this.#buffer(tenantId);
    if (!this.#hasRoom(buffer, 512)) return;
    buffer.batch.runs.push(run);
    this.#took(buffer, 512);
  }

  /** Takes a call of a route of which little is to be said, and counts it. */
  call(tenantId: Id<'tenant'>, call: PlainCall): void {
    const buffer = this.#buffer(tenantId);
    const day = this.#today();
    if (this.#hasRoom(buffer, callChars)) {
      buffer.batch.calls.add(call, day);
      this.#took(buffer, callChars);
      return;
    }
    const { installationId, wallMs, cpuMs } = call;
    const amounts = callAmounts({ runs: 1, wallMs: Math.round(wallMs), cpuMs: Math.round(cpuMs) });
    addUsageTo(buffer.batch, { day, installationId }, amounts);
  }

  /** Takes a log line. */
  log(tenantId: Id<'tenant'>, line: NewLogLine, chars: number): void {
    const buffer = this.#buffer(tenantId);
    if (!this.#hasRoom(buffer, chars)) return;
    buffer.batch.logs.push(line);
    this.#took(buffer, chars);
  }

  /** Adds to the counts of the day. */
  use(tenantId: Id<'tenant'>, installationId: Id<'installation'>, amounts: UsageAmounts): void {
    const buffer = this.#buffer(tenantId);
    addUsageTo(buffer.batch, { day: this.#today(), installationId }, amounts);
    this.#arm();
  }

  /** Adds what a plugin counts itself. `sums`: by numeric property. The caller bounds names and properties. */
  track(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    { name, sums }: { name: string; sums: Readonly<Record<string, number>> },
  ): void {
    const { batch } = this.#buffer(tenantId);
    const day = this.#today();
    addTrackedTo(batch, { day, installationId, name, prop: '', value: 1 });
    for (const [prop, value] of Object.entries(sums)) addTrackedTo(batch, { day, installationId, name, prop, value });
    this.#arm();
  }

  /** Remembers what was used. What was written within the last minute is not written again. */
  noteUses(tenantId: Id<'tenant'>, installationId: Id<'installation'>, uses: readonly Use[]): void {
    const atMs = this.options.clock.now();
    for (const permission of uses) {
      const key = `${installationId}/${permission}`;
      const known = this.#permissionsKept.get(key);
      if (known !== undefined && atMs - known < permissionEveryMs && atMs >= known) continue;
      if (this.#permissionsKept.size >= maxPermissionsKept) this.#permissionsKept.clear();
      this.#permissionsKept.set(key, atMs);
      this.#buffer(tenantId).batch.counts.permissions.set(key, { installationId, permission, atMs });
      this.#arm();
    }
  }

  /**
   * Resolves when everything taken so far for a tenant is written, or a write of it has failed and rests. Never
   * rejects.
   */
  async flushTenant(tenantId: Id<'tenant'>): Promise<void> {
    const buffer = this.#tenants.get(tenantId);
    if (buffer === undefined) return;
    const goal = buffer.taken;
    do await this.#write(buffer);
    while (buffer.done < goal && buffer.failures === 0);
  }

  /** Writes what waits, for at most `limitMs` (default 5000), and takes nothing more by itself. Safe to call twice. */
  async stop(limitMs = 5_000): Promise<void> {
    clearTimeout(this.#timer);
    const until = this.options.clock.now() + limitMs;
    let timeout: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timeout = setTimeout(resolve, limitMs)));
    const drain = async (): Promise<void> => {
      while (this.#tenants.size > 0 && this.options.clock.now() < until) {
        await Promise.all([...this.#tenants.values()].map((buffer) => this.#write(buffer)));
        if ([...this.#tenants.values()].some((buffer) => buffer.failures > 0))
          await new Promise((resolve) => setTimeout(resolve, 100).unref());
      }
    };
    await Promise.race([drain(), limit]);
    clearTimeout(timeout);
    clearTimeout(this.#timer);
    if (this.#rows > 0)
      this.options.logger.error({ rows: this.#rows }, 'runs and log lines could not be written before the end');
  }

  /** One tenant may hold half of the room, so that its flood cannot cost the others their rows. */
  #hasRoom({ batch }: TenantBuffer, chars: number): boolean {
    const fits = this.#rows < this.#maxRows && this.#chars + chars <= this.#maxChars;
    if (fits && rowsOf(batch) < this.#maxRows / 2 && batch.chars + chars <= this.#maxChars / 2) return true;
    this.#dropped += 1;
    if (this.#dropped % 10_000 === 1)
      this.options.logger.warn(
        { dropped: this.#dropped },
        'runs and log lines are dropped: the database does not keep up',
      );
    return false;
  }

  #buffer(tenantId: Id<'tenant'>): TenantBuffer {
    const known = this.#tenants.get(tenantId);
    if (known) return known;
    const made: TenantBuffer = {
      tenantId,
      batch: emptyBatch(),
      writing: undefined,
      restUntil: 0,
      failures: 0,
      taken: 0,
      done: 0,
    };
    this.#tenants.set(tenantId, made);
    return made;
  }

  #took(buffer: TenantBuffer, chars: number): void {
    this.#rows += 1;
    this.#chars += chars;
    buffer.taken += 1;
    buffer.batch.chars += chars;
    if (buffer.writing === undefined && buffer.failures === 0 && this.#isFull(buffer.batch)) void this.#write(buffer);
    else this.#arm();
  }

  /** Whether there is enough to write at once. */
  #isFull({ calls, runs, logs }: Batch): boolean {
    return runs.length + logs.length + calls.size / callsPerRow >= this.#flushRows;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const now = this.options.clock.now();
      for (const buffer of this.#tenants.values()) {
        if (buffer.restUntil <= now) void this.#write(buffer);
        else this.#arm();
      }
    }, this.#flushMs).unref();
  }

  /** One write a tenant at a time; whoever asks meanwhile waits for one that begins after it asked. */
  #write(buffer: TenantBuffer): Promise<void> {
    const before = buffer.writing;
    if (before !== undefined) {
      const batch = buffer.batch;
      return before.then(() => (buffer.batch === batch && !isEmpty(batch) ? this.#write(buffer) : buffer.writing));
    }
    if (isEmpty(buffer.batch)) {
      this.#forgetTenant(buffer);
      return Promise.resolve();
    }
    buffer.writing = this.#writeNow(buffer).finally(() => {
      buffer.writing = undefined;
      if (isEmpty(buffer.batch)) this.#forgetTenant(buffer);
      else if (buffer.failures === 0 && this.#isFull(buffer.batch)) void this.#write(buffer);
      else this.#arm();
    });
    return buffer.writing;
  }

  #forgetTenant(buffer: TenantBuffer): void {
    if (this.#tenants.get(buffer.tenantId) === buffer) this.#tenants.delete(buffer.tenantId);
  }

  async #writeNow(buffer: TenantBuffer): Promise<void> {
    await this.#enterWriters();
    const { taken: batch, rest } = takeUpTo(buffer.batch, maxStatementRows);
    buffer.batch = rest;
    settleCalls(batch);
    try {
      await this.#writeBatch(buffer.tenantId, batch, buffer.failures > 0);
      buffer.failures = 0;
      buffer.done += rowsOf(batch);
      this.#forget(batch);
    } catch (thrown) {
      // The database is away or busy: the batch goes back to the front, and is tried again after a rest.
      buffer.failures += 1;
      buffer.restUntil = this.options.clock.now() + Math.min(5_000, 250 * 2 ** Math.min(buffer.failures, 5));
      buffer.batch = putTogether(batch, buffer.batch);
      this.options.logger.warn(
        { reason: messageOf(thrown), rows: rowsOf(batch) },
        'runs and log lines could not be written yet',
      );
    } finally {
      this.#leaveWriters();
    }
  }

  /**
   * Throws when the whole can be tried again (`isAgain`: it may have been written); drops, with a line in our own log,
   * the rows that the database will never take.
   */
  async #writeBatch(tenantId: Id<'tenant'>, batch: Batch, isAgain: boolean): Promise<void> {
    try {
      await this.options.database.forTenant(tenantId).transaction(async (tx) => {
        await writeAll(tx, batch, isAgain);
        if (batch.counts.usage.size > 0) await this.options.dayQuotas?.refresh(tx);
      });
    } catch (thrown) {
      if (!isDataFault(thrown)) throw thrown;
      const parts = split(batch);
      if (parts === undefined) {
        this.#dropped += 1;
        this.options.logger.error({ err: thrown }, 'a run or log line cannot be stored and was dropped');
        return;
      }
      for (const part of parts) await this.#writeBatch(tenantId, part, isAgain);
    }
  }

  #forget(batch: Batch): void {
    this.#rows -= rowsOf(batch);
    this.#chars -= batch.chars;
  }

  async #enterWriters(): Promise<void> {
    if (this.#writers < writersAtOnce) this.#writers += 1;
    else await new Promise<void>((enter) => this.#queue.push(enter));
  }

  #leaveWriters(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#writers -= 1;
  }

  #today(): string {
    const now = this.options.clock.now();
    if (now >= this.#day.until || now < this.#day.until - 86_400_000) {
      const start = Math.floor(now / 86_400_000) * 86_400_000;
      this.#day = { until: start + 86_400_000, text: new Date(start).toISOString().slice(0, 10) };
    }
    return this.#day.text;
  }
}

async function writeAll(tx: TenantTransaction, batch: Batch, isAgain: boolean): Promise<void> {
  // Nobody is promised these rows, so their commit need not wait for the disk.
  await tx.skipDiskWait();
  await recordChunks(tx, batch.chunks, { isAgain });
  await recordRuns(tx, batch.runs, { isAgain });
  await insertLogs(tx, batch.logs);
  await addUsage(
    tx,
    [...batch.counts.usage.values()].flatMap(({ day, installationId, amounts }) =>
      Object.entries(amounts).map(([metric, value]) => ({ day, installationId, metric, value })),
    ),
  );
  await addTracked(tx, [...batch.counts.tracked.values()]);
  await recordPermissionUses(tx, [...batch.counts.permissions.values()]);
}

/**
 * Whether the data itself was refused, so that the same rows would fail again: by PostgreSQL with class 22 (data
 * exception), 23 (integrity) or 54 (too complex), or before it came there, such as an id that is none.
 */
function isDataFault(thrown: unknown): boolean {
  if (thrown instanceof TypeError || thrown instanceof RangeError) return true;
  if (!(thrown instanceof Error)) return false;
  const code = 'driverError' in thrown ? (thrown.driverError as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
