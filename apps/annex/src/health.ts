import type { Health } from '@annex-app/api';
import type { Execution } from '@annex/execution';
import { messageOf, SECOND, systemClock, type Logger } from '@annex/kernel';
import type { Dispatcher } from '@annex/dispatch';
import { mappedCounts, readBacklog, type Backlog } from '@annex/runs';
import { readSettingLag, type SettingLag } from '@annex/settings';
import type { Database, PlatformTransaction } from '@annex/database';
import { layersOf, type Sandbox, type SandboxStats, type SandboxTier } from '@annex/sandbox';
import type { SourceWork } from '@annex/sources';
import { clockReader, clockWarning } from './clock-offset.js';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { PluginsFile, PluginsFileState } from './plugins-file/plugins-file.js';
import { addAnswerMetrics } from './answer-metrics.js';

export interface PlatformHealth extends Health {
  /** Not ready until the answered function is called: the process is still starting. */
  hold(): () => void;
  /** Not ready from now on: the process is going. */
  close(): void;
}

/** Of prom-client's own. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Whether this process can take traffic, and its numbers for Prometheus. */
export function createHealth({
  database,
  sandbox,
  tier,
  execution,
  dispatcher,
  sourceWork,
  pluginsFile,
  mirrors,
  logger,
}: {
  database: Database;
  sandbox: Sandbox;
  tier: SandboxTier;
  execution: Execution;
  dispatcher: Dispatcher;
  sourceWork: Pick<SourceWork, 'connections'>;
  /** `undefined`: there is no such file. */
  pluginsFile: Pick<PluginsFile, 'state'> | undefined;
  /** Prefixes of an etcd that are to be mirrored. */
  mirrors: readonly { tenant: string; prefix: string }[];
  logger: Logger;
}): PlatformHealth {
  let closing = false;
  let holds = 0;
  const registry = openRegistry();
  addSandboxMetrics(registry, sandbox);
  addIsolationMetrics(registry, tier);
  addBacklogMetrics(registry, { database, logger, mirrors });
  addDispatchMetrics(registry, dispatcher);
  addMappingMetrics(registry);
  addSourceMetrics(registry, sourceWork);
  if (pluginsFile) addPluginsFileMetrics(registry, pluginsFile);
  const readOffset = clockReader(database, { clock: systemClock, logger });
  addClockMetric(registry, readOffset);
  addRecordingMetrics(registry, execution);
  const answered = addAnswerMetrics(registry);
  return {
    answered,
    hold() {
      holds += 1;
      let isHeld = true;
      return () => {
        if (isHeld) holds -= 1;
        isHeld = false;
      };
    },
    close() {
      closing = true;
    },
    async ready() {
      const checks: Record<string, string> = { process: closing ? 'stopping' : holds > 0 ? 'starting' : 'ok' };
      const reading = readOffset();
      checks['database'] = await database.ping().then(
        () => 'ok',
        (thrown: unknown) => {
          // Why is for the operator's log: anybody may ask whether this process is ready.
          logger.warn({ reason: messageOf(thrown) }, 'not ready: the database does not answer');
          return 'unavailable';
        },
      );
      // Whoever asks does not wait for a second answer of a database that gives none.
      const offsetMs = checks['database'] === 'ok' ? await reading : undefined;
      return {
        ready: Object.values(checks).every((check) => check === 'ok'),
        checks,
        ...warningsOf(offsetMs, pluginsFile?.state),
        clock: { database_offset_s: offsetMs === undefined ? null : Math.round(offsetMs / SECOND) },
        sandbox: { tier: tier.tier, layers: layersOf(tier) },
      };
    },
    metrics: () => registry.metrics(),
  };
}

function openRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges by a name that is a counter's; the same without `_total` say them by type.
  for (const name of misnamed) registry.removeSingleMetric(name);
  return registry;
}

/** What should be put right and keeps no traffic away. `offsetMs`: of the database's clock. */
function warningsOf(
  offsetMs: number | undefined,
  file: PluginsFileState | undefined,
): { warnings?: Record<string, string> } {
  const clock = offsetMs === undefined ? undefined : clockWarning(offsetMs);
  const plugins = file && pluginsFileWarning(file);
  if (clock === undefined && plugins === undefined) return {};
  return {
    warnings: { ...(clock !== undefined && { clock }), ...(plugins !== undefined && { plugins_file: plugins }) },
  };
}

/** Why is for the operator's log: anybody may ask whether this process is ready. */
function pluginsFileWarning({ faults }: PluginsFileState): string | undefined {
  if (faults.length === 0) return undefined;
  return `The plugins file has ${faults.length} faults; the log names them. What was before is in force.`;
}

function addPluginsFileMetrics(registry: Registry, file: Pick<PluginsFile, 'state'>): void {
  new Gauge({
    name: 'annex_plugins_file_faults',
    help: 'Faults of the plugins file; alert beyond 0',
    registers: [registry],
    collect() {
      this.set(file.state.faults.length);
    },
  });
  new Gauge({
    name: 'annex_plugins_file_applied_timestamp_seconds',
    help: 'When the plugins file was last applied as a whole',
    registers: [registry],
    collect() {
      this.set((file.state.appliedAtMs ?? Number.NaN) / SECOND);
    },
  });
}

function addRecordingMetrics(registry: Registry, execution: Execution): void {
  new Gauge({
    name: 'annex_recording_rows',
    help: 'Runs and log lines that wait to be written',
    registers: [registry],
    collect() {
      this.set(execution.recording().rows);
    },
  });
  new Counter({
    name: 'annex_recording_dropped_total',
    help: 'Runs and log lines dropped because the database did not keep up',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(execution.recording().dropped);
    },
  });
}

/** How long what was read of the database answers again, in milliseconds: anybody may ask for the numbers. */
const backlogAgeMs = 5000;

function addClockMetric(registry: Registry, readOffset: () => Promise<number | undefined>): void {
  new Gauge({
    name: 'annex_database_clock_offset_seconds',
    help: 'How far the clock of the database is ahead of this host’s; alert beyond 30',
    registers: [registry],
    async collect() {
      this.set(((await readOffset()) ?? Number.NaN) / SECOND);
    },
  });
}

/** Adds a gauge of what was read of the database. */
type AddGauge = (
  name: string,
  help: string,
  labelNames: string[],
  set: (gauge: Gauge, backlog: Backlog & SettingLag) => void,
) => void;

function addRunBacklog(add: AddGauge): void {
  add(
    'annex_background_runs',
    'Background runs that have not ended: due, delayed until their time, handed to the queue, running, parked ' +
      'until something else happens',
    ['state'],
    (gauge, { runs }) => {
      for (const [state, count] of Object.entries(runs)) gauge.set({ state }, count);
    },
  );
  add(
    'annex_queue_oldest_waiting_seconds',
    'How long the background run that waits longest has been due',
    [],
    (gauge, { oldestWaitingS }) => gauge.set(oldestWaitingS),
  );
  add(
    'annex_dead_letters',
    'Background runs that failed for good and were not replayed',
    [],
    (gauge, { deadLetters }) => gauge.set(deadLetters),
  );
  add(
    'annex_schedule_lag_seconds',
    'How late the tick of a schedule is that has been due longest',
    [],
    (gauge, { scheduleLagS }) => gauge.set(scheduleLagS),
  );
}

function addAlertBacklog(add: AddGauge): void {
  add('annex_alerts_firing', 'Alerts that fire', [], (gauge, { firingAlerts }) => gauge.set(firingAlerts));
  add(
    'annex_alert_lag_seconds',
    'How late the alert or correlation is whose time came first; alert beyond 30',
    [],
    (gauge, { stateLagS }) => gauge.set(stateLagS),
  );
}

function addSettingLag(add: AddGauge): void {
  add(
    'annex_setting_watch_lag_seconds',
    'How old the oldest change of settings is that a plugin has yet to hear of; alert beyond 60',
    [],
    (gauge, { watchLagS }) => gauge.set(watchLagS),
  );
  add(
    'annex_setting_mirror_lag_seconds',
    'How long the mirror of an etcd has been behind that is behind longest; alert beyond 60',
    [],
    (gauge, { mirrorLagS }) => gauge.set(mirrorLagS),
  );
}

function addQuestionBacklog(add: AddGauge): void {
  add(
    'annex_agent_questions',
    'Questions to agents that wait: for an approval, or for the agent that works',
    ['state'],
    (gauge, { questions }) => {
      for (const [state, count] of Object.entries(questions)) gauge.set({ state }, count);
    },
  );
}

/**
 * Numbers over all tenants, read from the database: every process says the same, also for workers, which nobody can
 * ask.
 */
function addBacklogMetrics(
  registry: Registry,
  {
    database,
    logger,
    mirrors,
  }: { database: Database; logger: Logger; mirrors: readonly { tenant: string; prefix: string }[] },
): void {
  type Read = Backlog & SettingLag;
  let reading: { atMs: number; backlog: Promise<Read | undefined> } | undefined;
  const readAll = async (tx: PlatformTransaction): Promise<Read> => ({
    ...(await readBacklog(tx)),
    ...(await readSettingLag(tx, mirrors)),
  });
  const read = (): Promise<Read | undefined> => {
    if (reading === undefined || performance.now() - reading.atMs > backlogAgeMs) {
      const backlog = database.platform(readAll).catch((thrown: unknown) => {
        logger.warn({ reason: messageOf(thrown) }, 'the numbers of the database are missing from the metrics');
        return undefined;
      });
      reading = { atMs: performance.now(), backlog };
    }
    return reading.backlog;
  };
  const add: AddGauge = (name, help, labelNames, set) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        const backlog = await read();
        if (backlog) set(this, backlog);
        // Without labels a gauge that was reset says 0, which nobody knows.
        else if (labelNames.length === 0) this.set(Number.NaN);
      },
    });
  };
  addRunBacklog(add);
  addAlertBacklog(add);
  addQuestionBacklog(add);
  addSettingLag(add);
  add(
    'annex_runs_last_minute',
    'Runs made within the last minute that have ended, by kind and status',
    ['kind', 'status'],
    (gauge, { lastMinute }) => {
      for (const { kind, status, runs } of lastMinute) gauge.set({ kind, status }, runs);
    },
  );
}

function addMappingMetrics(registry: Registry): void {
  new Counter({
    name: 'annex_mapped_events_total',
    help: 'Events that mappings took or made in this process, by what became of them',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      const { tooDear, noRoom, ...others } = mappedCounts();
      for (const [outcome, count] of Object.entries({ ...others, too_dear: tooDear, no_room: noRoom }))
        this.inc({ outcome }, count);
    },
  });
}

function addDispatchMetrics(registry: Registry, dispatcher: Dispatcher): void {
  new Counter({
    name: 'annex_attempts_total',
    help: 'Attempts at background runs that this process made, by how they ended',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      const { claimed: _claimed, running: _running, slots: _slots, handedBack, ...outcomes } = dispatcher.stats();
      for (const [outcome, count] of Object.entries({ ...outcomes, handed_back: handedBack }))
        this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: 'annex_dispatch_slots',
    help: 'Background runs that this process takes at once, and those under way',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { slots, running } = dispatcher.stats();
      this.set({ state: 'all' }, slots);
      this.set({ state: 'taken' }, running);
    },
  });
}

function addSourceMetrics(registry: Registry, sourceWork: Pick<SourceWork, 'connections'>): void {
  new Gauge({
    name: 'annex_source_connections',
    help: 'Connections of sources that this process holds',
    registers: [registry],
    collect() {
      this.set(sourceWork.connections);
    },
  });
}

/** What was found out once, at start: see docs/sandbox.md. */
function addIsolationMetrics(registry: Registry, tier: SandboxTier): void {
  const layers = new Gauge({
    name: 'annex_executor_isolation',
    help: 'Layers of confinement around executors: 1 where it is reached',
    labelNames: ['layer'],
    registers: [registry],
  });
  for (const [layer, isOn] of Object.entries(layersOf(tier))) layers.set({ layer }, isOn ? 1 : 0);
  const reached = new Gauge({
    name: 'annex_executor_isolation_tier',
    help: 'Tier of confinement of executors, 0 to 3',
    registers: [registry],
  });
  reached.set(Number(tier.tier.slice(1)));
}

function addSandboxMetrics(registry: Registry, sandbox: Sandbox): void {
  // Anybody may read these numbers, so they name no tenant. Nor an executor: they come and go, and each would be a
  // series for ever.
  const labels = ['state'] as const;
  const sumBy = (gauge: Gauge<'state'>, amount: (executor: SandboxStats['executors'][number]) => number): void => {
    const sums = { blank: 0, serving: 0 };
    for (const each of sandbox.stats().executors) sums[each.tenantId === null ? 'blank' : 'serving'] += amount(each);
    for (const [state, sum] of Object.entries(sums)) gauge.set({ state }, sum);
  };
  new Gauge({
    name: 'annex_executors',
    help: 'Executors, which are blank or serve a tenant',
    labelNames: labels,
    registers: [registry],
    collect() {
      sumBy(this, () => 1);
    },
  });
  new Gauge({
    name: 'annex_executor_rss_bytes',
    help: 'Resident memory of executors',
    labelNames: labels,
    registers: [registry],
    collect() {
      sumBy(this, ({ rssBytes }) => rssBytes);
    },
  });
  new Gauge({
    name: 'annex_executor_isolates',
    help: 'Warm isolates of executors',
    labelNames: labels,
    registers: [registry],
    collect() {
      sumBy(this, ({ isolates }) => isolates);
    },
  });
  new Gauge({
    name: 'annex_runs_waiting',
    help: 'Runs that wait for an executor',
    registers: [registry],
    collect() {
      this.set(sandbox.stats().waiting);
    },
  });
  new Counter({
    name: 'annex_executor_starts_total',
    help: 'Executors started',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sandbox.stats().starts);
    },
  });
  new Counter({
    name: 'annex_executor_kills_total',
    help: 'Executors killed, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(sandbox.stats().kills)) this.inc({ reason }, count);
    },
  });
}
