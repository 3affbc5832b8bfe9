/** An Execution with database, sandbox and a server outside, and short ways to call and attempt. For specs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgress } from '@annex/egress';
import { newId, silentLogger, systemClock, type Id, type Json } from '@annex/kernel';
import { emitEvent, enqueueRun, type AttemptOutcome } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import { createSandbox, type RunOutcome, type Sandbox } from '@annex/sandbox';
import { growingMasker } from '@annex/vault';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openTestDatabase, type TestDatabase } from './test-database.js';
import { writePlugin, type WrittenPlugin } from './written-plugin.js';
import { atDepth } from '../../libs/execution/src/cause.js';
import { Execution, sandboxHostMethods, type AttemptRun, type RouteCall } from '../../libs/execution/src/index.js';

export let db: TestDatabase;
let sandbox: Sandbox;
export let execution: Execution;
export let tenantId: Id<'tenant'>;
export const secrets = new Map<string, string>();

/** Secrets and files of packages are asked of a database that ends the connection. */
export const database = { isAway: false };

async function unlessAway(): Promise<void> {
  if (!database.isAway) return;
  await inTenant(async (tx) => {
    const [self] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await db.sql('select pg_terminate_backend($1, 5000)', [self?.pid]);
    return tx.query('select 1');
  });
}

/** A real server outside the sandbox, which echoes what it was sent. */
const server = createServer((request, response) => {
  if (request.url === '/bytes') return response.end(Buffer.from([0xff, 0xfe, 0x00]));
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ method: request.method, url: request.url, body: Buffer.concat(chunks).toString() })),
  );
});
export let origin: string;
export const write = (plugin: WrittenPlugin) => writePlugin(db, sandbox, tenantId, plugin);
export const inTenant = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);

export async function call(
  slug: string,
  path = '/',
  over: Partial<RouteCall['request']> & { user?: Json; depth?: number; method?: string } = {},
): Promise<{ runId: Id<'run'>; outcome: RunOutcome }> {
  const snapshot = await execution.snapshots.get(tenantId, slug);
  if (!snapshot) throw new Error(`no plugin ${slug}`);
  const { user = null, depth, ...request } = over;
  const found = snapshot.routes.match(request.method ?? 'GET', path);
  if (!found?.route) throw new Error(`no route ${path}`);
  return execution.runRoute({
    snapshot,
    route: found.route,
    request: {
      method: 'GET',
      url: `http://annex.test/ext/${slug}${path}`,
      headers: [],
      params: found.params,
      query: {},
      body: null,
      ...request,
    },
    user,
    ...(depth !== undefined && { cause: atDepth(depth) }),
  });
}

/** What a route answered, its JSON read. */
export async function answer(slug: string, path?: string, over?: Parameters<typeof call>[2]): Promise<Json> {
  const { outcome } = await call(slug, path, over);
  if (outcome.status !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return JSON.parse(outcome.response?.body?.data ?? 'null') as Json;
}

export function attempt(
  installationId: Id<'installation'>,
  over: Partial<AttemptRun> = {},
  signal = new AbortController().signal,
): Promise<AttemptOutcome> {
  return execution.runAttempt(
    {
      id: newId('run'),
      tenantId,
      installationId,
      kind: 'job',
      name: 'work',
      ordinal: 0,
      payload: undefined,
      attempt: 1,
      depth: 0,
      policy: {},
      ...over,
    },
    signal,
  );
}
export const jobs = (...names: string[]) =>
  names.map((name) => ({
    name,
    schedule: null,
    timezone: 'UTC',
    overlap: 'skip' as const,
    catchUp: 'latest' as const,
    misfireDeadlineS: null,
    timeoutMs: null,
    retry: null,
  }));

/** Opens all of it before the tests of a suite, a tenant before each, and closes it after. */
export function openExecution(): void {
  beforeAll(async () => {
    db = await openTestDatabase();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    origin = `127.0.0.1:${port}`;
    sandbox = await createSandbox({ hostMethods: [...sandboxHostMethods] });
    execution = new Execution({
      database: db.database,
      sandbox,
      secrets: {
        readForRun: async (_tenant, _installation, names) => {
          await unlessAway();
          return new Map([...secrets].filter(([name]) => names.includes(name)));
        },
        readForRef: async (_tenant, _installation, names) =>
          new Map(
            [...secrets]
              .filter(([name]) => names.includes(name))
              .map(([name, value]) => [name, { value, allowedHosts: [] }]),
          ),
      },
      createMasker: growingMasker,
      egress: createEgress({ allowPrivate: [origin] }),
      emit: emitEvent,
      startJob: async (tx, { installationId, plugin, job, payload, depth, runId }) => {
        await enqueueRun(tx, {
          id: runId,
          installationId,
          plugin,
          kind: 'job',
          name: job.name,
          ordinal: 0,
          payload,
          policy: {},
          depth,
        });
        return { status: 'queued' };
      },
      // A busy machine is to end no run here but those whose limit is the rule under test.
      ceilings: { wallMs: { route: 60_000, event: 60_000, lifecycle: 60_000 } },
      clock: systemClock,
      logger: silentLogger,
    });
    await execution.start();
  });
  afterAll(async () => {
    await execution?.stop();
    await sandbox?.stop();
    server.close();
    await db?.close();
  });
  beforeEach(async () => {
    tenantId = (await db.makeTenant()).id;
    secrets.clear();
    database.isAway = false;
  });
}
