import { spawn, spawnSync } from 'node:child_process';
import { chownSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { findOwner } from '../../libs/database/src/embedded/owner.js';
import { freePort } from './free-port.js';

/** A PgBouncer in transaction mode before the PostgreSQL of a URL. */
export interface PgBouncer {
  /** The same login and database through it. */
  url: string;
  close(): Promise<void>;
}

/** Whether suites that need PgBouncer may be left out: only on a person's own machine without one, never in CI. */
export const mayLeaveOutPgBouncer = !process.env['CI'] && spawnSync('pgbouncer', ['--version']).error !== undefined;

/** Starts Debian's `pgbouncer` as docs/operations.md says; throws when it is not installed. */
export async function startPgBouncer(postgresUrl: string): Promise<PgBouncer> {
  const { hostname, port: postgresPort, username, password } = new URL(postgresUrl);
  const dir = mkdtempSync(join(tmpdir(), 'annex-pgbouncer-'));
  const port = await freePort();
  const users = join(dir, 'userlist.txt');
  const file = join(dir, 'pgbouncer.ini');
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(
    file,
    [
      '[databases]',
      `* = host=${hostname} port=${postgresPort}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      `auth_type = scram-sha-256\nauth_file = ${users}`,
      `auth_user = ${username}\nauth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1`,
      // Fewer connections than transactions at once, so that they are shared all the time.
      'pool_mode = transaction\ndefault_pool_size = 3',
    ].join('\n'),
  );
  // It refuses to run as root.
  const owner = await findOwner();
  chmodSync(dir, 0o755);
  if (owner) for (const each of [users, file]) chownSync(each, owner.uid, owner.gid);
  const child = spawn('pgbouncer', [file], { stdio: ['ignore', 'ignore', 'pipe'], uid: owner?.uid, gid: owner?.gid });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const forget = child.pid === undefined ? () => undefined : killWhenParentEnds(child.pid, 'KILL');
  void ended.then(forget);
  let said = '';
  await new Promise<void>((ready, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`pgbouncer ended with ${code}: ${said}`)));
    child.stderr.on('data', (text: Buffer) => {
      if (said.length < 64_000) said += text.toString();
      if (said.includes('process up')) ready();
    });
  });
  const url = new URL(postgresUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    async close() {
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
