import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { freePort } from './free-port.js';

/** An Alertmanager of the suite's own, that sends all alerts as one group. */
export interface Alertmanager {
  /** Posts alerts as a Prometheus does. */
  tell(alerts: readonly { labels: Record<string, string>; startsAt?: string; endsAt?: string }[]): Promise<void>;
  close(): Promise<void>;
}

/** Whether suites that need one may be left out: only on a person's own machine without one, never in CI. */
export const mayLeaveOutAlertmanager =
  !process.env['CI'] && spawnSync('prometheus-alertmanager', ['--version']).error !== undefined;

/** Starts Debian's `prometheus-alertmanager`, which sends to `url`; throws when it is not installed. */
export async function startAlertmanager({ url, token }: { url: string; token: string }): Promise<Alertmanager> {
  const dir = mkdtempSync(join(tmpdir(), 'annex-alertmanager-'));
  const config = join(dir, 'alertmanager.yml');
  writeFileSync(
    config,
    `route: { receiver: annex, group_by: [], group_wait: 1s, group_interval: 1s, repeat_interval: 2s }
receivers:
  - name: annex
    webhook_configs: [{ url: "${url}", http_config: { authorization: { credentials: "${token}" } } }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus-alertmanager',
    [
      ...[`--config.file=${config}`, `--storage.path=${join(dir, 'data')}`, `--web.listen-address=${address}`],
      // It is alone.
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  if (child.pid !== undefined) void ended.then(killWhenParentEnds(child.pid, 'KILL'));
  await new Promise<void>((started, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`prometheus-alertmanager ended with ${code}`)));
    const ask = (): void =>
      void fetch(`http://${address}/-/ready`).then(
        ({ ok }) => (ok ? started() : setTimeout(ask, 50)),
        () => setTimeout(ask, 50),
      );
    ask();
  });
  return {
    async tell(alerts) {
      const answer = await fetch(`http://${address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!answer.ok) throw new Error(`the Alertmanager answered ${answer.status}: ${await answer.text()}`);
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
