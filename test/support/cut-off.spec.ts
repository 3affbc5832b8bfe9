import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commandOf, descendants } from './deployment.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** Which of these processes are still there; what waits to be reaped is not. */
const alive = (pids: readonly number[]): string[] => pids.map(commandOf).filter((command) => command !== '');

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 50));
}

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a run of the tests that %s ends leaves no server behind',
  async (signal) => {
    const run = spawn(process.execPath, [vitest, 'run', 'libs/queue/src/queue-contract.spec.ts', '-t', 'redis'], {
      cwd: root,
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise<void>((done) => run.once('exit', () => done()));
    const pid = run.pid ?? 0;
    let all: number[] = [];
    // One look for both servers: the next one may find the specs further on, and Redis stopped.
    await until(() => {
      all = descendants(pid);
      return (
        ['bin/postgres', 'redis-server'].every((server) => all.some((one) => commandOf(one).includes(server))) ||
        run.exitCode !== null
      );
    });
    expect(all.map(commandOf).join('\n')).toMatch(/bin\/postgres[^]*redis-server|redis-server[^]*bin\/postgres/);
    process.kill(pid, signal);
    await ended;
    await until(() => alive(all).length === 0);
    expect(alive(all)).toEqual([]);
  },
  120_000,
);
