/** People are told by mail, webhook and Slack: once for each change, as a digest of many, and never not at all. */
import { signingKey, verifySignature } from '@annex/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { startWebhookSink, type Arrival, type WebhookSink } from '../support/webhook-sink.js';

let annex: TestAnnex;
let smtp: TestSmtp;
let sink: WebhookSink;
const operatorSecret = 'what operators agreed on';
beforeAll(async () => {
  [smtp, sink] = await Promise.all([startSmtp(), startWebhookSink()]);
  annex = await startTestAnnex({
    SMTP_URL: smtp.url,
    ANNEX_EGRESS_ALLOW_PRIVATE: new URL(sink.url).host,
    ANNEX_NOTICES_LOOK_S: '1',
    ANNEX_NOTICES_WEBHOOK_URL: `${sink.url}/operators`,
    ANNEX_NOTICES_WEBHOOK_SECRET: operatorSecret,
    ANNEX_NOTICES_KINDS: 'plugin_failing',
  });
});
afterAll(async () => {
  await annex?.stop();
  await Promise.all([smtp?.close(), sink?.close()]);
});

const fragile = {
  manifest: {
    slug: 'fragile',
    jobs: [{ name: 'work', overlap: 'allow', retry: { max_attempts: 1 } }],
    secrets: [{ name: 'KEY', required: true }],
  },
  code: `import { job } from '@annex/sdk'
    job('work', (ctx, { ok }) => { if (!ok) throw new Error('<!channel> click http://evil.test'); return {} })`,
};
const work = (tenant: TestTenant, ok: boolean): Promise<Answer> =>
  tenant.owner.post('/api/plugins/fragile/jobs/work/run-now?wait=30', { payload: { ok } });
const put = (tenant: TestTenant, name: string, rule: object): Promise<Answer> =>
  tenant.owner.put(`/api/notice-rules/${name}`, rule);
const notices = async (tenant: TestTenant): Promise<Answer['body'][]> =>
  (await tenant.owner.get('/api/notices?limit=100')).body.items as Answer['body'][];
const bodyOf = ({ body }: Arrival): Answer['body'] => JSON.parse(body.toString()) as Answer['body'];
const isSigned = ({ headers, body }: Arrival, secret: string): boolean =>
  verifySignature({
    scheme: 'standard-webhooks',
    secret,
    header: (name) => headers[name]?.toString(),
    body,
    nowMs: Date.now(),
  });
/** Nobody is told anything more once what stands was looked at again. */
async function lookedAgain(): Promise<void> {
  const looked = async (): Promise<unknown> =>
    (await annex.db.sql<{ at: Date }>('select looked_at as at from notice_looks'))[0]?.at.getTime();
  for (let looks = 0; looks < 2; looks += 1) {
    const before = await looked();
    await until(looked, (at) => at !== before);
  }
}

describe('a plugin that fails', () => {
  it('is told by every channel when it begins and when it is over, once each, and to operators', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(fragile, { secrets: { KEY: 'secret-value-1' } });
    const rule = { kinds: ['plugin_failing'], failures: 2 };
    const hook = await put(tenant, 'pager', { ...rule, channel: 'webhook', url: `${sink.url}/${tenant.slug}?k=v` });
    expect(hook).toMatchObject({ status: 201, body: { url: `${sink.url}/${tenant.slug}?***`, failures: 2 } });
    expect(signingKey(hook.body.secret as string)).toBeDefined();
    const slackUrl = `${sink.url}/slack-${tenant.slug}`;
    const slack = await put(tenant, 'slack', { ...rule, channel: 'slack', url: slackUrl });
    expect(slack.body.url).toBe(`${sink.url}/***`);
    expect(slack.body).not.toHaveProperty('secret');
    const to = [`${tenant.slug}@people.test`];
    expect((await put(tenant, 'mail', { ...rule, channel: 'mail', to })).status).toBe(201);

    await work(tenant, false);
    await lookedAgain();
    expect(await notices(tenant)).toEqual([]);
    await work(tenant, false);
    const [begun] = await sink.arrived(`/${tenant.slug}`);
    expect(begun && isSigned(begun, hook.body.secret as string)).toBe(true);
    expect(begun && bodyOf(begun)).toMatchObject({
      type: 'notices',
      id: begun?.headers['webhook-id'],
      rule: 'pager',
      tenant: tenant.slug,
      left_out: 0,
      notices: [
        {
          kind: 'plugin_failing',
          subject: 'fragile',
          level: 'warning',
          previous: 'ok',
          text: 'Plugin fragile is failing: 2 runs in a row failed for good, the last one with PLUGIN_ERROR.',
        },
      ],
    });
    const [slacked] = await sink.arrived(`/slack-${tenant.slug}`);
    expect(slacked && bodyOf(slacked).text).toBe(
      `*[${tenant.slug}] WARNING: Plugin fragile is failing: 2 runs in a row failed for good, ` +
        'the last one with PLUGIN_ERROR.*',
    );
    const mails = (): TestSmtp['mails'] => smtp.mails.filter((mail) => mail.to.includes(to[0] ?? ''));
    const [mailed] = await until(
      () => Promise.resolve(mails()),
      (all) => all.length > 0,
    );
    expect(mailed?.raw).toContain('Plugin fragile is failing');
    expect(mailed?.raw).not.toContain('evil.test');

    await work(tenant, false);
    await lookedAgain();
    expect(sink.at(`/${tenant.slug}`)).toHaveLength(1);
    const theirs = sink.at('/operators').filter((arrival) => arrival.body.includes(`"${tenant.slug}"`));
    expect(theirs).toHaveLength(1);
    expect(theirs[0] && isSigned(theirs[0], operatorSecret)).toBe(true);
    expect(theirs[0] && bodyOf(theirs[0])).toMatchObject({ tenant: null, rule: 'operators' });

    await work(tenant, true);
    const [, over] = await sink.arrived(`/${tenant.slug}`, 2);
    expect(over && bodyOf(over).notices).toMatchObject([
      { level: 'ok', previous: 'warning', text: 'Plugin fragile is no longer failing.' },
    ]);
    await until(
      () => notices(tenant),
      (all) => all.length === 6 && all.every(({ status }) => status === 'sent'),
    );
    const { items } = (await annex.operator.get('/api/operator/notices?limit=100')).body;
    expect((items as Answer['body'][]).filter((one) => one.tenant === tenant.slug)).toHaveLength(2);
    expect((await tenant.owner.get('/api/operator/notices')).status).toBe(403);
  });
});

describe('many changes', () => {
  it('come as one digest, and no more messages an hour than the rule allows', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(fragile, { secrets: { KEY: 'secret-value-1' } });
    await put(tenant, 'all', {
      kinds: ['quota', 'missing_secret', 'dead_letters'],
      channel: 'webhook',
      url: `${sink.url}/${tenant.slug}`,
      max_per_hour: 1,
    });
    const full = { users: 1, plugins: 1, secrets: 1, package_bytes: 1, idempotency_keys: 1 };
    await annex.operator.patch(`/api/tenants/${tenant.slug}`, { quotas: full });
    const [digest] = await sink.arrived(`/${tenant.slug}`);
    const told = (digest ? bodyOf(digest).notices : []) as Answer['body'][];
    expect(told.map(({ subject, level }) => [subject, level])).toEqual(
      ['package_bytes', 'plugins', 'secrets', 'users'].map((quota) => [quota, 'critical']),
    );

    await tenant.owner.delete('/api/plugins/fragile/secrets/KEY');
    await work(tenant, false);
    await until(
      () => notices(tenant),
      (all) => ['dead_letters', 'missing_secret'].every((kind) => all.some((one) => one.kind === kind)),
    );
    await lookedAgain();
    expect(sink.at(`/${tenant.slug}`)).toHaveLength(1);
    expect((await notices(tenant)).filter(({ status }) => status === 'waiting').length).toBeGreaterThanOrEqual(2);
    await annex.db.sql(
      `update notices set composed_at = composed_at - interval '61 minutes'
       where tenant_id = (select id from tenants where slug = $1)`,
      [tenant.slug],
    );
    const [, rest] = await sink.arrived(`/${tenant.slug}`, 2);
    const kinds = ((rest ? bodyOf(rest).notices : []) as Answer['body'][]).map(({ kind }) => String(kind));
    expect(kinds).toEqual(expect.arrayContaining(['dead_letters', 'missing_secret']));
  });
});

describe('an endpoint that does not answer', () => {
  it('gets the same message again, and the rule shows why', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(fragile, { secrets: { KEY: 'secret-value-1' } });
    sink.answer(`/${tenant.slug}`, (nth) => ({ status: nth === 1 ? 500 : 200 }));
    const rule = { kinds: ['dead_letters'], channel: 'webhook', url: `${sink.url}/${tenant.slug}` };
    await put(tenant, 'pager', rule);
    await work(tenant, false);
    const shown = await until(
      () => tenant.owner.get('/api/notice-rules/pager'),
      ({ body }) => body.last_error !== null,
    );
    expect(shown.body).toMatchObject({
      last_error: { message: 'The endpoint answered 500; only 2xx counts as taken.' },
      last_sent_at: null,
    });
    expect(await notices(tenant)).toMatchObject([{ status: 'waiting', attempts: 1 }]);
    await annex.db.sql(
      `update notices set next_attempt_at = now() where tenant_id = (select id from tenants where slug = $1)`,
      [tenant.slug],
    );
    const [first, second] = await sink.arrived(`/${tenant.slug}`, 2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body.toString()).toContain('Plugin fragile has 1 dead letters.');
    await until(
      () => tenant.owner.get('/api/notice-rules/pager'),
      ({ body }) => body.last_error === null && body.last_sent_at !== null,
    );
    expect((await tenant.owner.post('/api/notice-rules/pager/test')).body).toEqual({ ok: true, error: null });
    expect((await tenant.owner.delete('/api/notice-rules/pager')).status).toBe(204);
    expect((await tenant.owner.post('/api/notice-rules/pager/test')).body.code).toBe('NOTICE_RULE_NOT_FOUND');
  });
});

describe('a rule', () => {
  it('is refused with every fault, belongs to its tenant, and keeps its URL and secret to itself', async () => {
    const tenant = await annex.makeTenant();
    const other = await annex.makeTenant();
    const wrong = await put(tenant, 'x', { kinds: ['quota'], channel: 'webhook', to: ['a@b.test'], secret: 'whsec_%' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'NOTICE_RULE_INVALID' } });
    expect((wrong.body.errors as Answer['body'][]).map(({ pointer }) => String(pointer))).toEqual([
      '/to',
      '/url',
      '/secret',
    ]);
    const meta = await put(tenant, 'x', { kinds: ['quota'], channel: 'slack', url: 'http://169.254.169.254/latest' });
    expect(meta.body).toMatchObject({ code: 'NOTICE_RULE_INVALID', errors: [{ pointer: '/url' }] });
    const noOne = await put(tenant, 'x', { kinds: ['quota'], channel: 'mail', to: ['no one'] });
    expect(noOne.body.errors).toMatchObject([{ pointer: '/to/0' }]);

    const rule = { kinds: ['quota'], channel: 'webhook', url: `${sink.url}/kept` };
    const made = await put(tenant, 'x', { ...rule, secret: 'first-secret' });
    expect(made.body).not.toHaveProperty('secret');
    const again = await put(tenant, 'x', { kinds: ['dead_letters'], channel: 'webhook' });
    expect(again).toMatchObject({
      status: 200,
      body: { url: `${sink.url}/kept`, kinds: ['dead_letters'] },
    });
    await tenant.owner.post('/api/notice-rules/x/test');
    const [test] = await sink.arrived('/kept');
    expect(test && isSigned(test, 'first-secret')).toBe(true);
    expect((await other.owner.get('/api/notice-rules/x')).status).toBe(404);
    const rows = await annex.db.sql<{ text: string }>('select r::text as text from notice_rules r');
    expect(rows.map(({ text }) => text).join('\n')).not.toContain('first-secret');
  });
});
