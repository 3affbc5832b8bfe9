import type { Health } from '@annex-app/api';
import type { Execution } from '@annex/execution';
import { messageOf, type Logger } from '@annex/kernel';
import type { Database } from '@annex/persistence';
import type { Sandbox } from '@annex/sandbox';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface PlatformHealth extends Health {
  /** Not ready from now on: the process is going. */
  close(): void;
}

/** Whether this process can take traffic, and its numbers for Prometheus. */
export function createHealth({ database, sandbox, execution, logger }: { database: Database; sandbox: Sandbox; execution: Execution; logger: Logger }): PlatformHealth {
  let closing = false;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addSandboxMetrics(registry, sandbox);
  new Gauge({
    name: 'annex_recording_rows',
    help: 'Runs and log lines that wait to be written',
    registers: [registry],
    collect() {
      this.set(execution.recording().rows);
    },
  });
  new Gauge({
    name: 'annex_recording_dropped_total',
    help: 'Runs and log lines dropped because the database did not keep up',
    registers: [registry],
    collect() {
      this.set(execution.recording().dropped);
    },
  });
  return {
    close() {
      closing = true;
    },
    async ready() {
      const checks: Record<string, string> = { process: closing ? 'stopping' : 'ok' };
      checks['database'] = await database.ping().then(
        () => 'ok',
        (thrown: unknown) => {
          // Why is for the operator's log: anybody may ask whether this process is ready.
          logger.warn({ reason: messageOf(thrown) }, 'not ready: the database does not answer');
          return 'unavailable';
        },
      );
      return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
    },
    metrics: () => registry.metrics(),
  };
}

function addSandboxMetrics(registry: Registry, sandbox: Sandbox): void {
  // Anybody may read these numbers, so they name no tenant.
  const labels = ['pid', 'state'] as const;
  new Gauge({
    name: 'annex_executor_rss_bytes',
    help: 'Resident memory of each executor, which is blank or serves a tenant',
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const { pid, tenantId, rssBytes } of sandbox.stats().executors) this.set({ pid: String(pid), state: tenantId === null ? 'blank' : 'serving' }, rssBytes);
    },
  });
  new Gauge({
    name: 'annex_executor_isolates',
    help: 'Warm isolates of each executor',
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const { pid, tenantId, isolates } of sandbox.stats().executors) this.set({ pid: String(pid), state: tenantId === null ? 'blank' : 'serving' }, isolates);
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
  new Gauge({
    name: 'annex_executor_starts_total',
    help: 'Executors started',
    registers: [registry],
    collect() {
      this.set(sandbox.stats().starts);
    },
  });
  new Gauge({
    name: 'annex_executor_kills_total',
    help: 'Executors killed, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      for (const [reason, count] of Object.entries(sandbox.stats().kills)) this.set({ reason }, count);
    },
  });
}
