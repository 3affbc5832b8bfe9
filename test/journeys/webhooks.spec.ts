import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { mayLeaveOutRedis, startRedis } from '../support/redis-server.js';
import { startWebhookSink, type Arrival, type WebhookSink } from '../support/webhook-sink.js';

const plainMain = `import { hook } from '@annex/sdk'; hook('nothing.ever', () => 1)`;
const manifest = (more: Record<string, unknown> = {}): Record<string, unknown> => ({ slug: 'sender', permissions: ['emit_webhook'], events: ['nothing.ever'], secrets: ['HOOK_URL', 'HOOK_KEY'], ...more });
const signed = (path: string, more = ''): string => `api_version: v1
on: ["build.completed", "auth.user.created"]
delivery:
  url: "\${SECRET:HOOK_URL}${path}"
  headers: { X-Source: "annex", X-Tenant: "\${TENANT_ID}" }
  signing: { alg: "HMAC-SHA256", secret: "\${SECRET:HOOK_KEY}" }
${more}`;
const key = `whsec_${Buffer.from('a key of twenty-four byt').toString('base64')}`;

const plainHeaders = ({ headers }: Arrival): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
const verify = (arrival: Arrival, secret: string): unknown => new Webhook(secret).verify(arrival.body.toString(), plainHeaders(arrival));

describe.each(['postgres', 'redis'] as const)('webhooks, queued on %s', (backend) => {
  let annex: TestAnnex;
  let sink: WebhookSink;
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
  const leftOut = backend === 'redis' && mayLeaveOutRedis;

  beforeAll(async () => {
    if (leftOut) return;
    sink = await startWebhookSink();
    redis = backend === 'redis' ? await startRedis() : undefined;
    annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: new URL(sink.url).host, ...(redis && { REDIS_URL: redis.url }) });
  });
  afterAll(async () => {
    await annex?.stop();
    await redis?.close();
    await sink?.close();
  });

  const secrets = (): Record<string, string> => ({ HOOK_URL: sink.url, HOOK_KEY: key });
  const deliveries = (tenant: TestTenant, query = ''): Promise<Answer> => tenant.owner.get(`/api/webhooks/deliveries?${query}`);
  const ended = async (tenant: TestTenant, id: string): Promise<Answer['body']> =>
    (await until(() => tenant.owner.get(`/api/webhooks/deliveries/${id}`), ({ body }) => ['succeeded', 'failed', 'skipped', 'cancelled'].includes(body.status))).body;
  const onlyDelivery = async (tenant: TestTenant, query = ''): Promise<Answer['body']> => {
    const { body } = await until(() => deliveries(tenant, query), (answer) => answer.body.items.length > 0);
    return ended(tenant, body.items[0].id);
  };

  it.skipIf(leftOut)('of a package send what their transform makes of an event, signed, with secrets and tenant filled in', async () => {
    const tenant = await annex.makeTenant();
    const installed = await tenant.install(
      {
        manifest: manifest(),
        code: plainMain,
        files: {
          'webhooks/build.yaml': signed('/first', 'transform: { language: "javascript", entry: "transforms/build.ts#transform" }\nretry: { max_attempts: 6, backoff: "exponential", initial_delay_s: 5, max_delay_s: 3600 }'),
          'transforms/build.ts': `import { word } from './word.ts'; export function transform(event: any, ctx: any) { return { [word]: event.data.id, type: event.type, by: ctx.tenantId, webhook: ctx.webhook.name } }`,
          'transforms/word.ts': `export const word: string = 'build'`,
        },
      },
      { secrets: secrets() },
    );
    expect(installed.status).toBe(200);
    const { body: event } = await tenant.owner.post('/api/events', { type: 'build.completed', data: { id: 7 } });
    const [arrival] = await sink.arrived('/first');
    expect(arrival).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json', 'x-source': 'annex', 'x-tenant': tenant.slug, 'webhook-id': expect.stringMatching(/^dlv_/), 'webhook-timestamp': expect.stringMatching(/^\d{10}$/) } });
    expect(JSON.parse(String(arrival!.body))).toEqual({ build: 7, type: 'build.completed', by: tenant.slug, webhook: 'build' });
    expect(verify(arrival!, key)).toBeTruthy();
    const bytes = Buffer.from(key.slice(6), 'base64');
    expect(arrival!.headers['x-signature']).toBe(`sha256=${createHmac('sha256', bytes).update(arrival!.body).digest('hex')}`);
    const delivery = await onlyDelivery(tenant, 'webhook=build');
    expect(delivery).toMatchObject({ id: arrival!.headers['webhook-id'], webhook: 'build', plugin: 'sender', event_id: event.event_id, event_type: 'build.completed', status: 'succeeded', attempt_count: 1 });
    expect(delivery.attempts).toMatchObject([{ number: 1, request: { method: 'POST', url: '${SECRET:HOOK_URL}/first', body: arrival!.body.toString() }, response: { status: 200, body: 'ok' }, error: null }]);
    expect((await tenant.owner.get(`/api/events/${event.event_id}`)).body.deliveries).toMatchObject([{ plugin: 'sender', webhook: 'build', status: 'succeeded', attempts: 1 }]);
    const { body: list } = await tenant.owner.get('/api/webhooks');
    expect(list).toMatchObject({ items: [{ id: expect.stringMatching(/^whk_/), name: 'build', origin: 'package', plugin: 'sender', status: 'enabled', events: ['build.completed', 'auth.user.created'], failures: 0, signed: true, last_delivery: { id: delivery.id, error: null } }], next_cursor: null });
  });

  it.skipIf(leftOut)('without a transform send the event itself', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({ manifest: manifest(), code: plainMain, files: { 'webhooks/plain.yaml': signed('/plain') } }, { secrets: secrets() });
    await tenant.owner.post('/api/events', { type: 'build.completed', id: 'b1', source: '/ci', subject: 's', data: { id: 1 }, time: '2026-01-02T03:04:05Z' });
    const [arrival] = await sink.arrived('/plain');
    expect(JSON.parse(String(arrival!.body))).toEqual({ id: 'b1', type: 'build.completed', source: '/ci', subject: 's', time: '2026-01-02T03:04:05.000Z', data: { id: 1 } });
  });

  it.skipIf(leftOut)('are tried again with the same bytes and id and a new signature, and replayed so', async () => {
    const tenant = await annex.makeTenant();
    sink.answer('/again', (nth) => ({ status: nth < 3 ? 500 : 200, body: `no. ${nth}` }));
    await tenant.install(
      { manifest: manifest(), code: plainMain, files: { 'webhooks/again.yaml': signed('/again', 'transform: { entry: "t.js#make" }\nretry: { max_attempts: 4, initial_delay_s: 1, max_delay_s: 1 }'), 't.js': `export const make = () => ({ dice: Math.random() })` } },
      { secrets: secrets() },
    );
    await tenant.owner.post('/api/events', { type: 'build.completed', data: {} });
    await sink.arrived('/again', 3);
    const delivery = await onlyDelivery(tenant);
    expect(delivery).toMatchObject({ status: 'succeeded', attempt_count: 3 });
    expect(delivery.attempts.map((attempt: { response: { status: number; body: string }; error: { code: string } | null }) => [attempt.response.status, attempt.response.body, attempt.error?.code])).toEqual([
      [500, 'no. 1', 'HTTP_500'],
      [500, 'no. 2', 'HTTP_500'],
      [200, 'no. 3', undefined],
    ]);
    const replay = await tenant.owner.post(`/api/webhooks/deliveries/${delivery.id}/replay`);
    expect(replay).toMatchObject({ status: 202, body: { delivery_id: delivery.id, run_id: expect.stringMatching(/^run_/), status: 'queued' } });
    const arrivals = await sink.arrived('/again', 4);
    expect(new Set(arrivals.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(arrivals.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.id]));
    for (const arrival of arrivals) expect(verify(arrival, key)).toBeTruthy();
    expect(await ended(tenant, delivery.id)).toMatchObject({ status: 'succeeded', attempt_count: 4 });
    expect((await deliveries(tenant)).body.items).toHaveLength(1);
  });

  it.skipIf(leftOut)('of the tenant’s own are registered, tested, rotated with two signatures, and removed by REST', async () => {
    const tenant = await annex.makeTenant();
    const { owner } = tenant;
    const made = await owner.post('/api/webhooks', { name: 'crm', url: `${sink.url}/own?token=abc`, events: ['order.*'], headers: { 'X-Api-Key': 'a-secret-header' }, retry: { max_attempts: 1 } });
    expect(made).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^whk_/), name: 'crm', origin: 'api', plugin: null, url: `${sink.url}/own?token=***`, status: 'enabled', secret: expect.stringMatching(/^whsec_/), headers: ['X-Api-Key'] } });
    const { id, secret } = made.body;
    expect((await owner.get(`/api/webhooks/${id}`)).body).not.toHaveProperty('secret');
    expect(await owner.post('/api/webhooks', { name: 'crm', url: sink.url, events: ['a.b'] })).toMatchObject({ status: 409, body: { code: 'WEBHOOK_EXISTS' } });
    expect(await owner.post('/api/webhooks', { name: 'bad', url: 'http://169.254.169.254/', events: ['A B'], headers: { 'x y': '1' } })).toMatchObject({
      status: 422,
      body: { code: 'WEBHOOK_INVALID', errors: [{ pointer: '/url' }, { pointer: '/events/0' }, { pointer: '/headers/x y' }] },
    });
    await owner.post('/api/events', { type: 'order.paid', id: 'o1', data: { total: 1 } });
    const [first] = await sink.arrived('/own');
    expect(first).toMatchObject({ path: '/own?token=abc', headers: { 'x-api-key': 'a-secret-header' } });
    expect(verify(first!, secret)).toMatchObject({ id: 'o1', type: 'order.paid', data: { total: 1 } });
    const delivery = await onlyDelivery(tenant, `webhook=${id}`);
    expect(JSON.stringify(delivery)).not.toMatch(/a-secret-header|token=abc/);

    const rotated = await owner.post(`/api/webhooks/${id}/rotate`);
    expect(rotated).toMatchObject({ status: 200, body: { secret: expect.stringMatching(/^whsec_/), previous_secret_until: expect.any(String) } });
    const tested = await owner.post(`/api/webhooks/${id}/test`, { data: { hello: 1 } });
    expect(tested).toMatchObject({ status: 202, body: { delivery_id: expect.stringMatching(/^dlv_/) } });
    const [, second] = await sink.arrived('/own', 2);
    expect(String(second!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect(verify(second!, secret)).toMatchObject({ type: 'webhook.test', data: { hello: 1 } });
    expect(verify(second!, rotated.body.secret)).toBeTruthy();

    expect((await owner.patch(`/api/webhooks/${id}`, { events: ['order.paid'], description: 'CRM' })).body).toMatchObject({ events: ['order.paid'], description: 'CRM', headers: ['X-Api-Key'] });
    expect((await owner.delete(`/api/webhooks/${id}`)).status).toBe(204);
    expect((await owner.get(`/api/webhooks/${id}`)).body).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
    expect((await owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(200);
    const other = await annex.makeTenant();
    expect((await other.owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(404);
    const rows = JSON.stringify([await annex.db.sql('select * from webhooks'), await annex.db.sql('select request, response, error from webhook_attempts'), await annex.db.sql('select * from runs where webhook_id is not null')]);
    for (const hidden of [secret, 'a-secret-header', rotated.body.secret]) expect(rows).not.toContain(hidden);
  });
});
