import { parseId, quote, readCursor, type Clock, type Id, type Page, type PageRequest } from '@annex/kernel';
import { runListLimits } from '@annex/limits';
import { quotaNames, quotas, readQuotas, type QuotaName, type QuotaRow, type QuotaUse } from '@annex/quotas';
import type { RunKind } from '@annex/limits';
import {
  countRuns,
  findRun,
  listRuns,
  readRunStory,
  runMetrics,
  tenantLoad,
  timeRuns,
  type FollowedRuns,
  type RunMetrics,
  type SeriesKey,
  type StoredRun,
  type RunStatus,
} from '@annex/runs';
import { listLogs, readRunLogs, type LogLine } from '../rows/logs.js';
import type { LogLevel } from '../rows/run-log-row.js';
import { readTracked } from '../rows/tracked.js';
import { readPluginDays, readUsage } from '../rows/usage.js';
import { tenantMetricsText } from './tenant-metrics.js';
import type { Database, TenantTransaction } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { CallKeeper } from '../recording/call-keeper.js';
import type { RunSink } from '../recording/run-sink.js';
import { readRecordedAttempts, readRecordedCalls } from '../rows/recorded-calls.js';
import type { InstallationSnapshots } from '../snapshots/installation-snapshots.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { bucketsOf, chartOf, usualBucketS, type ChartView } from './chart.js';
import type { LogTail } from './log-tail.js';
import { followRuns, pluginFilter, type RunFeedOptions } from './run-feed.js';
import {
  logView,
  recordedCallsView,
  runView,
  storyView,
  waitReason,
  type LogView,
  type RecordedCallsView,
  type RunDetailView,
  type RunView,
  type WaitView,
} from './views.js';

/** `GET /api/runs?plugin=&kind=&status=&event_id=&since=&until=`. */
export interface RunQuery {
  /** A slug or an installation's id. */
  plugin?: string | undefined;
  kind?: RunKind | undefined;
  status?: RunStatus | undefined;
  /** Only background runs that failed for good and were not replayed. */
  deadLetters?: boolean | undefined;
  eventId?: string | undefined;
  /** Of the handler, exactly. */
  name?: string | undefined;
  /** Part of the handler's name, the plugin's slug or the error, letter case ignored. */
  q?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** `GET /api/plugins/:id/logs?level=&run_id=&since=&until=&q=`. */
export interface LogQuery {
  /** Only these levels. */
  levels?: readonly LogLevel[] | undefined;
  runId?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** Part of the message or fields, letter case ignored. */
  q?: string | undefined;
}

/** Numbers of one installation (`GET /api/plugins/:id/metrics`). */
export interface MetricsView {
  since: string;
  runs: {
    total: number;
    by_status: Record<string, number>;
    by_kind: Record<string, number>;
    by_error: Record<string, number>;
    capped: boolean;
  };
  wall_ms: RunMetrics['wallMs'];
  /** Counts by UTC day, newest first. */
  days: { day: string; metrics: Record<string, number>; analytics: AnalyticsView }[];
}

/** What plugin code counted with `ctx.analytics.track`, by name: how often, and the sums of its numeric properties. */
export type AnalyticsView = Record<string, { count: number; sums: Record<string, number> }>;

/** One line of `GET /api/usage`. */
export interface UsageView {
  day: string;
  installation_id: string;
  plugin: string | null;
  metrics: Record<string, number>;
  series: Record<string, number>;
  analytics: AnalyticsView;
}

/** `GET /api/stats`. */
export interface StatsQuery {
  metric: 'runs' | 'wall_ms';
  /** Of `runs`: what they are counted by. */
  by: SeriesKey;
  /** Length of a bucket, in seconds. Default: so that there are 60 at most. */
  bucketS?: number | undefined;
  /** A slug or an installation's id. */
  plugin?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

export interface StatsView extends ChartView {
  metric: StatsQuery['metric'];
  /** `null`: the series are percentiles. */
  by: SeriesKey | null;
}

export interface RunReaderOptions {
  database: Database;
  snapshots: InstallationSnapshots;
  sink: Pick<RunSink, 'flushTenant'>;
  tail: LogTail;
  keeper: Pick<CallKeeper, 'settled'>;
  clock: Clock;
}

const runLogLines = 1_100;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

/**
 * What happened, as the API shows it. Each reading first writes down what this process still holds of the tenant, so
 * that whoever made a call here finds its run at once; what other processes hold follows within their flush time.
 */
export class RunReader {
  constructor(private readonly options: RunReaderOptions) {}

  /** Runs, newest first. A plugin that does not exist has none. Throws `CURSOR_INVALID`. */
  async runs(tenantId: Id<'tenant'>, query: RunQuery, page: PageRequest): Promise<Page<RunView>> {
    const before = readCursor(page.cursor, (cursor) => parseId('run', cursor), refuseCursor);
    const installationId = query.plugin === undefined ? undefined : parseId('installation', query.plugin);
    const { kind, status, deadLetters, eventId, name, q, since, until } = query;
    return this.#read(tenantId, async (tx) => {
      const { runs, next } = await listRuns(tx, {
        ...(installationId ? { installationId } : query.plugin !== undefined && { plugin: storable(query.plugin) }),
        ...(kind && { kind }),
        ...(status && { status }),
        ...(deadLetters && { deadLetters }),
        ...(eventId !== undefined && { eventId: storable(eventId) }),
        ...(name !== undefined && { name: storable(name) }),
        ...(q !== undefined && q !== '' && { text: storable(q) }),
        ...(since && { since }),
        ...(until && { until }),
        ...(before && { before }),
        limit: page.limit,
      });
      const waiting = await this.#waitReasons(tx, runs);
      return { items: runs.map((row) => runView(row, waiting(row))), next_cursor: next };
    });
  }

  /**
   * Sends each run as it is made and whenever it changes, until it has ended; until the answered function is called.
   * `lastId`: of the last change that the reader has; it goes on behind that, with the latest 20,000 runs.
   */
  follow(
    tenantId: Id<'tenant'>,
    { plugin, lastId, ...filter }: Omit<FollowedRuns, 'installationId'> & { lastId?: string | undefined },
    reader: Pick<RunFeedOptions, 'send' | 'ready' | 'onFailed' | 'pollMs'>,
  ): Promise<() => void> {
    return followRuns({
      ...reader,
      database: this.options.database,
      tenantId,
      filter: { ...filter, ...pluginFilter(plugin) },
      lastId,
      view: async (tx, rows) => {
        const waiting = await this.#waitReasons(tx, rows);
        return rows.map((row) => runView(row, waiting(row)));
      },
    });
  }

  /** One run with its log and its story. Throws `RUN_NOT_FOUND`, for another tenant's run too. */
  async run(tenantId: Id<'tenant'>, id: string): Promise<RunDetailView> {
    const runId = parseId('run', id);
    if (!runId) throw runNotFound(id);
    return this.#read(tenantId, async (tx) => {
      const row = await findRun(tx, runId);
      if (!row) throw runNotFound(id);
      const waiting = await this.#waitReasons(tx, [row]);
      const logs = await readRunLogs(tx, runId, runLogLines);
      return { ...runView(row, waiting(row)), logs: logs.map(logView), ...storyView(await readRunStory(tx, runId)) };
    });
  }

  /**
   * What an attempt of a run asked of the host; default the latest that was recorded. Of a run that was not recorded
   * `attempt` is `null`. Throws `RUN_NOT_FOUND`.
   */
  async calls(tenantId: Id<'tenant'>, id: string, attempt?: number): Promise<RecordedCallsView> {
    const runId = parseId('run', id);
    if (!runId) throw runNotFound(id);
    await this.options.keeper.settled();
    return this.#read(tenantId, async (tx) => {
      if (!(await findRun(tx, runId))) throw runNotFound(id);
      const attempts = await readRecordedAttempts(tx, runId);
      const found = attempt === undefined ? attempts[0] : attempts.find((each) => each.attempt === attempt);
      return recordedCallsView(runId, attempts, {
        found,
        calls: found ? await readRecordedCalls(tx, runId, found.attempt) : [],
      });
    });
  }

  /** Says of each run what it waits for; asks for the tenant's load only if one may wait for that. */
  async #waitReasons(
    tx: TenantTransaction,
    rows: readonly StoredRun[],
  ): Promise<(run: StoredRun) => WaitView | undefined> {
    const isWaiting = rows.some(
      ({ status, waitingFor }) => (status === 'queued' || status === 'retrying') && waitingFor === null,
    );
    const load = isWaiting ? await tenantLoad(tx) : { running: 0, cap: 1 };
    const nowMs = this.options.clock.now();
    return (run) => waitReason(run, load, nowMs);
  }

  /** An installation's log, newest line first. Throws `PLUGIN_NOT_FOUND`, `CURSOR_INVALID`. */
  async logs(tenantId: Id<'tenant'>, idOrSlug: string, query: LogQuery, page: PageRequest): Promise<Page<LogView>> {
    if (page.cursor !== undefined && !isLogId(page.cursor)) refuseCursor();
    const { installationId } = await this.installation(tenantId, idOrSlug);
    const runId = query.runId === undefined ? undefined : parseId('run', query.runId);
    if (query.runId !== undefined && runId === undefined) return { items: [], next_cursor: null };
    const { levels, since, until, q } = query;
    const { lines, next } = await this.#read(tenantId, (tx) =>
      listLogs(tx, {
        installationId,
        ...(runId && { runId }),
        ...(levels && { levels }),
        ...(since && { since }),
        ...(until && { until }),
        ...(q !== undefined && q !== '' && { text: storable(q.slice(0, 200)) }),
        ...(page.cursor !== undefined && { before: page.cursor }),
        limit: page.limit,
      }),
    );
    return { items: lines.map(logView), next_cursor: next };
  }

  /**
   * Sends an installation's new log lines as they are written, until the answered function is called. `lastId`: of the
   * last line that the reader has (`Last-Event-ID`), to get what was written since; without it `since` does so by time,
   * for the newest thousand lines. Throws `PLUGIN_NOT_FOUND`.
   */
  async followLogs(
    tenantId: Id<'tenant'>,
    idOrSlug: string,
    { levels, runId, since, q, lastId }: Omit<LogQuery, 'until'> & { lastId?: string | undefined },
    send: (line: LogView) => void,
  ): Promise<() => void> {
    const { installationId } = await this.installation(tenantId, idOrSlug);
    const after =
      lastId !== undefined && isLogId(lastId)
        ? lastId
        : since && (await this.#beforeLogsOf(tenantId, installationId, since));
    const text = q?.toLowerCase() ?? '';
    return this.options.tail.follow({ tenantId, installationId, ...(after !== undefined && { after }) }, (line) => {
      if ((levels && !levels.includes(line.level)) || (runId !== undefined && line.runId !== runId)) return;
      if ((since && line.time < since) || (text !== '' && !holdsText(line, text))) return;
      send(logView(line));
    });
  }

  /**
   * The id before an installation's lines of a moment and later, of the newest thousand; `undefined` when there are
   * none.
   */
  async #beforeLogsOf(
    tenantId: Id<'tenant'>,
    installationId: Id<'installation'>,
    since: Date,
  ): Promise<string | undefined> {
    const { lines } = await this.#read(tenantId, (tx) => listLogs(tx, { installationId, since, limit: 1000 }));
    const oldest = lines.at(-1);
    return oldest && String(BigInt(oldest.id) - 1n);
  }

  /**
   * Numbers of an installation's runs that began in `[since, until)`; default the day before `until`, which is now by
   * default. Throws `PLUGIN_NOT_FOUND`.
   */
  async metrics(
    tenantId: Id<'tenant'>,
    idOrSlug: string,
    { since, until }: { since?: Date | undefined; until?: Date | undefined } = {},
  ): Promise<MetricsView> {
    const { installationId } = await this.installation(tenantId, idOrSlug);
    const end = until?.getTime() ?? this.options.clock.now();
    const from = since ?? new Date(Math.max(0, end - dayMs));
    const [numbers, days] = await this.#read(tenantId, async (tx) => [
      await runMetrics(tx, { installationId, since: from, ...(until && { until }) }),
      await readDays(tx, { installationId, since: dayOf(end - 30 * dayMs), until: dayOf(end) }),
    ]);
    const { total, byStatus, byKind, byError, capped, wallMs } = numbers;
    return {
      since: from.toISOString(),
      runs: { total, by_status: byStatus, by_kind: byKind, by_error: byError, capped },
      wall_ms: wallMs,
      days: days.map(({ day, metrics, analytics }) => ({ day, metrics, analytics })),
    };
  }

  /**
   * A time series of runs made in `[since, until)`; default the hour before `until`, which is now by default. A plugin
   * that does not exist throws `PLUGIN_NOT_FOUND`; more than {@link runListLimits.buckets} buckets `STATS_TOO_FINE`.
   */
  async stats(tenantId: Id<'tenant'>, query: StatsQuery): Promise<StatsView> {
    const { metric, by, plugin, since, until } = query;
    const installationId =
      plugin === undefined ? undefined : (await this.installation(tenantId, plugin)).installationId;
    const untilMs = until?.getTime() ?? this.options.clock.now();
    const sinceMs = Math.max(0, since?.getTime() ?? untilMs - hourMs);
    const bucketS = query.bucketS ?? usualBucketS(untilMs - sinceMs);
    const span = { sinceMs, untilMs, bucketS };
    if (bucketsOf(span) > runListLimits.buckets)
      throw executionErrors.error(
        'STATS_TOO_FINE',
        `The span has ${bucketsOf(span)} buckets of ${bucketS} s; at most ${runListLimits.buckets} are answered. ` +
          'Ask for a ' +
          'shorter span or longer buckets.',
      );
    const asked = { since: new Date(sinceMs), until, bucketS, installationId };
    const series = await this.#read(tenantId, (tx) =>
      metric === 'runs' ? countRuns(tx, asked, by) : timeRuns(tx, asked),
    );
    return { metric, by: metric === 'runs' ? by : null, ...chartOf(span, series, metric === 'runs' ? 0 : null) };
  }

  /**
   * What a tenant's plugins used, by UTC day, newest first, and its use of each quota now. Default: the last 30 days;
   * at most 400 days.
   */
  async usage(
    tenantId: Id<'tenant'>,
    { since, until }: { since?: Date | undefined; until?: Date | undefined } = {},
  ): Promise<{ items: UsageView[]; quotas: QuotasView }> {
    const now = this.options.clock.now();
    const end = until?.getTime() ?? now;
    const start = Math.max(since?.getTime() ?? end - 30 * dayMs, end - 400 * dayMs);
    return this.#read(tenantId, async (tx) => ({
      items: await readDays(tx, { since: dayOf(start), until: dayOf(end) }),
      quotas: viewQuotas(await readQuotas(tx, dayOf(now))),
    }));
  }

  /** The tenant's page for Prometheus: what its plugins did since midnight UTC. */
  async prometheus(tenantId: Id<'tenant'>): Promise<string> {
    const day = dayOf(this.options.clock.now());
    return tenantMetricsText(await this.#read(tenantId, (tx) => readPluginDays(tx, day)));
  }

  /** Writes down what this process still holds of a tenant, so that what is read next knows it. Never rejects. */
  settle(tenantId: Id<'tenant'>): Promise<void> {
    return this.options.sink.flushTenant(tenantId);
  }

  async #read<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    await this.options.sink.flushTenant(tenantId);
    return this.options.database.forTenant(tenantId).transaction(work);
  }

  /** The plugin that a caller names by id or slug. Throws `PLUGIN_NOT_FOUND`. */
  async installation(tenantId: Id<'tenant'>, idOrSlug: string): Promise<InstallationSnapshot> {
    const id = parseId('installation', idOrSlug);
    const { snapshots } = this.options;
    const found = id ? await snapshots.getById(tenantId, id) : await snapshots.get(tenantId, idOrSlug);
    if (found) return found;
    throw executionErrors.error(
      'PLUGIN_NOT_FOUND',
      `This tenant has no plugin ${quote(idOrSlug)}. GET /api/plugins/ lists them.`,
    );
  }
}

/** Use and limit of each quota, by name; `max` is `null` where there is no limit. */
export type QuotasView = Record<QuotaName, { used: number; max: number | null; unit: QuotaRow['unit'] }>;

function viewQuotas(read: Record<QuotaName, QuotaUse>): QuotasView {
  return Object.fromEntries(quotaNames.map((name) => [name, { ...read[name], unit: quotas[name].unit }])) as QuotasView;
}

/** Counts of the platform and of the plugins themselves, joined by day and installation. */
async function readDays(
  tx: TenantTransaction,
  span: { since: string; until: string; installationId?: Id<'installation'> },
): Promise<UsageView[]> {
  const days = new Map<string, UsageView>();
  const keyOf = ({ day, installationId }: { day: string; installationId: string }): string =>
    `${day}/${installationId}`;
  for (const { day, installationId, plugin, metrics, series } of await readUsage(tx, span)) {
    days.set(keyOf({ day, installationId }), {
      day,
      installation_id: installationId,
      plugin,
      metrics,
      series,
      analytics: {},
    });
  }
  for (const { day, installationId, plugin, name, count, sums } of await readTracked(tx, span)) {
    const view = days.get(keyOf({ day, installationId })) ?? {
      day,
      installation_id: installationId,
      plugin,
      metrics: {},
      series: {},
      analytics: {},
    };
    // A plugin may call something `__proto__`.
    Object.defineProperty(view.analytics, name, { value: { count, sums }, enumerable: true });
    days.set(keyOf({ day, installationId }), view);
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0));
}

function runNotFound(id: string): Error {
  return executionErrors.error(
    'RUN_NOT_FOUND',
    `This tenant has no run ${quote(id)}. GET /api/runs lists them; old ones are removed in time.`,
  );
}

function refuseCursor(): never {
  throw executionErrors.error(
    'CURSOR_INVALID',
    'The cursor is not a next_cursor of this list. Leave it out to begin at the first page.',
  );
}

/** Whether a text is a log line's id: a number that fits a bigint. */
function isLogId(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}

/**
 * A caller's text as PostgreSQL takes it: what it cannot hold is in no row either, so it may become something else that
 * is in none.
 */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function dayOf(ms: number): string {
  return new Date(Math.max(0, Math.min(ms, 8.64e15))).toISOString().slice(0, 10);
}

/** Whether a line's message or fields hold a text, letter case ignored. `text`: in small letters. */
function holdsText({ message, fields }: LogLine, text: string): boolean {
  return message.toLowerCase().includes(text) || JSON.stringify(fields).toLowerCase().includes(text);
}
