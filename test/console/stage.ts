import { readFileSync } from 'node:fs';
import { until, type TestTenant } from '../support/annex.js';
import { theBed } from './browser.js';
import { installDoctor } from './doctor.js';

const folder = new URL('../../examples/plugins/', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, folder), 'utf8');

const billing = `
import { hook, job, route } from '@annex/sdk';
job('send_invoices', async (ctx) => {
  ctx.log.info('invoices are due', { count: 12 });
  await ctx.emit('invoice.sent', { number: 'R-2026-118', total: 249.9 });
  ctx.log.warn('one address is missing', { customer: 'C-7' });
  return { sent: 12 };
});
job('settle', () => { throw new Error('The ledger is closed until the month is checked'); });
hook('invoice.sent', async (ctx, event) => {
  await ctx.kv.set('last', event.data.number);
  await ctx.db.insert('invoices', { number: event.data.number, total: event.data.total, paid: false });
});
route('/invoices/:number', (ctx) => ({ number: ctx.params.number, total: 249.9 }));
`;

/** What a screen shows, of a tenant in which something has happened. */
export interface Stage {
  tenant: TestTenant;
  /** A run that succeeded, one that failed, and an event. */
  run: string;
  failed: string;
  event: string;
  /** An event that a mapping took. */
  mapped: string;
  webhook: string;
  delivery: string;
  /** What waits for somebody's yes. */
  question: string;
}

const pods = {
  api_version: 'v1',
  mappings: [
    {
      type: 'pod-restart',
      to: 'pod.restart',
      severity: 'warning',
      tags: { category: 'reliability' },
      dedupe: { key: '{{ subject }}', window_s: 3600 },
    },
  ],
};

const ledger = `
import { source } from '@annex/sdk';
source('entries', {
  poll: (ctx, cursor) => ({
    events: cursor ? [] : [{ type: 'ledger.entry', id: '1', subject: 'R-2026-117', data: { total: 249.9 } }],
    cursor: '1',
  }),
});
`;

/** What comes in: a mapping with an alert that fires, sources of a package and of the tenant. */
async function bringIn(tenant: TestTenant): Promise<Pick<Stage, 'mapped'>> {
  const { owner } = tenant;
  await owner.put('/api/mappings/pods', pods);
  const { body: sent } = await owner.post('/api/events', { type: 'pod-restart', subject: 'web-1', data: { count: 1 } });
  for (let count = 2; count <= 4; count += 1)
    await owner.post('/api/events', { type: 'pod-restart', subject: 'web-1', data: { count } });
  await owner.post('/api/events', { type: 'pod-restart', subject: 'web-2', data: { count: 1 } });
  const { body: alerts } = await owner.get('/api/alerts');
  const over = alerts.items.find(({ key }: { key: string }) => key === 'web-2');
  await owner.post(`/api/alerts/${over.id}/resolve`, {});
  await tenant.install({
    manifest: {
      slug: 'ledger',
      name: 'Ledger',
      description: 'Brings entries of the ledger in',
      sources: [{ name: 'entries', type: 'poll', schedule: '@hourly', events: ['ledger.*'], require: ['subject'] }],
    },
    code: ledger,
  });
  await owner.put('/api/secrets/ALERT_TOKEN', { value: 'of-the-alertmanager' });
  const auth = { token: { secret: 'ALERT_TOKEN', scheme: 'bearer' } };
  await owner.put('/api/sources/alertmanager', { type: 'alertmanager', auth, events: ['alert.*'] });
  await until(
    () => owner.get('/api/sources/ledger.entries'),
    ({ body }) => body.state === 'running',
  );
  return { mapped: sent.event_id as string };
}

/** What the tenant took from the catalogue, and an agent that waits for a yes. `sink`: where the agent would be. */
async function askAnAgent(tenant: TestTenant, sink: string): Promise<Pick<Stage, 'question'>> {
  const { owner } = tenant;
  await owner.post('/api/catalogue/greeter/install', { version: '1.0.0' });
  await installDoctor(tenant, { AGENT_URL: `${sink}/agent`, AGENT_TOKEN: 'of-the-agent' });
  await owner.post('/api/events', { type: 'pod.oom', subject: 'web-9' });
  const { body } = await until(
    () => owner.get('/api/agents/questions?waiting_for=approval'),
    (answer) => answer.body.items.length === 1,
  );
  return { question: body.items[0].id as string };
}

/** What stands beside plugins: webhooks, files, people, secrets. */
async function furnish({ owner }: TestTenant, sink: string): Promise<Pick<Stage, 'webhook' | 'delivery'>> {
  const { body: webhook } = await owner.post('/api/webhooks', {
    name: 'accounting',
    url: `${sink}/in`,
    events: ['invoice.paid'],
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  });
  await owner.post('/api/events', { type: 'invoice.paid', data: { number: 'R-2026-117' } });
  const deliveries = await until(
    () => owner.get('/api/webhooks/deliveries'),
    (answer) => answer.body.items[0]?.status === 'succeeded',
  );
  await owner.put('/api/hooks/shop', { preset: 'shopify', secret: 'of-the-shop' });
  await owner.request('PUT', '/api/files/reports/november.csv', {
    raw: 'day,total',
    headers: { 'content-type': 'text/csv' },
  });
  await owner.post('/api/users', { email: 'ada@northwind.example', name: 'Ada Lovelace', role: 'developer' });
  await owner.post('/api/invitations', { email: 'grace@northwind.example', role: 'viewer' });
  await owner.put('/api/notice-rules/team', {
    kinds: ['plugin_failing', 'quota'],
    channel: 'webhook',
    url: `${sink}/told`,
  });
  await owner.put('/api/settings/dns/ttl', { value: 300 });
  await owner.put('/api/secrets/SMTP_TOKEN', { value: 'a secret', allowed_hosts: ['mail.example.com'] });
  await owner.post('/api/tokens', { name: 'nightly export', role: 'viewer', expires_in_s: 2_592_000 });
  return { webhook: webhook.id as string, delivery: deliveries.body.items[0].id as string };
}

/** Makes a tenant with plugins that ran, failed, wrote and stored. `sink`: where its webhooks go. */
export async function setStage(sink: string): Promise<Stage> {
  const { annex } = theBed();
  const tenant = await annex.makeTenant();
  const { owner } = tenant;
  await owner.patch('/api/tenant', { name: 'Northwind Traders', timezone: 'Europe/Berlin' });
  const billed = await tenant.install({
    manifest: {
      slug: 'billing',
      name: 'Billing',
      description: 'Sends invoices and keeps the ledger',
      routes: true,
      permissions: [
        { name: 'db.write', reason: 'keeps a row for each invoice', tables: ['invoices'] },
        { name: 'outbound_http', reason: 'asks the payment provider' },
      ],
      http: { allow: ['api.payments.example'] },
      events: ['invoice.sent'],
      secrets: [{ name: 'PAYMENTS_KEY', required: false, description: 'Of your account at the provider' }],
      jobs: [
        { name: 'send_invoices', schedule: '0 6 * * 1-5', timezone: 'Europe/Berlin' },
        { name: 'settle', schedule: '@monthly', retry: { max_attempts: 1 } },
      ],
      config: {
        type: 'object',
        properties: {
          sender: { type: 'string', title: 'Sender', default: 'billing@northwind.example' },
          days: { type: 'integer', title: 'Days until payment is due', default: 14, minimum: 1 },
          reminders: { type: 'boolean', title: 'Send reminders', default: true },
        },
      },
    },
    code: billing,
  });
  if (billed.status !== 200) throw new Error(JSON.stringify(billed.body));
  await tenant.install(
    {
      manifest: JSON.parse(text('slack-notifier/plugin.json')) as Record<string, unknown>,
      code: text('slack-notifier/main.ts'),
    },
    { enable: false },
  );
  const now = async (job: string, status: string): Promise<string> => {
    const { body } = await owner.post(`/api/plugins/billing/jobs/${job}/run-now`, {});
    await until(
      () => owner.get(`/api/runs/${body.run_id}`),
      (answer) => ['succeeded', 'failed'].includes(answer.body.status),
    );
    const { body: ended } = await owner.get(`/api/runs/${body.run_id}`);
    if (ended.status !== status) throw new Error(JSON.stringify(ended.error));
    return body.run_id as string;
  };
  const run = await now('send_invoices', 'succeeded');
  const failed = await now('settle', 'failed');
  for (let index = 0; index < 3; index += 1) await now('send_invoices', 'succeeded');
  for (let index = 0; index < 5; index += 1) await owner.get(`/ext/billing/invoices/R-${index}`);
  const events = await until(
    () => owner.get('/api/events?type=invoice.sent'),
    (answer) => answer.body.items.length >= 4,
  );
  return {
    ...{ tenant, run, failed, event: events.body.items[0].id as string },
    ...(await furnish(tenant, sink)),
    ...(await bringIn(tenant)),
    ...(await askAnAgent(tenant, sink)),
  };
}
