/** What operators see of a running Annex from outside: metrics, alert rules, the dashboard, a worker's own port. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { until } from '../support/annex.js';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const promtool = process.env['PROMTOOL'] ?? 'promtool';
const hasPromtool = spawnSync(promtool, ['--version']).status === 0;

let deployment: Deployment;
let api: AnnexProcess;
let worker: AnnexProcess;
/** Of each process, its own port. */
let ports: Record<'api' | 'worker', string>;
const environment = { ANNEX_METRICS_PORT: '0', HOST: '127.0.0.1' };
beforeAll(async () => {
  deployment = await startDeployment();
  api = await deployment.start('api', { environment });
  worker = await deployment.start('worker', { environment });
  ports = { api: await ownPort(api), worker: await ownPort(worker) };
}, 300_000);
afterAll(() => deployment.stop());

/** The log says where. */
async function ownPort({ log }: AnnexProcess): Promise<string> {
  const url = (): string | undefined => /"url":"([^"]+)","msg":"health and metrics"/.exec(log())?.[1];
  return (await until(() => Promise.resolve(url()), Boolean)) ?? '';
}

const metricsOf = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();
/** Names of the series that a text of metrics has. */
const namesIn = (metrics: string): Set<string> =>
  new Set([...metrics.matchAll(/^(\w+)(?:\{.*\})? \S+$/gm)].map(([, name = '']) => name));

describe('a worker', () => {
  it('answers health and metrics on a port of its own, and nothing else', async () => {
    const health = await fetch(`${ports.worker}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${ports.worker}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ status: 'ready' })]);
    expect(namesIn(await metricsOf(ports.worker))).toContain('annex_attempts_total');
    expect((await fetch(`${ports.worker}/api/me`)).status).toBe(404);
  });

  it('says that it is not ready while the database is away', async () => {
    await deployment.crashPostgres();
    expect((await fetch(`${ports.worker}/readyz`)).status).toBe(503);
    expect((await fetch(`${ports.worker}/healthz`)).status).toBe(200);
    await deployment.startPostgres();
    await until(
      async () => (await fetch(`${ports.worker}/readyz`)).status,
      (status) => status === 200,
    );
  }, 120_000);
});

describe('metrics', () => {
  it('are the same on an api’s own port as on its public one', async () => {
    expect(namesIn(await metricsOf(ports.api))).toEqual(namesIn(await metricsOf(api.url)));
  });

  it('hold what alerts and dashboard ask for', async () => {
    await fetch(`${api.url}/api/me`);
    const known = namesIn((await metricsOf(ports.api)) + (await metricsOf(ports.worker)));
    // Nobody has been killed, nor run, yet.
    for (const later of ['annex_executor_kills_total', 'annex_runs_last_minute']) known.add(later);
    const texts = [readFileSync(fileOf('prometheus/annex.rules.yaml'), 'utf8')];
    const { panels } = JSON.parse(readFileSync(fileOf('grafana/annex.json'), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    texts.push(...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
    const asked = texts.flatMap((text) => text.match(/\b(?:annex|process|nodejs)_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('name no tenant, plugin or executor', async () => {
    const labels = [...(await metricsOf(ports.worker)).matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
    expect(labels.filter((label) => /pid|tenant|plugin|slug|path/.test(label))).toEqual([]);
  });

  // Where it is not installed, what is named is looked at above.
  it.runIf(hasPromtool)('are found well by promtool, and so are the rules', async () => {
    const check = (args: string[], input = ''): void => {
      const { status, stdout, stderr } = spawnSync(promtool, args, { input, encoding: 'utf8' });
      expect([status, stdout, stderr], args.join(' ')).toEqual([0, expect.anything(), expect.anything()]);
    };
    check(['check', 'metrics'], await metricsOf(ports.worker));
    check(['check', 'metrics'], await metricsOf(api.url));
    check(['check', 'rules', fileOf('prometheus/annex.rules.yaml')]);
    check(['test', 'rules', fileOf('prometheus/annex.rules.test.yaml')]);
  });
});
