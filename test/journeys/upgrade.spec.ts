/**
 * An upgrade from the first release, over its own rows: nothing is lost, counts are right, and the application works on
 * what it finds. As an operator has it: the owner of the database is no superuser and makes no logins.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDatabase, withLogin } from '@annex/database';
import { idFromUuid } from '@annex/kernel';
import { verifyAuditChain } from '@annex/audit';
import { migrateQueue } from '@annex/queue';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, until, type Client as Caller, type TestAnnex } from '../support/annex.js';
import {
  firstRelease,
  loadFirstRelease,
  migrateToFirstRelease,
  writeFirstReleaseObjects,
} from '../support/first-release.js';
import {
  createTestDatabase,
  onCluster,
  openDatabaseAt,
  testLoginsAt,
  type TestDatabase,
} from '../support/test-database.js';

/** The rows of every table as text, by table. */
type Contents = Record<string, Record<string, string | null>[]>;

/** Reads tables, and of each only the named columns; default: all there is. */
async function readContents(url: string, only?: Contents): Promise<Contents> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: columns } = await client.query<{ t: string; a: string }>(
      `select relname as t, attname as a from pg_class r
       join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
       where r.relnamespace = 'public'::regnamespace and r.relkind = 'r' and relname <> 'migrations'
       order by 1, attnum`,
    );
    const contents: Contents = {};
    for (const [table, of] of Map.groupBy(columns, ({ t }) => t)) {
      const before = only?.[table];
      if (only && !before) continue;
      const names = of.map(({ a }) => a).filter((name) => !before?.[0] || name in before[0]);
      const { rows } = await client.query<Record<string, string | null>>(
        `select ${names.map((name) => `"${name}"::text`).join(', ')} from "${table}"`,
      );
      contents[table] = rows.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    }
    return contents;
  } finally {
    await client.end();
  }
}

/**
 * Counts each tenant's rows and bytes anew, as migrations/…-quotas.sql says they count; without those that keep
 * nothing.
 */
const recountSql = `
  select tenant_id, kind, n::int, bytes::int from (
  select tenant_id, 'kv' as kind, count(*) as n, sum(octet_length(key) + octet_length(value::text)) as bytes from kv
  group by 1
  union all select tenant_id, 'events', count(*),
    sum(octet_length(id) + octet_length(type) + octet_length(coalesce(data::text, ''))) from events group by 1
  union all select tenant_id, 'idempotency', count(*),
    sum(octet_length(key) + octet_length(fingerprint) + octet_length(coalesce(body, ''))) from idempotency_keys
  group by 1
  union all select tenant_id, 'packages', count(*), sum(octet_length(bytes)) from blobs group by 1
  union all select tenant_id, 'logs', count(*), sum(octet_length(message) + octet_length(coalesce(fields::text, '')))
  from run_logs group by 1
  union all select tenant_id, 'plugins', count(*), 0 from installations group by 1
  union all select tenant_id, 'users', count(*), 0 from users group by 1
  union all select tenant_id, 'secrets', count(*), 0 from secrets group by 1
  ) counted order by 1, 2`;
const countedSql = `select tenant_id, kind, sum(n)::int as n, sum(bytes)::int as bytes from quota_use group by 1, 2
  having sum(n) <> 0 or sum(bytes) <> 0 order by 1, 2`;

const owner = `upgrade_${randomBytes(4).toString('hex')}`;
const acmeUuid = '01a22990-60a0-74d4-85aa-e52ad7502d1a';
const folder = mkdtempSync(join(tmpdir(), 'annex-upgrade-'));
let url: string;
let firstSteps: string[];
let steps: string[];
let before: Contents;
let after: Contents;
let db: TestDatabase;
let annex: TestAnnex | undefined;

beforeAll(async () => {
  await onCluster(`create role ${owner} login password 'owner'`);
  await onCluster(`grant annex_platform to ${owner} with inherit true`);
  url = await createTestDatabase(`owner ${owner}`);
  const ownerUrl = withLogin(url, owner, 'owner');
  firstSteps = await migrateToFirstRelease(ownerUrl);
  await loadFirstRelease(url);
  before = await readContents(url);
  const prepared = await prepareDatabase({ url: ownerUrl, logins: testLoginsAt(url), prepareQueue: migrateQueue });
  steps = prepared.steps;
  after = await readContents(url, before);
  db = await openDatabaseAt(url);
});
afterAll(async () => {
  await (annex ? annex.stop() : db?.close());
  await onCluster(`drop role ${owner}`);
  rmSync(folder, { recursive: true, force: true });
});

describe('an upgrade from the first release', () => {
  it('begins with rows in every table of it', () => {
    expect(firstSteps.at(-1)).toBe('deliveries1763800500000');
    const empty = Object.entries(before).filter(([, rows]) => rows.length === 0);
    expect(empty).toEqual([]);
    expect(new Set(before['runs']?.map(({ status }) => status))).toEqual(
      new Set(['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped']),
    );
  });

  it('runs the steps since, each once', async () => {
    expect(steps[0]).toBe('sessions1764300000000');
    expect(steps.length).toBeGreaterThan(5);
    const again = await prepareDatabase({ url: withLogin(url, owner, 'owner'), logins: testLoginsAt(url) });
    expect(again.steps).toEqual([]);
  });

  it('loses and changes no value of any row', () => {
    expect(Object.keys(after)).toEqual(Object.keys(before));
    for (const table of Object.keys(before)) expect(after[table], table).toEqual(before[table]);
  });

  it('gives what was there before the values that new columns mean', async () => {
    expect(await db.sql('select options from hook_sources')).toEqual([{ options: {} }]);
    expect(await db.sql('select slug, name from uninstalled')).toEqual([{ slug: '', name: '' }]);
    expect(await db.sql('select distinct discarded_at from runs')).toEqual([{ discarded_at: null }]);
    // One that was being erased goes on being so.
    const tenants = await db.sql(
      `select slug, quotas, deleted_at = erasing_since as deleted, erase_after = erasing_since as due from tenants
       order by slug`,
    );
    const lives = { quotas: {}, deleted: null, due: null };
    expect(tenants).toEqual([
      { slug: 'acme', ...lives },
      { slug: 'globex', ...lives },
      { slug: 'going', quotas: {}, deleted: true, due: true },
      { slug: 'hooli', ...lives },
      { slug: 'initech', ...lives },
    ]);
  });

  it('counts what is there, so that quotas are right from the first moment', async () => {
    const counted = await db.sql(countedSql);
    expect(counted.length).toBeGreaterThan(8);
    expect(counted).toEqual(await db.sql(recountSql));
  });

  it('keeps the chain of audit rows whole', async () => {
    const broken = await db.database
      .forTenant(idFromUuid('tenant', acmeUuid))
      .transaction((tx) => verifyAuditChain(tx));
    expect(broken).toBeNull();
    expect(before['audit']?.length).toBeGreaterThan(40);
  });
});

describe('the application after an upgrade from the first release', () => {
  let at: string;
  let acme: Caller;
  let globex: Caller;
  const runId = (last: number): string => idFromUuid('run', `01a22990-0000-7000-8000-00000000000${last}`);
  const ended = (run: string) =>
    until(
      () => acme.get(`/api/runs/${run}`),
      ({ body }) => !['queued', 'running', 'retrying'].includes(body.status),
    );

  beforeAll(async () => {
    writeFirstReleaseObjects(folder);
    annex = await startTestAnnex(
      { FILES_URL: `file://${folder}`, ANNEX_MIN_INTERVAL_S: '60' },
      { db: db, masterKey: firstRelease.masterKey },
    );
    at = annex.url;
    acme = makeClient(at, firstRelease.tokens.acme, 'acme');
    globex = makeClient(at, firstRelease.tokens.globex, 'globex');
  });
  it('lets people, operators and tokens in', async () => {
    const { password, operator, tokens } = firstRelease;
    for (const login of [{ email: 'owner@acme.test', password }, { email: 'viewer@acme.test', password }, operator])
      expect((await makeClient(at, '').post('/api/auth/login', login)).status, login.email).toBe(200);
    expect((await acme.get('/api/auth/me')).body).toMatchObject({ user: { email: 'owner@acme.test' } });
    expect((await makeClient(at, tokens.operator, 'acme').get('/api/plugins/')).status).toBe(200);
    expect((await makeClient(at, tokens.globex, 'acme').get('/api/plugins/')).status).toBe(403);
  });

  it('runs its packages as they were built, with their secrets and what they kept', async () => {
    const { body } = await acme.get('/api/plugins/');
    const plugins = body.items.map((one: { slug: string; version: string; status: string }) => [
      one.slug,
      one.version,
      one.status,
    ]);
    expect(plugins.sort()).toEqual([
      ['asleep', '1.0.0', 'disabled'],
      ['faulty', '0.1.0', 'enabled'],
      ['shop', '1.1.0', 'enabled'],
    ]);
    expect((await globex.get('/ext/mini/key')).body).toEqual({ key: 'of globex', orders: 1 });
    expect((await acme.post('/ext/shop/all', {})).body).toEqual({ key: 'second-value' });
    expect((await acme.post('/api/filters/price.quote', { value: { gross: 3 } })).body).toMatchObject({
      value: { gross: 3, net: 1 },
    });
    expect((await acme.post('/api/plugins/shop/rollback', { version: '1.0.0' })).body).toMatchObject({
      version: '1.0.0',
    });
    expect((await acme.post('/ext/shop/all', {})).body).toEqual({ key: 'second-value' });
  });

  it('takes up the runs that were under way', async () => {
    // Due; handed to a queue that forgot it; parked behind that one; held by a worker that is gone.
    expect((await ended(runId(1))).body).toMatchObject({ status: 'succeeded', result: { tidied: true } });
    expect((await ended(runId(2))).body).toMatchObject({ status: 'succeeded', result: 'hour' });
    expect((await ended(runId(3))).body).toMatchObject({ status: 'succeeded', result: 'hour' });
    const [held] = await db.sql<{ id: string }>(`select id from runs where name = 'sleep.now'`);
    expect((await ended(idFromUuid('run', held?.id ?? ''))).body).toMatchObject({
      status: 'succeeded',
      attempts: [{ number: 1 }, { number: 2 }],
    });
    // Parked until its plugin is on.
    expect((await acme.get(`/api/runs/${runId(4)}`)).body).toMatchObject({ status: 'queued' });
    expect((await acme.post('/api/plugins/asleep/enable', { grant: 'all' })).status).toBe(200);
    expect((await ended(runId(4))).body).toMatchObject({ status: 'succeeded' });
    expect((await acme.get(`/api/runs/${runId(5)}`)).body).toMatchObject({
      status: 'skipped',
      error: { code: 'PLUGIN_DISABLED' },
    });
  });

  it('shows, takes and replays events', async () => {
    const { body } = await acme.get('/api/events?limit=100');
    const shipped = body.items.find(({ type }: { type: string }) => type === 'order.shipped');
    expect((await acme.get(`/api/events/${shipped.id}`)).body.data).toEqual({ number: 9, text: 'nul \u0000 kept' });
    expect((await globex.post('/api/events', { type: 'order.paid', id: 'order-0', data: { number: 0 } })).status).toBe(
      202,
    );
    expect((await globex.post('/api/events', { type: 'order.paid', data: { number: 1 } })).status).toBe(202);
    await until(
      () => globex.get('/ext/mini/key'),
      (answer) => answer.body.orders === 2,
    );
    const signature = createHmac('sha256', firstRelease.hookSecret).update('{}').digest('hex');
    const received = await makeClient(at, '').request('POST', '/hooks/acme/github', {
      raw: '{}',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    });
    expect(received.status).toBe(202);
  });

  it('has files, rows, mail, webhooks and settings as they were', async () => {
    expect((await acme.get('/api/files/docs/readme.txt')).body).toBe('a file of the first release');
    expect((await globex.get('/api/files/docs/readme.txt')).body).toBe('a file of globex');
    expect((await acme.get('/api/data/customers')).body.items).toMatchObject([{ name: 'Ada', age: 36, tags: ['x'] }]);
    expect((await globex.get('/api/data/customers?filter={"name":"Bob"}')).body.items).toMatchObject([{ name: 'Bob' }]);
    expect((await acme.get('/api/plugins/shop/config')).body).toMatchObject({ channel: '#first' });
    expect((await acme.get('/api/webhooks')).body.items.map(({ name }: { name: string }) => name).sort()).toEqual([
      'own',
      'shipped',
    ]);
    const { body: deliveries } = await acme.get('/api/webhooks/deliveries?limit=100');
    expect(deliveries.items.length).toBeGreaterThanOrEqual(before['webhook_deliveries']?.length ?? 0);
    expect((await acme.get('/api/plugins/faulty/logs')).status).toBe(200);
    const { body: uses } = await acme.get('/api/usage');
    expect(uses.quotas.users).toMatchObject({ used: 6 });
  });

  it('erases the tenant that was being erased', async () => {
    await until(
      () => db.sql(`select 1 from tenants where slug = 'going'`),
      (rows) => rows.length === 0,
    );
  });

  it('counts on from there', async () => {
    expect((await acme.delete('/api/plugins/faulty')).status).toBeLessThan(300);
    expect((await acme.put('/api/secrets/MORE', { value: 'one more' })).status).toBeLessThan(300);
    expect((await acme.post('/api/users', { email: 'new@acme.test', role: 'member' })).status).toBe(201);
    // What runs meanwhile is counted in the transaction that changes it: one look is enough, in one snapshot.
    const both = await db.sql<{ counted: unknown; recounted: unknown }>(
      `select (select json_agg(c) from (${countedSql}) c) as counted,
         (select json_agg(r) from (${recountSql}) r) as recounted`,
    );
    expect(both[0]?.counted).toEqual(both[0]?.recounted);
  });
});
