import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { freePort } from './free-port.js';

/** An etcd of the suite's own, on a free port of the loopback address. */
export interface EtcdServer {
  url: string;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** `kill -9`, and a start with what it kept, at the same place. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Whether suites that need etcd may be left out: only on a person's own machine without one, never in CI. */
export const mayLeaveOutEtcd = !process.env['CI'] && spawnSync('etcd', ['--version']).error !== undefined;

/** Starts Debian's `etcd`; throws when it is not installed. */
export async function startEtcd(): Promise<EtcdServer> {
  const dir = mkdtempSync(join(tmpdir(), 'annex-etcd-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const options = [
    ...['--data-dir', dir, '--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ...['--log-level', 'error'],
  ];
  let started = await launch(options, url);
  const end = async (): Promise<void> => {
    started.child.kill('SIGKILL');
    await started.ended;
  };
  return {
    url,
    signal: (signal) => void started.child.kill(signal),
    async restart() {
      await end();
      started = await launch(options, url);
    },
    async close() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves when it answers. */
async function launch(options: readonly string[], url: string): Promise<{ child: ChildProcess; ended: Promise<void> }> {
  const child = spawn('etcd', options, { stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const forget = child.pid === undefined ? () => undefined : killWhenParentEnds(child.pid, 'KILL');
  void ended.then(forget);
  await new Promise<void>((started, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`etcd ended with ${code}`)));
    const ask = (): void =>
      void fetch(`${url}/health`).then(
        ({ ok }) => (ok ? started() : setTimeout(ask, 50)),
        () => setTimeout(ask, 50),
      );
    ask();
  });
  return { child, ended };
}
