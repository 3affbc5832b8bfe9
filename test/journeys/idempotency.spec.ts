/**
 * Every mutation of the API, sent twice with one Idempotency-Key: done once, answered twice. The table is held against
 * docs/openapi.json.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  packPlugin,
  startTestAnnex,
  until,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { CatalogueFolder, emptyPackage, makePublisher } from '../support/package-catalogue.js';
import { pluginCode } from '../support/plugin-code.js';

interface Request {
  path: string;
  body?: unknown;
  /** Bytes instead of JSON, or a form. */
  raw?: () => RequestInit['body'];
  /** Another request, to be sent with the same key. */
  other?: { path?: string; body?: unknown; raw?: () => RequestInit['body'] };
  by?: Client;
  /** Fields that are shown once. */
  shownOnce?: string[];
}

/** Made anew for each case, so that each finds what it needs and spoils nothing for another. */
interface Stage {
  annex: TestAnnex;
  tenant: TestTenant;
  package: (version: string) => Uint8Array;
}

const form = (bytes: Uint8Array): FormData => {
  const fields = new FormData();
  fields.append('file', new Blob([new Uint8Array(bytes)]), 'plugin.zip');
  return fields;
};

const plugin = {
  manifest: {
    slug: 'work',
    jobs: [
      { name: 'chore', schedule: '@yearly', overlap: 'allow' },
      { name: 'fail', overlap: 'allow', retry: { max_attempts: 1 } },
      { name: 'hang', overlap: 'allow' },
    ],
    events: ['a.b'],
    filters: ['price.quote'],
    sources: [{ name: 'erp', type: 'poll', schedule: '@yearly', events: ['erp.*'] }],
    permissions: ['db.read'],
    secrets: [{ name: 'KEY', required: false }],
    config: { type: 'object', properties: { n: { type: 'number' } } },
  },
  code: pluginCode('idempotent-work'),
};

/** Makes a run and waits for what becomes of it. */
async function runOf({ tenant }: Stage, job: string, status: string): Promise<string> {
  const { body } = await tenant.owner.post(`/api/plugins/work/jobs/${job}/run-now`, {});
  await until(
    () => tenant.owner.get(`/api/runs/${body.run_id}`),
    (answer) => answer.body.status === status,
  );
  return body.run_id as string;
}

async function id(answer: Promise<Answer>): Promise<string> {
  const { body, status } = await answer;
  if (status >= 300) throw new Error(JSON.stringify(body));
  return (body.id ?? body.event_id ?? body.items?.[0]?.id) as string;
}

const noticeRule = { kinds: ['quota'], channel: 'slack', url: 'https://hooks.slack.invalid/services/x' };
const mapping = (to: string): object => ({ api_version: 'v1', mappings: [{ type: 'a', to }] });
async function firingAlert({ tenant: { owner } }: Stage): Promise<string> {
  const rule = { type: 'a', dedupe: { key: 'one' } };
  await owner.put('/api/mappings/alerts', { api_version: 'v1', mappings: [rule] });
  await owner.post('/api/events', { type: 'a' });
  return id(owner.get('/api/alerts'));
}

/** An agent that is asked only after a yes. */
async function anAgent({ tenant }: Stage): Promise<void> {
  const file = `api_version: v1
agent: { protocol: a2a, url: "https://agent.example.com/rpc" }
prompt: hello
approval: required
`;
  await tenant.install({
    manifest: { slug: 'doctor', permissions: ['agents.call'] },
    code: '',
    files: { 'agents/fix.yaml': file },
  });
}

/** The id of a question that waits for a yes. */
async function pendingQuestion(on: Stage): Promise<string> {
  await anAgent(on);
  const { body } = await on.tenant.owner.post('/api/agents/fix/test', {});
  const path = `/api/agents/questions/${body.id as string}`;
  await until(
    () => on.tenant.owner.get(path),
    (answer) => answer.body.approval !== null,
  );
  return body.id as string;
}

const webhook = { name: 'out', url: 'https://hooks.example.com/in', events: ['x.y'] };
const makeTable = ({ tenant }: Stage): Promise<string> => id(tenant.owner.post('/api/data/orders', { n: 1 }));

const cases: Record<string, (stage: Stage) => Promise<Request>> = {
  'DELETE /api/data/{table}': async (on) => (await makeTable(on), { path: '/api/data/orders' }),
  'POST /api/data/{table}': () =>
    Promise.resolve({ path: '/api/data/orders', body: { n: 1 }, other: { body: { n: 2 } } }),
  'DELETE /api/data/{table}/{id}': async (on) => ({ path: `/api/data/orders/${await makeTable(on)}` }),
  'PATCH /api/data/{table}/{id}': async (on) => ({
    path: `/api/data/orders/${await makeTable(on)}`,
    body: { n: 5 },
    other: { body: { n: 6 } },
  }),
  'POST /api/dead-letters/replay': async (on) => (
    await runOf(on, 'fail', 'failed'),
    { path: '/api/dead-letters/replay', body: { plugin: 'work' }, other: { body: { all: true } } }
  ),
  'POST /api/dead-letters/discard': async (on) => (
    await runOf(on, 'fail', 'failed'),
    { path: '/api/dead-letters/discard', body: { plugin: 'work' }, other: { body: { all: true } } }
  ),
  'POST /api/runs/batches': async (on) => (
    await runOf(on, 'fail', 'failed'),
    {
      path: '/api/runs/batches',
      body: { action: 'discard', plugin: 'work' },
      other: { body: { action: 'replay', all: true } },
    }
  ),
  'POST /api/runs/batches/{id}/stop': async ({ tenant }) => ({
    path: `/api/runs/batches/${await id(tenant.owner.post('/api/runs/batches', { action: 'cancel', all: true }))}/stop`,
  }),
  'POST /api/runs/{id}/discard': async (on) => ({ path: `/api/runs/${await runOf(on, 'fail', 'failed')}/discard` }),
  'POST /api/events': () =>
    Promise.resolve({ path: '/api/events', body: { type: 'a.b' }, other: { body: { type: 'a.c' } } }),
  'POST /api/events/{id}/replay': async ({ tenant }) => ({
    path: `/api/events/${await id(tenant.owner.post('/api/events', { type: 'a.b' }))}/replay`,
    body: {},
    other: { body: { data: 1 } },
  }),
  'DELETE /api/files/{path}': async ({ tenant }) => (
    await tenant.owner.request('PUT', '/api/files/a.txt', { raw: 'x' }),
    { path: '/api/files/a.txt' }
  ),
  'PUT /api/files/{path}': () =>
    Promise.resolve({ path: '/api/files/b.txt', raw: () => 'bytes', other: { raw: () => 'bYtes' } }),
  'POST /api/filters/{name}': () =>
    Promise.resolve({ path: '/api/filters/price.quote', body: { value: 1 }, other: { body: { value: 2 } } }),
  'DELETE /api/hooks/{source}': async ({ tenant }) => (
    await tenant.owner.put('/api/hooks/shop', { preset: 'none' }),
    { path: '/api/hooks/shop' }
  ),
  'PUT /api/hooks/{source}': () => Promise.resolve({ path: '/api/hooks/shop', body: { preset: 'none' } }),
  'POST /api/agents/{id}/disable': async (on) => (await anAgent(on), { path: '/api/agents/fix/disable' }),
  'POST /api/agents/{id}/enable': async (on) => (await anAgent(on), { path: '/api/agents/fix/enable' }),
  'POST /api/agents/{id}/test': async (on) => (
    await anAgent(on),
    { path: '/api/agents/fix/test', body: { data: 1 }, other: { body: { data: 2 } } }
  ),
  'POST /api/agents/questions/{id}/approve': async (on) => ({
    path: `/api/agents/questions/${await pendingQuestion(on)}/approve`,
  }),
  'POST /api/agents/questions/{id}/reject': async (on) => ({
    path: `/api/agents/questions/${await pendingQuestion(on)}/reject`,
    body: { reason: 'no' },
    other: { body: { reason: 'never' } },
  }),
  'POST /api/agents/questions/{id}/cancel': async (on) => ({
    path: `/api/agents/questions/${await pendingQuestion(on)}/cancel`,
  }),
  'POST /api/agents/questions/{id}/replay': async (on) => {
    const question = await pendingQuestion(on);
    await on.tenant.owner.post(`/api/agents/questions/${question}/cancel`);
    return { path: `/api/agents/questions/${question}/replay` };
  },
  'POST /api/alerts/{id}/resolve': async (on) => ({ path: `/api/alerts/${await firingAlert(on)}/resolve` }),
  'POST /api/alerts/{id}/silence': async (on) => ({
    path: `/api/alerts/${await firingAlert(on)}/silence`,
    body: { for_s: 60 },
    other: { body: { for_s: 61 } },
  }),
  'POST /api/catalogue/{slug}/install': () =>
    Promise.resolve({ path: '/api/catalogue/listed/install', body: {}, other: { body: { version: '1.0.0' } } }),
  'DELETE /api/mappings/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/mappings/pods', mapping('b')),
    { path: '/api/mappings/pods' }
  ),
  'POST /api/mappings/test': () =>
    Promise.resolve({
      path: '/api/mappings/test',
      body: { events: [{ type: 'a', id: 'one' }] },
      other: { body: { events: [{ type: 'a', id: 'two' }] } },
    }),
  'PUT /api/mappings/{name}': () =>
    Promise.resolve({ path: '/api/mappings/pods', body: mapping('b'), other: { body: mapping('c') } }),
  'DELETE /api/settings/{path}': async ({ tenant }) => (
    await tenant.owner.put('/api/settings/a/b', { value: 1 }),
    { path: '/api/settings/a/b' }
  ),
  'PUT /api/settings/{path}': () =>
    Promise.resolve({ path: '/api/settings/a/b', body: { value: 1 }, other: { body: { value: 2 } } }),
  'DELETE /api/mail/{id}': ({ tenant }) => keptMail(tenant).then((mail) => ({ path: `/api/mail/${mail}` })),
  'POST /api/plugins/test-event': () =>
    Promise.resolve({
      path: '/api/plugins/test-event',
      body: { event_type: 'a.b', event_data: {} },
      other: { body: { event_type: 'a.b', event_data: 1 } },
    }),
  'POST /api/plugins/upload': async (on) => {
    const [bytes, others] = [on.package('2.0.0'), on.package('3.0.0')];
    return { path: '/api/plugins/upload', raw: () => form(bytes), other: { raw: () => form(others) } };
  },
  'POST /api/plugins/validate': async (on) => {
    const bytes = on.package('2.0.0');
    return { path: '/api/plugins/validate', raw: () => form(bytes) };
  },
  'DELETE /api/plugins/{id}': () => Promise.resolve({ path: '/api/plugins/work' }),
  'PATCH /api/plugins/{id}/config': () =>
    Promise.resolve({ path: '/api/plugins/work/config', body: { n: 1 }, other: { body: { n: 2 } } }),
  'PUT /api/plugins/{id}/config': () => Promise.resolve({ path: '/api/plugins/work/config', body: { n: 1 } }),
  'POST /api/plugins/{id}/disable': () => Promise.resolve({ path: '/api/plugins/work/disable' }),
  'POST /api/plugins/{id}/enable': () =>
    Promise.resolve({ path: '/api/plugins/work/enable', body: { grant: 'all' }, other: { body: {} } }),
  'PATCH /api/plugins/{id}/jobs/{name}': () =>
    Promise.resolve({
      path: '/api/plugins/work/jobs/chore',
      body: { paused: true },
      other: { body: { paused: false } },
    }),
  'POST /api/plugins/{id}/jobs/{name}/run-now': () =>
    Promise.resolve({
      path: '/api/plugins/work/jobs/chore/run-now',
      body: { payload: 1 },
      other: { body: { payload: 2 } },
    }),
  'PUT /api/plugins/{id}/permissions': () =>
    Promise.resolve({
      path: '/api/plugins/work/permissions',
      body: { granted: [] },
      other: { body: { granted: ['db.read'] } },
    }),
  'POST /api/plugins/{id}/reload': () => Promise.resolve({ path: '/api/plugins/work/reload' }),
  'DELETE /api/plugins/{id}/kv/{path}': async (on) => (
    await runOf(on, 'chore', 'succeeded'),
    { path: '/api/plugins/work/kv/kept' }
  ),
  'POST /api/plugins/{id}/releases/{release}/activate': async (on) => (
    await on.tenant.owner.upload(on.package('2.0.0')),
    { path: '/api/plugins/work/releases/1.0.0/activate' }
  ),
  'POST /api/plugins/{id}/rollback': async (on) => (
    await on.tenant.owner.upload(on.package('2.0.0')),
    { path: '/api/plugins/work/rollback', body: { version: '1.0.0' } }
  ),
  'PATCH /api/plugins/{id}': () =>
    Promise.resolve({
      path: '/api/plugins/work',
      body: { log_level: 'warn' },
      other: { body: { log_level: 'error' } },
    }),
  'POST /api/plugins/{id}/recording': () =>
    Promise.resolve({
      path: '/api/plugins/work/recording',
      body: { minutes: 5 },
      other: { body: { minutes: 6 } },
    }),
  'DELETE /api/plugins/{id}/recording': async ({ tenant }) => (
    await tenant.owner.post('/api/plugins/work/recording', { minutes: 5 }),
    { path: '/api/plugins/work/recording' }
  ),
  'POST /api/plugins/{id}/config/rollback': async ({ tenant }) => (
    await tenant.owner.put('/api/plugins/work/config', { n: 1 }),
    { path: '/api/plugins/work/config/rollback', body: { revision: 0 }, other: { body: { revision: 1 } } }
  ),
  'POST /api/plugins/{id}/secrets': () =>
    Promise.resolve({
      path: '/api/plugins/work/secrets',
      body: { key: 'KEY', value: 'one' },
      other: { body: { key: 'KEY', value: 'two' } },
    }),
  'DELETE /api/plugins/{id}/secrets/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/plugins/work/secrets/KEY', { value: 'x' }),
    { path: '/api/plugins/work/secrets/KEY' }
  ),
  'PUT /api/plugins/{id}/secrets/{name}': () =>
    Promise.resolve({
      path: '/api/plugins/work/secrets/KEY',
      body: { value: 'one' },
      other: { body: { value: 'two' } },
    }),
  'POST /api/runs/{id}/cancel': async (on) => ({ path: `/api/runs/${await runOf(on, 'hang', 'running')}/cancel` }),
  'POST /api/runs/{id}/replay': async (on) => ({
    path: `/api/runs/${await runOf(on, 'chore', 'succeeded')}/replay`,
    body: {},
    other: { body: { payload: 1 } },
  }),
  'POST /api/operator/quarantines': ({ annex, tenant }) =>
    Promise.resolve({
      path: '/api/operator/quarantines',
      by: annex.operator,
      body: { slug: `q-${tenant.slug}`, reason: 'one' },
      other: { body: { slug: `q-${tenant.slug}`, reason: 'two' } },
    }),
  'DELETE /api/operator/quarantines/{id}': async ({ annex, tenant }) => ({
    path: `/api/operator/quarantines/${await id(
      annex.operator.post('/api/operator/quarantines', { slug: `q-${tenant.slug}`, reason: 'one' }),
    )}`,
    by: annex.operator,
  }),
  'PUT /api/notice-rules/{name}': () =>
    Promise.resolve({
      path: '/api/notice-rules/team',
      body: noticeRule,
      other: { body: { ...noticeRule, failures: 7 } },
    }),
  'DELETE /api/notice-rules/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/notice-rules/team', noticeRule),
    { path: '/api/notice-rules/team' }
  ),
  'POST /api/notice-rules/{name}/test': async ({ tenant }) => (
    await tenant.owner.put('/api/notice-rules/team', noticeRule),
    { path: '/api/notice-rules/team/test' }
  ),
  'PUT /api/views/{list}/{name}': () =>
    Promise.resolve({
      path: '/api/views/runs/failed',
      body: { filters: { status: 'failed' } },
      other: { body: { filters: { status: 'queued' } } },
    }),
  'DELETE /api/views/{list}/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/views/runs/failed', { filters: { status: 'failed' } }),
    { path: '/api/views/runs/failed' }
  ),
  'PUT /api/sources/{name}': () =>
    Promise.resolve({
      path: '/api/sources/alerts',
      body: { type: 'alertmanager', auth: 'public', events: ['alert.*'] },
      other: { body: { type: 'alertmanager', auth: 'public', events: ['alert.firing'] } },
    }),
  'DELETE /api/sources/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/sources/alerts', { type: 'alertmanager', auth: 'public', events: ['alert.*'] }),
    { path: '/api/sources/alerts' }
  ),
  'POST /api/sources/{name}/pause': () => Promise.resolve({ path: '/api/sources/work.erp/pause' }),
  'POST /api/sources/{name}/resume': () => Promise.resolve({ path: '/api/sources/work.erp/resume' }),
  'POST /api/sources/{name}/restart': () => Promise.resolve({ path: '/api/sources/work.erp/restart' }),
  'POST /api/sources/{name}/test': () => Promise.resolve({ path: '/api/sources/work.erp/test' }),
  'PUT /api/sources/{name}/cursor': () =>
    Promise.resolve({ path: '/api/sources/work.erp/cursor', body: { cursor: 1 }, other: { body: { cursor: 2 } } }),
  'DELETE /api/secrets/{name}': async ({ tenant }) => (
    await tenant.owner.put('/api/secrets/KEY', { value: 'x' }),
    { path: '/api/secrets/KEY' }
  ),
  'PUT /api/secrets/{name}': () =>
    Promise.resolve({ path: '/api/secrets/KEY', body: { value: 'one' }, other: { body: { value: 'two' } } }),
  'POST /api/tenants': ({ annex, tenant }) =>
    Promise.resolve({
      path: '/api/tenants',
      by: annex.operator,
      body: { slug: `${tenant.slug}-b`, name: 'B' },
      other: { body: { slug: `${tenant.slug}-c`, name: 'C' } },
    }),
  'DELETE /api/tenants/{slug}': async ({ annex, tenant }) => (
    await annex.operator.post('/api/tenants', { slug: `${tenant.slug}-d`, name: 'D' }),
    { path: `/api/tenants/${tenant.slug}-d?confirm=${tenant.slug}-d`, by: annex.operator }
  ),
  'POST /api/tenants/{slug}/restore': async ({ annex, tenant }) => {
    await annex.operator.post('/api/tenants', { slug: `${tenant.slug}-r`, name: 'R' });
    await annex.operator.delete(`/api/tenants/${tenant.slug}-r?confirm=${tenant.slug}-r`);
    return { path: `/api/tenants/${tenant.slug}-r/restore`, by: annex.operator };
  },
  'POST /api/tenants/import': async ({ annex, tenant }) => {
    const slug = `${tenant.slug}-m`;
    await annex.operator.post('/api/tenants', { slug, name: 'M' });
    const headers = { authorization: `Bearer ${annex.operator.token}` };
    const archive = await (await fetch(`${annex.url}/api/tenants/${slug}/export`, { headers })).arrayBuffer();
    await annex.operator.delete(`/api/tenants/${slug}?confirm=${slug}&now=true`);
    return { path: '/api/tenants/import', by: annex.operator, raw: () => archive, other: { raw: () => 'other' } };
  },
  'POST /api/tenants/{slug}/suspend': ({ annex, tenant }) =>
    Promise.resolve({
      path: `/api/tenants/${tenant.slug}/suspend`,
      by: annex.operator,
      body: { reason: 'one' },
      other: { body: { reason: 'two' } },
    }),
  'POST /api/tenants/{slug}/support-entries': ({ annex, tenant }) =>
    Promise.resolve({
      path: `/api/tenants/${tenant.slug}/support-entries`,
      by: annex.operator,
      body: { reason: 'one' },
      other: { body: { reason: 'two' } },
      shownOnce: ['token'],
    }),
  'POST /api/tenants/{slug}/resume': async ({ annex, tenant }) => {
    await annex.operator.post(`/api/tenants/${tenant.slug}/suspend`, { reason: 'one' });
    return { path: `/api/tenants/${tenant.slug}/resume`, by: annex.operator };
  },
  'PATCH /api/tenant': () =>
    Promise.resolve({ path: '/api/tenant', body: { name: 'N' }, other: { body: { name: 'M' } } }),
  'PATCH /api/tenants/{slug}': ({ annex, tenant }) =>
    Promise.resolve({
      path: `/api/tenants/${tenant.slug}`,
      by: annex.operator,
      body: { name: 'E' },
      other: { body: { name: 'F' } },
    }),
  'POST /api/portal-links': () =>
    Promise.resolve({
      path: '/api/portal-links',
      body: { screens: ['runs'] },
      other: { body: { screens: ['jobs'] } },
      shownOnce: ['url'],
    }),
  'POST /api/tokens': () =>
    Promise.resolve({
      path: '/api/tokens',
      body: { name: 'one' },
      other: { body: { name: 'two' } },
      shownOnce: ['token'],
    }),
  'DELETE /api/tokens/{id}': async ({ tenant }) => ({
    path: `/api/tokens/${await id(tenant.owner.post('/api/tokens', { name: 'gone' }))}`,
  }),
  'POST /api/users': ({ tenant }) =>
    Promise.resolve({
      path: '/api/users',
      body: { email: `a@${tenant.slug}.test`, role: 'viewer' },
      other: { body: { email: `b@${tenant.slug}.test`, role: 'viewer' } },
    }),
  'DELETE /api/users/{id}': async ({ tenant }) => ({
    path: `/api/users/${await id(tenant.owner.post('/api/users', { email: `c@${tenant.slug}.test`, role: 'viewer' }))}`,
  }),
  'POST /api/invitations': ({ tenant }) =>
    Promise.resolve({
      path: '/api/invitations',
      body: { email: `f@${tenant.slug}.test`, role: 'viewer' },
      other: { body: { email: `g@${tenant.slug}.test`, role: 'viewer' } },
      shownOnce: ['token', 'url'],
    }),
  'POST /api/invitations/{id}/resend': async (stage) => {
    const path = `/api/invitations/${await invited(stage)}/resend`;
    await stage.annex.db.sql(`update invitations set updated_at = updated_at - interval '1 hour'`);
    return { path, body: {}, other: { body: { send_mail: false } }, shownOnce: ['token', 'url'] };
  },
  'DELETE /api/invitations/{id}': async (stage) => ({ path: `/api/invitations/${await invited(stage)}` }),
  'PATCH /api/me': () => Promise.resolve({ path: '/api/me', body: { name: 'A' }, other: { body: { name: 'B' } } }),
  'DELETE /api/users/{id}/sessions': async ({ tenant }) => {
    const user = await id(tenant.owner.post('/api/users', { email: `e@${tenant.slug}.test`, role: 'viewer' }));
    return { path: `/api/users/${user}/sessions` };
  },
  'PATCH /api/users/{id}': async ({ tenant }) => ({
    path: `/api/users/${await id(tenant.owner.post('/api/users', { email: `d@${tenant.slug}.test`, role: 'viewer' }))}`,
    body: { role: 'member' },
    other: { body: { role: 'admin' } },
  }),
  'POST /api/webhooks': () =>
    Promise.resolve({
      path: '/api/webhooks',
      body: webhook,
      other: { body: { ...webhook, name: 'other', events: ['z.z'] } },
      shownOnce: ['secret'],
    }),
  'POST /api/webhooks/deliveries/{id}/replay': async ({ tenant }) => {
    await tenant.owner.post('/api/webhooks', { ...webhook, retry: { max_attempts: 1 } });
    await tenant.owner.post('/api/events', { type: 'x.y' });
    const { body } = await until(
      () => tenant.owner.get('/api/webhooks/deliveries'),
      (answer) =>
        answer.body.items.length > 0 && !['queued', 'running', 'retrying'].includes(answer.body.items[0].status),
    );
    return { path: `/api/webhooks/deliveries/${body.items[0].id}/replay` };
  },
  'DELETE /api/webhooks/{id}': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}`,
  }),
  'PATCH /api/webhooks/{id}': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}`,
    body: { events: ['q.q'] },
    other: { body: { events: ['r.r'] } },
  }),
  'POST /api/webhooks/{id}/disable': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}/disable`,
  }),
  'POST /api/webhooks/{id}/enable': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}/enable`,
  }),
  'POST /api/webhooks/{id}/rotate': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}/rotate`,
    body: {},
    shownOnce: ['secret'],
  }),
  'POST /api/webhooks/{id}/test': async ({ tenant }) => ({
    path: `/api/webhooks/${await id(tenant.owner.post('/api/webhooks', webhook))}/test`,
    body: {},
  }),
};

const invited = ({ tenant }: Stage): Promise<string> =>
  id(tenant.owner.post('/api/invitations', { email: `h@${tenant.slug}.test`, role: 'viewer' }));

async function keptMail(tenant: TestTenant): Promise<string> {
  await tenant.install({
    manifest: { slug: 'post', permissions: ['send_email'], jobs: [{ name: 'send' }] },
    code: `
      import { job } from '@annex/sdk';
      job('send', (ctx) => ctx.email.send({ to: 'a@example.com', subject: 's', text: 't' }))
    `,
  });
  await tenant.owner.post('/api/plugins/post/jobs/send/run-now?wait=30', {});
  return id(tenant.owner.get('/api/mail'));
}

/**
 * Not the API’s own: a plugin answers the first two, another platform sends the third; and who signs in, changes a
 * password or ends sessions has another sign-in then. Who accepts an invitation, or opens a portal, has none before.
 */
const leftOut =
  /^\w+ (\/ext\/|\/t\/|\/hooks\/|\/api\/auth\/|\/api\/invitations\/(preview|accept)$|\/api\/portal-sessions$)/;

describe('an Idempotency-Key', () => {
  const packages = new CatalogueFolder();
  let annex: TestAnnex;
  beforeAll(async () => {
    const acme = await makePublisher('Acme');
    packages.trust(acme);
    await packages.publish(acme, [emptyPackage('listed', '1.0.0'), emptyPackage('listed', '2.0.0')]);
    annex = await startTestAnnex({ ANNEX_PUBLISHERS: packages.publishersFile, ANNEX_CATALOGUE_URL: packages.url });
  });
  afterAll(async () => {
    await annex?.stop();
    packages.remove();
  });

  it('is taken by every mutation of the API', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const mutations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
    );
    expect(Object.keys(cases).sort()).toEqual(mutations.filter((each) => !leftOut.test(each)).sort());
  });

  it.each(Object.keys(cases))('makes %s happen once', async (name) => {
    const tenant = await annex.makeTenant();
    await tenant.install(plugin);
    const stage: Stage = {
      annex,
      tenant,
      package: (version) => packPlugin({ ...plugin, manifest: { ...plugin.manifest, version } }),
    };
    const { path, body, raw, other, by = tenant.owner, shownOnce = [] } = (await cases[name]?.(stage)) ?? { path: '' };
    const method = name.split(' ')[0] ?? '';
    const key = `${tenant.slug} ${name}`;
    const send = (
      as: Client,
      more: { path?: string; body?: unknown; raw?: () => RequestInit['body'] },
      headers = { 'idempotency-key': key },
    ): Promise<Answer> =>
      as.request(method, more.path ?? path, {
        headers,
        ...(more.body !== undefined && { body: more.body }),
        ...(more.raw && { raw: more.raw() }),
      });
    const same = { body, ...(raw && { raw }) };

    const first = await send(by, same);
    expect(first.status, JSON.stringify(first.body)).toBeLessThan(300);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const again = await send(by, same);
    const expected =
      shownOnce.length === 0
        ? first.body
        : Object.fromEntries(Object.entries(first.body as object).filter(([field]) => !shownOnce.includes(field)));
    expect(again).toMatchObject({ status: first.status, body: expected });
    for (const field of shownOnce) expect(again.body).not.toHaveProperty(field);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    if (first.headers.get('etag') !== null) expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(await send(by, other ? { ...same, ...other } : { ...same, path: `${path}/` })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_MISMATCH' },
    });
  });

  it('is refused while the first request is under way, and empty or too long', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(plugin);
    const slug = `${tenant.slug}-x`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        annex.operator.post('/api/tenants', { slug, name: 'X' }, { 'idempotency-key': slug }),
      ),
    );
    expect(
      answers.filter(({ status, headers }) => status === 201 && headers.get('idempotent-replayed') === null),
    ).toHaveLength(1);
    for (const { status, body, headers } of answers) {
      if (status === 201) expect(body.slug).toBe(slug);
      else
        expect({ status, code: body.code, wait: headers.get('retry-after') }).toEqual({
          status: 409,
          code: 'IDEMPOTENCY_IN_FLIGHT',
          wait: '1',
        });
    }
    for (const key of ['', 'k'.repeat(256)])
      expect(await tenant.owner.post('/api/events', { type: 'a.b' }, { 'idempotency-key': key })).toMatchObject({
        status: 400,
      });
  });

  it('of an operator is one for all tenants, and another operator’s is another', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    const key = { 'idempotency-key': `names-${one.slug}` };
    expect(
      await annex.operator.request('PATCH', `/api/tenants/${one.slug}`, { body: { name: 'N' }, headers: key }),
    ).toMatchObject({ status: 200 });
    expect(
      await annex.operator.request('PATCH', `/api/tenants/${two.slug}`, { body: { name: 'N' }, headers: key }),
    ).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_MISMATCH' } });
  });
});
