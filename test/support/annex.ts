/**
 * A whole Annex inside the test: platform, worker and API on a free port, over a database of the suite's own. Real
 * executors, no mocks.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '@annex-app/api';
import { startWorker } from '@annex-app/worker';
import { systemCaller, systemPrincipal, type Caller } from '@annex/access';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { apiOptions } from '../../apps/annex/src/api-options.js';
import { readSettings } from '../../apps/annex/src/config.js';
import { createPlatform, type Platform } from '../../apps/annex/src/platform.js';
import { checkAnswers } from './answer-check.js';
import { packPlugin, type PluginFiles } from './pack-plugin.js';
import { openTestDatabase, type TestDatabase } from './test-database.js';

export { packPlugin, type PluginFiles };

export interface TestAnnex {
  url: string;
  platform: Platform;
  db: TestDatabase;
  /** An operator's client: acts in every tenant. */
  operator: Client;
  /** Makes a tenant of the test's own, with an owner. */
  makeTenant(): Promise<TestTenant>;
  /**
   * Another API over the same database, with executors, caches and connections of its own, as a second process has.
   * Stopped with the rest.
   */
  startSecondApi(): Promise<{ url: string; platform: Platform }>;
  /** Everything the programs logged so far, down to `trace`. */
  log(): string;
  stop(): Promise<void>;
}

export interface TestTenant {
  id: string;
  slug: string;
  /** The owner's client. */
  owner: Client;
  /** A client with a role of its own. */
  as(role: string): Promise<Client>;
  /** Packs, uploads, grants everything, enables. */
  install(files: PluginFiles, options?: { enable?: boolean; secrets?: Record<string, string> }): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON, or the text. */
  // A test looks at many shapes; each expectation says which it wants.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface Client {
  token: string;
  request(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; raw?: RequestInit['body'] },
  ): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  upload(zip: Uint8Array, fields?: Record<string, string>, path?: string): Promise<Answer>;
}

/** What was there before Annex starts; each has a default of the test's own. */
export interface TestAnnexParts {
  /** Its database; dropped with the rest. */
  db?: TestDatabase;
  masterKey?: Buffer;
}

/**
 * Milliseconds that routes, hooks and webhooks of installed plugins have, unless a plugin or the test says otherwise: a
 * busy machine may need more than the usual five seconds for what is no test of time.
 */
export const patientMs = 15_000;
const patience = JSON.stringify({
  wall_ms: { route: patientMs, event: patientMs, webhook: patientMs, lifecycle: patientMs },
});

/** @param environment settings on top of the test's own, such as `REDIS_URL` */
export async function startTestAnnex(
  environment: Record<string, string> = {},
  { masterKey = randomBytes(32), ...parts }: TestAnnexParts = {},
): Promise<TestAnnex> {
  const db = parts.db ?? (await openTestDatabase());
  const dataDir = mkdtempSync(join(tmpdir(), 'annex-test-'));
  const settings = readSettings({
    PORT: '0',
    LOG_LEVEL: 'trace',
    ANNEX_MIN_INTERVAL_S: '1',
    ANNEX_DATA_DIR: dataDir,
    ANNEX_LIMITS: patience,
    ...environment,
  });
  const lines: string[] = [];
  const logger = pino({ level: settings.logLevel }, { write: (line: string) => void lines.push(line) });
  const secrets = { masterKey, jwtSecret: randomBytes(32).toString('hex') };
  const platform = await createPlatform({ settings, logins: db.logins, logger, ...secrets });
  const others: (() => Promise<void>)[] = [];
  const worker = await startWorker(platform);
  const drift: (() => string[])[] = [];
  const extend = (server: FastifyInstance): void => void drift.push(checkAnswers(server));
  const api = await startApi(platform, { ...apiOptions(settings), extend });
  const operatorLogin = { email: `op-${randomBytes(4).toString('hex')}@test.test`, password: 'operator-password' };
  await platform.access.operators.ensure(operatorLogin);
  const { access_token: operatorToken } = await platform.access.login({ ...operatorLogin, address: 'test' });

  return {
    url: api.url,
    platform,
    db,
    operator: makeClient(api.url, operatorToken),
    makeTenant: () => makeTenant(platform, api.url, 'ANNEX_LIMITS' in environment),
    async startSecondApi() {
      const second = await createPlatform({ settings, logins: db.logins, logger, ...secrets });
      const { url, stop } = await startApi(second, { ...apiOptions(settings), extend });
      others.push(async () => {
        await stop();
        await second.stop();
      });
      return { url, platform: second };
    },
    log: () => lines.join(''),
    async stop() {
      for (const stop of others.splice(0)) await stop();
      await api.stop();
      await worker.stop();
      await platform.stop();
      await db.close();
      rmSync(dataDir, { recursive: true, force: true });
      const faults = drift.flatMap((found) => found());
      if (faults.length > 0) throw new Error([...new Set(faults)].join('\n'));
    },
  };
}

/** A tenant with an owner. `hasLimits`: the suite set limits, so that its plugins keep those of their manifests. */
async function makeTenant(platform: Platform, url: string, hasLimits: boolean): Promise<TestTenant> {
  const slug = `t-${randomBytes(5).toString('hex')}`;
  const tenant = await platform.access.tenants.create(systemPrincipal, { slug, name: slug }, 'test');
  const system = systemCaller({ id: tenant.id as Caller['tenant']['id'], slug, name: slug });
  const as = async (role: string): Promise<Client> => {
    const login = { email: `${role}-${randomBytes(4).toString('hex')}@${slug}.test`, password: 'a-long-password' };
    await platform.access.users.create(system, { ...login, role: role as Caller['role'] });
    return makeClient(url, (await platform.access.login({ ...login, address: 'test' })).access_token, slug);
  };
  const owner = await as('owner');
  return {
    id: tenant.id,
    slug,
    owner,
    as,
    async install(files, { enable = true, secrets = {} } = {}) {
      const name = String(files.manifest?.['slug'] ?? 'probe');
      const limits = hasLimits ? {} : { limits: { timeout_ms: patientMs } };
      const zip = packPlugin({ ...files, manifest: { ...limits, ...files.manifest } });
      let uploaded = await owner.upload(zip);
      // A busy machine has no sandbox free in time, and says to come again.
      for (let tries = 1; uploaded.status === 503 && tries < 5; tries += 1) {
        await new Promise((done) => setTimeout(done, Number(uploaded.headers.get('retry-after') ?? 1) * 1000));
        uploaded = await owner.upload(zip);
      }
      if (uploaded.status >= 300) return uploaded;
      for (const [secret, value] of Object.entries(secrets))
        await owner.put(`/api/plugins/${name}/secrets/${secret}`, { value });
      return enable ? owner.post(`/api/plugins/${name}/enable`, { grant: 'all' }) : uploaded;
    },
  };
}

/** A client with a bearer token; `tenant` goes into `X-Tenant-Slug`. */
export function makeClient(url: string, token: string, tenant?: string): Client {
  const request: Client['request'] = async (method, path, { body, headers = {}, raw } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(tenant && { 'x-tenant-slug': tenant }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const text = await response.text();
    let parsed: unknown = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Not every answer is JSON.
    }
    return { status: response.status, headers: response.headers, body: parsed };
  };
  return {
    token,
    request,
    get: (path, headers) => request('GET', path, { headers }),
    post: (path, body, headers) => request('POST', path, { body, headers }),
    put: (path, body) => request('PUT', path, { body }),
    patch: (path, body) => request('PATCH', path, { body }),
    delete: (path) => request('DELETE', path),
    upload(zip, fields = {}, path = '/api/plugins/upload') {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([new Uint8Array(zip)]), 'plugin.zip');
      return request('POST', path, { raw: form });
    },
  };
}

/** Asks again until the answer is wanted; the test's own timeout is the limit. */
export async function until<T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
}
