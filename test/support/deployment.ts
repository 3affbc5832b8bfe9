/**
 * Annex as operators run it: programs of its own for api and worker over one PostgreSQL (and Redis, if asked for), all
 * of which a test may kill, freeze and start again. Needs the build (`npm test` makes it).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@annex/kernel';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@annex/database';
import pg from 'pg';
import { killWhenParentEnds } from '../../libs/database/src/embedded/kill-when-parent-ends.js';
import { makeClient, packPlugin, type Client, type PluginFiles } from './annex.js';
import { startRedis, type RedisServer } from './redis-server.js';

const program = fileURLToPath(new URL('../../apps/annex/dist/main.js', import.meta.url));
const operator = { email: 'operator@example.com', password: 'operator-password' };
/** Crash-safe for a crash of the server; what only a crash of the machine could lose is not waited for. */
const postgresSettings = { fsync: 'off', max_connections: '200' };

export interface AnnexProcess {
  role: 'api' | 'worker';
  pid: number;
  /** Where it listens; empty for a worker. */
  url: string;
  /** What it wrote so far. */
  log(): string;
  /** Process ids of its executors. */
  executors(): number[];
  signal(signal: NodeJS.Signals): void;
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** To what was loaded beside the program; without `preload` nobody listens. */
  tell(message: object): void;
}

export interface StartOptions {
  environment?: Record<string, string>;
  /** A module that is loaded into the process before the program, with a channel to the test. */
  preload?: string;
  /** What that has to tell. */
  onMessage?: (message: unknown) => void;
}

export interface Deployment {
  /** Where PostgreSQL and Redis listen, the same all along. */
  databaseUrl: string;
  redisUrl: string | undefined;
  /** Where the cluster of PostgreSQL lies. */
  dataDir: string;
  /** Rejects when the process ends before it is ready. */
  start(role: 'api' | 'worker', options?: StartOptions): Promise<AnnexProcess>;
  /** SQL as the database's owner, past row-level security; tries again while PostgreSQL is away. */
  sql<Row = Record<string, unknown>>(text: string, parameters?: unknown[]): Promise<Row[]>;
  /** Immediate shutdown, as a crash; and a start on the same files and port. */
  crashPostgres(): Promise<void>;
  startPostgres(): Promise<void>;
  restartPostgres(): Promise<void>;
  /** To the server and all of its sessions. */
  signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Of Redis: forget everything; end at once and start empty on the same port. */
  flushRedis(): Promise<void>;
  killRedis(): Promise<void>;
  startRedis(): Promise<void>;
  restartRedis(): Promise<void>;
  /** An operator's client of an api, in a tenant of its own. `slug`: default one that nobody else has. */
  makeTenant(api: AnnexProcess, slug?: string): Promise<{ slug: string; client(api: AnnexProcess): Client }>;
  stop(): Promise<void>;
}

/** Packs, uploads, grants everything, enables; throws unless that worked. */
export async function install(client: Client, files: PluginFiles): Promise<void> {
  const answer = await client.upload(packPlugin(files), { enable: 'true', grant: 'all' });
  if (answer.status !== 201) throw new Error(`not installed: ${JSON.stringify(answer.body)}`);
}

export interface DeploymentOptions {
  redis?: boolean;
  /** Further settings of PostgreSQL. */
  postgres?: Record<string, string>;
  /** Folder in which PostgreSQL's files are made. Default: the system's temporary one. */
  under?: string;
}

export async function startDeployment({
  redis: withRedis = false,
  postgres: further = {},
  under = tmpdir(),
}: DeploymentOptions = {}): Promise<Deployment> {
  const dataDir = mkdtempSync(join(under, 'annex-deployment-'));
  chmodSync(dataDir, 0o755);
  const settings = { ...postgresSettings, ...further };
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger, settings });
  const databaseUrl = postgres.url;
  let redis: RedisServer | undefined = withRedis ? await startRedis() : undefined;
  const redisUrl = redis?.url;
  const processes = new Set<AnnexProcess>();
  const shared = productionSettings(databaseUrl, redisUrl);
  const sql = patientSql(databaseUrl);
  const crashPostgres = async (): Promise<void> => {
    process.kill(postgres.pid, 'SIGQUIT');
    await postgres.ended;
  };
  const startPostgres = async (): Promise<void> => {
    postgres = await startEmbeddedPostgres({
      dataDir,
      logger: silentLogger,
      settings,
      port: Number(new URL(databaseUrl).port),
    });
  };
  const killRedis = async (): Promise<void> => void (await redis?.kill());
  const startRedisAgain = async (): Promise<void> => {
    redis = await startRedis(Number(new URL(redisUrl ?? '').port));
  };
  return {
    sql,
    databaseUrl,
    redisUrl,
    dataDir,
    async start(role, { environment = {}, preload, onMessage } = {}) {
      const { started, ready } = launch(role, { ...shared, ANNEX_ROLE: role, ...environment }, preload, onMessage);
      // Before it is ready, so that a start that never ends is ended with the rest.
      processes.add(started);
      void started.ended.then(() => processes.delete(started));
      started.url = await ready;
      return started;
    },
    crashPostgres,
    startPostgres,
    restartPostgres: () => crashPostgres().then(startPostgres),
    signalPostgres: (signal) => signalAll(postgres.pid, signal),
    async flushRedis() {
      const { Redis } = await import('ioredis');
      const client = new Redis(redisUrl ?? '');
      await client.flushall();
      client.disconnect();
    },
    killRedis,
    startRedis: startRedisAgain,
    async restartRedis() {
      await killRedis();
      await startRedisAgain();
    },
    makeTenant: makeOwnTenant,
    async stop() {
      const last = [...processes];
      for (const one of last) one.signal('SIGKILL');
      await Promise.all(last.map((one) => one.ended));
      await redis?.close();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A tenant, and clients of the operator in it. */
const makeOwnTenant: Deployment['makeTenant'] = async (api, slug = `t-${randomBytes(5).toString('hex')}`) => {
  const login = await makeClient(api.url, '').post('/api/auth/login', operator);
  const token = String(login.body.access_token);
  const made = await makeClient(api.url, token).post('/api/tenants', { slug, name: slug });
  if (made.status !== 201) throw new Error(`no tenant: ${JSON.stringify(made.body)}`);
  return { slug, client: ({ url }) => makeClient(url, token, slug) };
};

/** Asks again while the server is away. */
function patientSql(databaseUrl: string): Deployment['sql'] {
  return async <Row>(text: string, parameters: unknown[] = []) => {
    for (;;) {
      const client = new pg.Client({ connectionString: databaseUrl });
      // A server that ends while the client is idle says so here.
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query(text, parameters)).rows as Row[];
      } catch (thrown) {
        const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
        if (!/^(57P|08|ECONN)/.test(code) && !/terminated/.test(String(thrown))) throw thrown;
        await new Promise((done) => setTimeout(done, 100));
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  };
}

/** What every process of a deployment is given. */
function productionSettings(databaseUrl: string, redisUrl: string | undefined): Record<string, string> {
  return {
    NODE_ENV: 'production',
    // As in vitest.config.ts; programs are given no other environment than this.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    DATABASE_URL: databaseUrl,
    ...(redisUrl && { REDIS_URL: redisUrl }),
    HOST: '127.0.0.1',
    PORT: '0',
    ANNEX_MASTER_KEY: randomBytes(32).toString('hex'),
    ANNEX_JWT_SECRET: randomBytes(32).toString('hex'),
    ANNEX_ADMIN_EMAIL: operator.email,
    ANNEX_ADMIN_PASSWORD: operator.password,
    ANNEX_MIN_INTERVAL_S: '1',
  };
}

function launch(
  role: 'api' | 'worker',
  environment: Record<string, string>,
  preload?: string,
  onMessage?: (message: unknown) => void,
): { started: AnnexProcess; ready: Promise<string> } {
  const child = spawn(process.execPath, [...(preload === undefined ? [] : ['--import', preload]), program], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'pipe', ...(preload === undefined ? [] : ['ipc' as const])],
  });
  if (onMessage) child.on('message', onMessage);
  let said = '';
  const ready = Promise.withResolvers<string>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const line = said.split('\n').find((one) => one.includes('"msg":"ready"'));
    if (line) ready.resolve((JSON.parse(line) as { url?: string }).url ?? '');
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.once('exit', (code, signal) => done({ code, signal })),
  );
  void ended.then(killWhenParentEnds(pidOf(child), 'KILL'));
  void ended.then(() => ready.reject(new Error(`an ${role} ended before it was ready: ${said.slice(-2000)}`)));
  const started: AnnexProcess = {
    role,
    url: '',
    pid: pidOf(child),
    log: () => said,
    executors: () => descendants(pidOf(child)).filter(isExecutor),
    signal: (signal) => void child.kill(signal),
    ended,
    // A process that is gone, or about to be, hears nothing.
    tell: (message) => void (child.connected && child.send(message, () => undefined)),
  };
  return { started, ready: ready.promise };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the program could not be started');
  return pid;
}

/** Processes below `pid`, from /proc (proc(5): the parent is field 4 of stat). */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** Not the helper that waits for it, whose command line names it too. */
function isExecutor(pid: number): boolean {
  return /^(?:annex-exec|\S*node\S* .*executor\.mjs)/.test(commandOf(pid));
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Kills a process that may have ended by itself. */
export function killQuietly(pid: number): void {
  signalQuietly(pid, 'SIGKILL');
}

/** To a process and all that it started, whichever of them are there. */
export function signalAll(pid: number, signal: NodeJS.Signals): void {
  for (const one of [pid, ...descendants(pid)]) signalQuietly(one, signal);
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Then it is gone already.
  }
}
