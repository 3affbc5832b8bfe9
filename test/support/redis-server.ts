import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { freePort } from './free-port.js';

/** A Redis of the suite's own, on a free port of the loopback address. */
export interface RedisServer {
  url: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Whether suites that need Redis may be left out: only on a person's own machine without one, never in CI. */
export const mayLeaveOutRedis = !process.env['CI'] && spawnSync('redis-server', ['--version']).error !== undefined;

/**
 * Starts Debian's `redis-server`; throws when it is not installed. `port`: default a free one. `further`: more of its
 * command line; `--sentinel` has to be the name of a file, which comes `first`.
 */
export async function startRedis(
  fixedPort?: number,
  { first = [], further = [] }: { first?: string[]; further?: string[] } = {},
): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'annex-redis-'));
  const port = fixedPort ?? (await freePort());
  const child = spawn(
    'redis-server',
    [
      ...first,
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir],
      ...(first.length > 0 ? [] : ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']),
      ...further,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const forget = child.pid === undefined ? () => undefined : killWhenParentEnds(child.pid, 'KILL');
  void ended.then(forget);
  await new Promise<void>((ready, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`redis-server ended with ${code}`)));
    child.stdout.on('data', (text: Buffer) => {
      if (/Ready to accept connections|Sentinel ID is/.test(text.toString())) ready();
    });
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    kill,
    async close() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
