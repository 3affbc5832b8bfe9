/** Sources that need no code: changes of a database, and an Alertmanager. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@annex/database';
import { silentLogger } from '@annex/kernel';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayLeaveOutAlertmanager, startAlertmanager } from '../support/alertmanager.js';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let dataDir: string;
let cluster: EmbeddedPostgres;
let origin: Client;
let annex: TestAnnex;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'annex-wal-'));
  chmodSync(dataDir, 0o755);
  cluster = await startEmbeddedPostgres({
    dataDir,
    logger: silentLogger,
    settings: { wal_level: 'logical', fsync: 'off' },
  });
  origin = new Client({ connectionString: cluster.url });
  await origin.connect();
  await origin.query(
    `create table orders (id int primary key, note text, more jsonb); create publication annex for table orders`,
  );
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: new URL(cluster.url).host });
});
afterAll(async () => {
  await annex.stop();
  await origin.end();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const source = (tenant: TestTenant, name: string): Promise<Answer> => tenant.owner.get(`/api/sources/${name}`);
const events = async (tenant: TestTenant, type: string): Promise<Answer['body'][]> =>
  (await tenant.owner.get(`/api/events?type=${type}&limit=100`)).body.items as Answer['body'][];
const state = (tenant: TestTenant, name: string, wanted: string): Promise<Answer> =>
  until(
    () => source(tenant, name),
    ({ body }) => body.state === wanted,
  );

describe('changes of a database', () => {
  const manifest = {
    slug: 'cdc',
    events: ['pg.*'],
    secrets: ['PG_URL'],
    config: { type: 'object', properties: { slot: { type: 'string' } } },
    sources: [
      {
        name: 'pg',
        type: 'postgres',
        with: { url: '${SECRET:PG_URL}', slot: '${CONFIG:slot:-package}' },
        events: ['pg.*'],
      },
    ],
  };
  const code = `import { hook } from '@annex/sdk'; hook('pg.*', (ctx, event) => ctx.kv.incr(event.type))`;

  it('reach the hooks of a package, once each, over a pause, a rewind and another release', async () => {
    const tenant = await annex.makeTenant();
    const url = `${cluster.url}?sslmode=disable`;
    await tenant.install({ manifest, code }, { secrets: { PG_URL: url } });
    await state(tenant, 'cdc.pg', 'running');
    await origin.query(`insert into orders values (1, 'a'), (2, 'b'); update orders set note = 'c' where id = 1`);
    await until(
      () => source(tenant, 'cdc.pg'),
      ({ body }) => body.counts.events === 3,
    );
    expect((await tenant.owner.post('/api/sources/cdc.pg/pause')).body.state).toBe('paused');
    await origin.query('insert into orders values (3)');
    await until(
      () => source(tenant, 'cdc.pg'),
      ({ body }) => body.owner === null,
    );
    expect(await events(tenant, 'pg.insert')).toHaveLength(2);
    await tenant.owner.post('/api/sources/cdc.pg/resume');
    await until(
      () => source(tenant, 'cdc.pg'),
      ({ body }) => body.counts.events === 4,
    );
    await tenant.install({ manifest: { ...manifest, version: '2.0.0' }, code });
    await origin.query('delete from orders where id = 3');
    const { body } = await until(
      () => source(tenant, 'cdc.pg'),
      (answer) => answer.body.counts.events === 5,
    );
    expect(body).toMatchObject({ last_error: null, with: { url: '${SECRET:PG_URL}' } });
    const inserted = await events(tenant, 'pg.insert');
    expect(inserted.map(({ data }) => data.new.id).toSorted()).toEqual([1, 2, 3]);
    await until(
      () => tenant.owner.get('/api/plugins/cdc/kv/pg.insert'),
      // At least once: a handler that the upgrade cut off is called again.
      (answer) => answer.body.value >= 3,
    );
  });

  it('wait for a plugin that is starting, and that counts as no break', async () => {
    const tenant = await annex.makeTenant();
    const starting = `import { hook, onInit } from '@annex/sdk'
      onInit((ctx, { attempt }) => { if (attempt === 1) throw new Error('not yet') })
      hook('pg.*', () => {})`;
    const config = { type: 'object', properties: { slot: { type: 'string', default: 'starting' } } };
    const installed = await tenant.install(
      { manifest: { ...manifest, config }, code: starting },
      { secrets: { PG_URL: `${cluster.url}?sslmode=disable` } },
    );
    expect(installed.body.status).toBe('starting');
    expect((await source(tenant, 'cdc.pg')).body).toMatchObject({
      state: 'paused',
      reason: 'The plugin cdc is starting.',
    });
    expect((await state(tenant, 'cdc.pg', 'running')).body.restarts).toBe(0);
    const metrics = await annex.operator.get('/metrics');
    expect(metrics.body).toMatch(/annex_source_connections [1-9]/);
  });

  it('of a tenant’s own source: what is wrong is told at once, or shown with the secret hidden', async () => {
    const tenant = await annex.makeTenant();
    const put = (body: object): Promise<Answer> => tenant.owner.put('/api/sources/own', body);
    const plain = await put({ type: 'postgres', with: { url: 'postgres://u:p@h/d' }, events: ['pg.*'] });
    expect(plain).toMatchObject({ status: 422, body: { code: 'SOURCE_INVALID', errors: [{ pointer: '/with/url' }] } });
    expect((await put({ type: 'poll', events: ['a.b'] })).status).toBe(422);
    const made = { type: 'postgres', with: { url: '${SECRET:PG_URL}', slot: 'own' }, events: ['pg.*'] };
    expect((await put(made)).status).toBe(201);
    expect((await state(tenant, 'own', 'backoff')).body.last_error.message).toContain('Set the secret');
    await tenant.owner.put('/api/secrets/PG_URL', { value: 'postgres://u:hidden-password@10.1.2.3/d' });
    await tenant.owner.post('/api/sources/own/restart');
    const refused = await until(
      () => source(tenant, 'own'),
      ({ body }) => body.last_error !== null && !body.last_error.message.includes('Set the secret'),
    );
    expect(refused.body.last_error.message).toContain('not public');
    expect(JSON.stringify(refused.body)).not.toContain('hidden-password');
    const checked = await tenant.owner.post('/api/sources/own/test');
    expect(checked.body).toMatchObject({ ok: false, error: { code: 'SOURCE_BROKE' }, events: [] });
    expect(JSON.stringify(checked.body)).not.toContain('hidden-password');
    await tenant.owner.put('/api/secrets/PG_URL', { value: `${cluster.url}?sslmode=disable` });
    expect((await put(made)).status).toBe(200);
    await state(tenant, 'own', 'running');
    expect((await tenant.owner.post('/api/sources/own/test')).body).toMatchObject({ ok: true, error: null });
    await origin.query('insert into orders values (50)');
    await until(
      () => events(tenant, 'pg.insert'),
      (given) => given.some(({ data }) => data.new.id === 50),
    );
    expect((await tenant.owner.put('/api/sources/cdc.pg', made)).body.code).toBe('SOURCE_OF_PACKAGE');
    expect((await tenant.owner.delete('/api/sources/own')).status).toBe(204);
    expect((await source(tenant, 'own')).status).toBe(404);
    const actions = (await tenant.owner.get('/api/audit')).body.items.map(({ action }: Answer['body']) => action);
    expect(actions).toEqual(expect.arrayContaining(['source.set', 'source.restarted', 'source.deleted']));
  });
});

describe('a row that no event holds', () => {
  it('becomes a rejected event, and what follows it comes', async () => {
    const tenant = await annex.makeTenant();
    await tenant.owner.put('/api/secrets/PG_URL', { value: `${cluster.url}?sslmode=disable` });
    const made = { type: 'postgres', with: { url: '${SECRET:PG_URL}', slot: 'deep' }, events: ['pg.*'] };
    expect((await tenant.owner.put('/api/sources/deep', made)).status).toBe(201);
    await state(tenant, 'deep', 'running');
    const levels = 4000;
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    await origin.query('insert into orders values (900, null, $1), (901, null, null)', [deep]);
    const { body } = await until(
      () => source(tenant, 'deep'),
      (answer) => answer.body.counts.events === 1,
    );
    expect(body).toMatchObject({ counts: { rejected: 1 }, restarts: 0, last_error: null });
    const rejected = (await tenant.owner.get('/api/events?status=rejected')).body.items as Answer['body'][];
    expect(rejected).toMatchObject([{ type: 'pg.insert', data: null }]);
    expect(JSON.stringify(rejected)).toContain('nested more than 100 levels deep');
    await tenant.owner.delete('/api/sources/deep');
  });
});

describe('a package whose source is told what its connection does not know', () => {
  it('is refused at upload, with the places', async () => {
    const tenant = await annex.makeTenant();
    const sources = [
      { name: 'a', type: 'postgres', with: { url: 'postgres://u:p@h/d', slots: 'x' }, events: ['pg.*'] },
      { name: 'b', type: 'mqtt', with: { url: 'mqtt://h', topics: [], will: { topic: '#' } }, events: ['mqtt.*'] },
      { name: 'c', type: 'kubernetes', with: {}, events: ['pod.*'] },
    ];
    const answer = await tenant.owner.upload(
      packPlugin({ manifest: { slug: 'faulty', sources }, code: `import '@annex/sdk'` }),
    );
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }: Answer['body']) => pointer)).toEqual([
      '/sources/0/with/slots',
      '/sources/0/with/url',
      '/sources/1/with/topics',
      '/sources/1/with/will/topic',
      '/sources/2/with/server',
    ]);
  });
});

describe('an Alertmanager', () => {
  const alert = (status: string, startsAt: string): object => ({
    status,
    labels: { alertname: 'HighLatency', severity: 'critical', pod: 'api-1' },
    annotations: { summary: 'slow' },
    startsAt,
    endsAt: status === 'resolved' ? '2026-01-31T11:00:00Z' : '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus/graph',
    fingerprint: '8f2a',
  });
  const notification = (...alerts: object[]): object => ({
    version: '4',
    groupKey: '{}',
    status: 'firing',
    receiver: 'annex',
    externalURL: 'http://alertmanager',
    alerts,
  });
  const send = (tenant: TestTenant, name: string, body: object, token = 'secret-token'): Promise<Answer> =>
    annex.operator.request('POST', `/hooks/${tenant.slug}/${name}`, {
      raw: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });

  it.each([
    ['of a tenant', 'alerts'],
    ['of a package', 'ops.alerts'],
  ])('%s gives one event for each state of each alert', async (_, name) => {
    const tenant = await annex.makeTenant();
    const auth = { token: { secret: 'ALERT_TOKEN', scheme: 'bearer' } };
    if (name === 'alerts') {
      await tenant.owner.put('/api/secrets/ALERT_TOKEN', { value: 'secret-token' });
      const own = { type: 'alertmanager', auth, events: ['alert.*'], require: ['data.labels.pod'] };
      expect((await tenant.owner.put('/api/sources/alerts', own)).body.path).toBe(`/hooks/${tenant.slug}/alerts`);
    } else {
      const sources = [{ name: 'alerts', type: 'alertmanager', auth, events: ['alert.*'] }];
      const manifest = { slug: 'ops', secrets: ['ALERT_TOKEN'], sources };
      await tenant.install({ manifest, code: `import '@annex/sdk'` }, { secrets: { ALERT_TOKEN: 'secret-token' } });
    }
    const began = '2026-01-31T10:00:00Z';
    expect(await send(tenant, name, notification(alert('firing', began)))).toMatchObject({
      status: 202,
      body: { events: 1 },
    });
    // It repeats what fires, and tells what is over.
    expect(await send(tenant, name, notification(alert('firing', began), alert('resolved', began)))).toMatchObject({
      status: 202,
      body: { events: 1, duplicates: 1 },
    });
    const [fired] = await events(tenant, 'alert.firing');
    expect(fired).toMatchObject({
      subject: 'HighLatency',
      severity: 'critical',
      source: `annex:source/${name}`,
      data: { labels: { pod: 'api-1' }, starts_at: began, receiver: 'annex' },
    });
    expect(await events(tenant, 'alert.resolved')).toMatchObject([{ severity: 'info' }]);
    expect((await send(tenant, name, notification(), 'wrong')).body.code).toBe('INVALID_SIGNATURE');
    expect(await send(tenant, name, { alerts: [{ status: 'firing' }] })).toMatchObject({
      status: 400,
      body: { code: 'HOOK_BODY' },
    });
    expect((await source(tenant, name)).body).toMatchObject({
      counts: { events: 2, duplicates: 1, rejected: 0 },
      auth: { kind: 'token', scheme: 'bearer', secret: 'ALERT_TOKEN' },
    });
  });
});

describe.skipIf(mayLeaveOutAlertmanager)('an Alertmanager of Debian', () => {
  it('tells each alert once when it fires and once when it is over, of a group however large', async () => {
    const tenant = await annex.makeTenant();
    await tenant.owner.put('/api/secrets/ALERT_TOKEN', { value: 'secret-token' });
    const auth = { token: { secret: 'ALERT_TOKEN', scheme: 'bearer' } };
    await tenant.owner.put('/api/sources/alerts', { type: 'alertmanager', auth, events: ['alert.*'] });
    await tenant.owner.put('/api/sources/fires', { type: 'alertmanager', auth, events: ['alert.firing'] });
    const counts = async (name: string): Promise<{ events: number; duplicates: number }> =>
      (await source(tenant, name)).body.counts;
    // More than what a plugin may return at once: nobody could tell the rest later.
    const all = Array.from({ length: 510 }, (_, n) => ({
      labels: { alertname: 'PodDown', severity: 'page', pod: `pod-${n}` },
      startsAt: '2026-01-31T10:00:00Z',
    }));
    const managers = await Promise.all(
      ['alerts', 'fires'].map((name) =>
        startAlertmanager({ url: `${annex.url}/hooks/${tenant.slug}/${name}`, token: 'secret-token' }),
      ),
    );
    try {
      await Promise.all(managers.map((manager) => manager.tell(all)));
      await until(
        async () => [(await counts('alerts')).events, (await counts('fires')).events],
        ([one, other]) => one === 510 && other === 510,
      );
      // Some are over, and the others are told again with them.
      const over = all.slice(0, 10).map((alert) => ({ ...alert, endsAt: new Date().toISOString() }));
      await Promise.all(managers.map((manager) => manager.tell(over)));
      await until(
        () => counts('alerts'),
        ({ events: taken, duplicates }) => taken === 520 && duplicates > 0,
      );
      await until(
        () => counts('fires'),
        ({ duplicates }) => duplicates > 0,
      );
    } finally {
      await Promise.all(managers.map((manager) => manager.close()));
    }
    expect((await counts('alerts')).events).toBe(520);
    expect((await counts('fires')).events).toBe(510);
    const [fired] = await events(tenant, 'alert.firing');
    expect(fired).toMatchObject({ subject: 'PodDown', severity: 'critical', data: { receiver: 'annex' } });
    expect(new Set((await events(tenant, 'alert.resolved')).map(({ data }) => data.labels.pod)).size).toBe(10);
  });
});

describe('the list of sources', () => {
  it('shows the webhooks that a tenant receives behind the others, page by page', async () => {
    const tenant = await annex.makeTenant();
    const open = { type: 'alertmanager', auth: 'public', events: ['alert.*'] };
    for (const name of ['a', 'b', 'same']) await tenant.owner.put(`/api/sources/${name}`, open);
    await tenant.owner.put('/api/hooks/github', { preset: 'github', secret: 'hidden-github-secret' });
    await tenant.owner.put('/api/hooks/same', { preset: 'none' });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer = await tenant.owner.get(`/api/sources?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.body.items.map(({ type, name }: Answer['body']) => `${type} ${name}`));
      cursor = page.body.next_cursor;
    }
    const [same, hook] = ['alertmanager same', 'webhook same'];
    expect(seen).toEqual(['alertmanager a', 'alertmanager b', same, 'webhook github', hook]);
    const { body } = await source(tenant, 'github');
    expect(body).toMatchObject({
      type: 'webhook',
      auth: { kind: 'hmac', scheme: 'github', secret: null },
      path: `/hooks/${tenant.slug}/github`,
      counts: null,
    });
    expect(JSON.stringify(body)).not.toContain('hidden-github-secret');
    expect((await source(tenant, 'none')).status).toBe(404);
    expect((await tenant.owner.get('/api/sources?cursor=%2F')).status).toBe(422);
  });
});
