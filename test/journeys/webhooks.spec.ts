import { createHmac } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { mayLeaveOutRedis, startRedis } from '../support/redis-server.js';
import { startWebhookSink, type Arrival, type WebhookSink } from '../support/webhook-sink.js';
import { pluginCode } from '../support/plugin-code.js';

const plainMain = `import { hook } from '@annex/sdk'; hook('nothing.ever', () => 1)`;
const manifest = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  slug: 'sender',
  permissions: ['emit_webhook'],
  events: ['nothing.ever'],
  secrets: ['HOOK_URL', 'HOOK_KEY'],
  ...more,
});
const signed = (path: string, more = ''): string => `api_version: v1
on: ["build.completed", "auth.user.created"]
delivery:
  url: "\${SECRET:HOOK_URL}${path}"
  headers: { X-Source: "annex", X-Tenant: "\${TENANT_ID}" }
  signing: { alg: "HMAC-SHA256", secret: "\${SECRET:HOOK_KEY}" }
${more}`;
const key = `whsec_${Buffer.from('a key of twenty-four byt').toString('base64')}`;

const plainHeaders = ({ headers }: Arrival): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
const verify = (arrival: Arrival, secret: string): unknown =>
  new Webhook(secret).verify(arrival.body.toString(), plainHeaders(arrival));

/**
 * An endpoint that takes every delivery, and answers with a body that is large, endless or broken, as the path says.
 */
async function startOddEndpoint(): Promise<{ url: string; taken(path: string): number; close(): Promise<void> }> {
  const taken = new Map<string, number>();
  const answers: Record<string, (socket: Socket) => void> = {
    large: (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${5 * 2 ** 20}\r\n\r\n${'x'.repeat(5 * 2 ** 20)}`),
    endless: (socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = (): void =>
        void (socket.destroyed || socket.write('1;ext=none\r\nx\r\n'.repeat(1_000), () => setImmediate(more)));
      more();
    },
    broken: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'),
    garbled: (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwhole\r\nzzzz\r\n'),
    unzipped: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain'),
  };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.once('data', (head) => {
      const path = /^POST \/(\w+)/.exec(String(head))?.[1] ?? '';
      taken.set(path, (taken.get(path) ?? 0) + 1);
      socket.resume();
      answers[path]?.(socket);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: (path) => taken.get(path) ?? 0,
    close: () =>
      new Promise((done) => {
        for (const socket of open) socket.destroy();
        server.close(() => done());
      }),
  };
}

describe.each(['postgres', 'redis'] as const)('webhooks, queued on %s', (backend) => {
  let annex: TestAnnex;
  let sink: WebhookSink;
  let odd: Awaited<ReturnType<typeof startOddEndpoint>>;
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
  const leftOut = backend === 'redis' && mayLeaveOutRedis;

  beforeAll(async () => {
    if (leftOut) return;
    sink = await startWebhookSink();
    odd = await startOddEndpoint();
    redis = backend === 'redis' ? await startRedis() : undefined;
    annex = await startTestAnnex({
      ANNEX_EGRESS_ALLOW_PRIVATE: `${new URL(sink.url).host},${new URL(odd.url).host}`,
      ...(redis && { REDIS_URL: redis.url }),
    });
  });
  afterAll(async () => {
    await annex?.stop();
    await redis?.close();
    await sink?.close();
    await odd?.close();
  });

  const secrets = (): Record<string, string> => ({ HOOK_URL: sink.url, HOOK_KEY: key });
  const deliveries = (tenant: TestTenant, query = ''): Promise<Answer> =>
    tenant.owner.get(`/api/webhooks/deliveries?${query}`);
  const ended = async (tenant: TestTenant, id: string): Promise<Answer['body']> =>
    (
      await until(
        () => tenant.owner.get(`/api/webhooks/deliveries/${id}`),
        ({ body }) => ['succeeded', 'failed', 'skipped', 'cancelled'].includes(body.status),
      )
    ).body;
  const onlyDelivery = async (tenant: TestTenant, query = ''): Promise<Answer['body']> => {
    const { body } = await until(
      () => deliveries(tenant, query),
      (answer) => answer.body.items.length > 0,
    );
    return ended(tenant, body.items[0].id);
  };

  it.skipIf(leftOut)(
    'of a package send what their transform makes of an event, signed, with secrets and tenant filled in',
    async () => {
      const tenant = await annex.makeTenant();
      const installed = await tenant.install(
        {
          manifest: manifest(),
          code: plainMain,
          files: {
            'webhooks/build.yaml': signed(
              '/first',
              'transform: { language: "javascript", entry: "transforms/build.ts#transform" }\nretry: { ' +
                'max_attempts: 6, backoff: "exponential", initial_delay_s: 5, max_delay_s: 3600 }',
            ),
            'transforms/build.ts': `import { word } from './word.ts';
              export function transform(event: any, ctx: any) {
                return { [word]: event.data.id, type: event.type, by: ctx.tenantId, webhook: ctx.webhook.name };
              }`,
            'transforms/word.ts': `export const word: string = 'build'`,
          },
        },
        { secrets: secrets() },
      );
      expect(installed.status).toBe(200);
      const { body: event } = await tenant.owner.post('/api/events', { type: 'build.completed', data: { id: 7 } });
      const [arrival] = await sink.arrived('/first');
      expect(arrival).toMatchObject({
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-source': 'annex',
          'x-tenant': tenant.slug,
          'webhook-id': expect.stringMatching(/^dlv_/),
          'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
        },
      });
      expect(JSON.parse(String(arrival!.body))).toEqual({
        build: 7,
        type: 'build.completed',
        by: tenant.slug,
        webhook: 'build',
      });
      expect(verify(arrival!, key)).toBeTruthy();
      const bytes = Buffer.from(key.slice(6), 'base64');
      expect(arrival!.headers['x-signature']).toBe(
        `sha256=${createHmac('sha256', bytes).update(arrival!.body).digest('hex')}`,
      );
      const delivery = await onlyDelivery(tenant, 'webhook=build');
      expect(delivery).toMatchObject({
        id: arrival!.headers['webhook-id'],
        webhook: 'build',
        plugin: 'sender',
        event_id: event.event_id,
        event_type: 'build.completed',
        status: 'succeeded',
        attempt_count: 1,
      });
      expect(delivery.attempts).toMatchObject([
        {
          number: 1,
          request: { method: 'POST', url: '${SECRET:HOOK_URL}/first', body: arrival!.body.toString() },
          response: { status: 200, body: 'ok' },
          error: null,
        },
      ]);
      expect((await tenant.owner.get(`/api/events/${event.event_id}`)).body.deliveries).toMatchObject([
        { plugin: 'sender', webhook: 'build', status: 'succeeded', attempts: 1 },
      ]);
      const { body: list } = await tenant.owner.get('/api/webhooks');
      expect(list).toMatchObject({
        items: [
          {
            id: expect.stringMatching(/^whk_/),
            name: 'build',
            origin: 'package',
            plugin: 'sender',
            status: 'enabled',
            events: ['build.completed', 'auth.user.created'],
            failures: 0,
            signed: true,
            last_delivery: { id: delivery.id, error: null },
          },
        ],
        next_cursor: null,
      });
    },
  );

  it.skipIf(leftOut)('without a transform send the event itself', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      { manifest: manifest(), code: plainMain, files: { 'webhooks/plain.yaml': signed('/plain') } },
      { secrets: secrets() },
    );
    await tenant.owner.post('/api/events', {
      type: 'build.completed',
      id: 'b1',
      source: '/ci',
      subject: 's',
      data: { id: 1 },
      time: '2026-01-02T03:04:05Z',
    });
    const [arrival] = await sink.arrived('/plain');
    expect(JSON.parse(String(arrival!.body))).toEqual({
      id: 'b1',
      type: 'build.completed',
      source: '/ci',
      subject: 's',
      time: '2026-01-02T03:04:05.000Z',
      data: { id: 1 },
    });
  });

  it.skipIf(leftOut)('are tried again with the same bytes and id and a new signature, and replayed so', async () => {
    const tenant = await annex.makeTenant();
    sink.answer('/again', (nth) => ({ status: nth < 3 ? 500 : 200, body: `no. ${nth}` }));
    await tenant.install(
      {
        manifest: manifest(),
        code: plainMain,
        files: {
          'webhooks/again.yaml': signed(
            '/again',
            'transform: { entry: "t.js#make" }\nretry: { max_attempts: 4, initial_delay_s: 1, max_delay_s: 1 }',
          ),
          't.js': `export const make = () => ({ dice: Math.random() })`,
        },
      },
      { secrets: secrets() },
    );
    await tenant.owner.post('/api/events', { type: 'build.completed', data: {} });
    await sink.arrived('/again', 3);
    const delivery = await onlyDelivery(tenant);
    expect(delivery).toMatchObject({ status: 'succeeded', attempt_count: 3 });
    expect(
      delivery.attempts.map(
        (attempt: { response: { status: number; body: string }; error: { code: string } | null }) => [
          attempt.response.status,
          attempt.response.body,
          attempt.error?.code,
        ],
      ),
    ).toEqual([
      [500, 'no. 1', 'HTTP_500'],
      [500, 'no. 2', 'HTTP_500'],
      [200, 'no. 3', undefined],
    ]);
    const replay = await tenant.owner.post(`/api/webhooks/deliveries/${delivery.id}/replay`);
    expect(replay).toMatchObject({
      status: 202,
      body: { delivery_id: delivery.id, run_id: expect.stringMatching(/^run_/), status: 'queued' },
    });
    const arrivals = await sink.arrived('/again', 4);
    expect(new Set(arrivals.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(arrivals.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.id]));
    for (const arrival of arrivals) expect(verify(arrival, key)).toBeTruthy();
    expect(await ended(tenant, delivery.id)).toMatchObject({ status: 'succeeded', attempt_count: 4 });
    expect((await deliveries(tenant)).body.items).toHaveLength(1);
  });

  it.skipIf(leftOut)(
    'of the tenant’s own are registered, tested, rotated with two signatures, and removed by REST',
    async () => {
      const tenant = await annex.makeTenant();
      const { owner } = tenant;
      const made = await owner.post('/api/webhooks', {
        name: 'crm',
        url: `${sink.url}/own?token=abc`,
        events: ['order.*'],
        headers: { 'X-Api-Key': 'a-secret-header' },
        retry: { max_attempts: 1 },
      });
      expect(made).toMatchObject({
        status: 201,
        body: {
          id: expect.stringMatching(/^whk_/),
          name: 'crm',
          origin: 'api',
          plugin: null,
          url: `${sink.url}/own?token=***`,
          status: 'enabled',
          secret: expect.stringMatching(/^whsec_/),
          headers: ['X-Api-Key'],
        },
      });
      const { id, secret } = made.body;
      expect((await owner.get(`/api/webhooks/${id}`)).body).not.toHaveProperty('secret');
      expect(await owner.post('/api/webhooks', { name: 'crm', url: sink.url, events: ['a.b'] })).toMatchObject({
        status: 409,
        body: { code: 'WEBHOOK_EXISTS' },
      });
      expect(
        await owner.post('/api/webhooks', {
          name: 'bad',
          url: 'http://169.254.169.254/',
          events: ['A B'],
          headers: { 'x y': '1' },
        }),
      ).toMatchObject({
        status: 422,
        body: {
          code: 'WEBHOOK_INVALID',
          errors: [{ pointer: '/url' }, { pointer: '/events/0' }, { pointer: '/headers/x y' }],
        },
      });
      await owner.post('/api/events', { type: 'order.paid', id: 'o1', data: { total: 1 } });
      const [first] = await sink.arrived('/own');
      expect(first).toMatchObject({ path: '/own?token=abc', headers: { 'x-api-key': 'a-secret-header' } });
      expect(verify(first!, secret)).toMatchObject({ id: 'o1', type: 'order.paid', data: { total: 1 } });
      const delivery = await onlyDelivery(tenant, `webhook=${id}`);
      expect(JSON.stringify(delivery)).not.toMatch(/a-secret-header|token=abc/);

      const rotated = await owner.post(`/api/webhooks/${id}/rotate`);
      expect(rotated).toMatchObject({
        status: 200,
        body: { secret: expect.stringMatching(/^whsec_/), previous_secret_until: expect.any(String) },
      });
      const tested = await owner.post(`/api/webhooks/${id}/test`, { data: { hello: 1 } });
      expect(tested).toMatchObject({ status: 202, body: { delivery_id: expect.stringMatching(/^dlv_/) } });
      const [, second] = await sink.arrived('/own', 2);
      expect(String(second!.headers['webhook-signature']).split(' ')).toHaveLength(2);
      expect(verify(second!, secret)).toMatchObject({ type: 'webhook.test', data: { hello: 1 } });
      expect(verify(second!, rotated.body.secret)).toBeTruthy();

      expect(
        (await owner.patch(`/api/webhooks/${id}`, { events: ['order.paid'], description: 'CRM' })).body,
      ).toMatchObject({ events: ['order.paid'], description: 'CRM', headers: ['X-Api-Key'] });
      expect((await owner.delete(`/api/webhooks/${id}`)).status).toBe(204);
      expect((await owner.get(`/api/webhooks/${id}`)).body).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      expect((await owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(200);
      const other = await annex.makeTenant();
      expect((await other.owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(404);
      const rows = JSON.stringify([
        await annex.db.sql('select * from webhooks'),
        await annex.db.sql('select request, response, error from webhook_attempts'),
        await annex.db.sql('select * from runs where webhook_id is not null'),
      ]);
      for (const hidden of [secret, 'a-secret-header', rotated.body.secret]) expect(rows).not.toContain(hidden);
    },
  );

  it.skipIf(leftOut)('wait as long as a busy endpoint asks, and take no redirect for an answer', async () => {
    const tenant = await annex.makeTenant();
    sink.answer('/busy', (nth) => (nth === 1 ? { status: 429, headers: { 'retry-after': '2' } } : { status: 204 }));
    sink.answer('/moved', () => ({ status: 307, headers: { location: `${sink.url}/elsewhere` } }));
    const { owner } = tenant;
    await owner.post('/api/webhooks', {
      name: 'busy',
      url: `${sink.url}/busy`,
      events: ['go.now'],
      retry: { max_attempts: 2, initial_delay_s: 600 },
    });
    await owner.post('/api/webhooks', {
      name: 'moved',
      url: `${sink.url}/moved`,
      events: ['go.now'],
      retry: { max_attempts: 1 },
    });
    await owner.post('/api/events', { type: 'go.now' });
    const [first, second] = await sink.arrived('/busy', 2);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1900);
    const moved = await onlyDelivery(tenant, 'webhook=moved');
    expect(moved).toMatchObject({
      status: 'failed',
      error: { code: 'DELIVERY_FAILED', message: expect.stringContaining('redirects are not followed') },
      attempts: [{ response: { status: 307 }, error: { code: 'HTTP_307' } }],
    });
    expect(sink.at('/elsewhere')).toEqual([]);
    expect((await owner.get('/api/dead-letters?kind=webhook')).body.items).toMatchObject([
      { name: 'moved', plugin: null },
    ]);
  });

  it.skipIf(leftOut)(
    'stop at an endpoint that is gone or fails for too long, with the reason, and go on when an admin says so',
    async () => {
      const tenant = await annex.makeTenant();
      const { owner } = tenant;
      sink.answer('/gone', (nth) => ({ status: nth === 1 ? 410 : 200 }));
      sink.answer('/down', () => ({ status: 503 }));
      const made = await owner.post('/api/webhooks', { name: 'gone', url: `${sink.url}/gone`, events: ['stop.now'] });
      for (const name of ['hundred', 'five-days'])
        await owner.post('/api/webhooks', {
          name,
          url: `${sink.url}/down`,
          events: ['stop.now'],
          retry: { max_attempts: 1 },
        });
      await annex.db.sql(
        `update webhooks set failures = 99, failing_since = now()
         where name = 'hundred' and tenant_id = (select id from tenants where slug = $1)`,
        [tenant.slug],
      );
      await annex.db.sql(
        `update webhooks set failures = 7, failing_since = now() - interval '5 days'
         where name = 'five-days' and tenant_id = (select id from tenants where slug = $1)`,
        [tenant.slug],
      );
      await owner.post('/api/events', { type: 'stop.now' });
      const list = await until(
        () => owner.get('/api/webhooks'),
        ({ body }) => body.items.every((each: { status: string }) => each.status === 'disabled'),
      );
      expect(list.body.items.map((each: { name: string; reason: string }) => [each.name, each.reason])).toEqual([
        ['gone', expect.stringContaining('410 Gone')],
        ['hundred', expect.stringContaining('100 attempts in a row failed')],
        ['five-days', expect.stringContaining('Every attempt since')],
      ]);
      expect(
        (await owner.get('/api/audit')).body.items.filter(
          (row: { action: string }) => row.action === 'webhook.disabled',
        ),
      ).toHaveLength(3);
      expect((await owner.get('/api/events?type=webhook.disabled')).body.items).toHaveLength(3);
      await owner.post('/api/events', { type: 'stop.now' });
      const skipped = await until(
        () => deliveries(tenant, `webhook=${made.body.id}&status=skipped`),
        ({ body }) => body.items.length > 0,
      );
      expect(skipped.body.items[0]).toMatchObject({
        error: { code: 'WEBHOOK_DISABLED', message: expect.stringContaining('410') },
        attempt_count: 0,
      });
      const { id } = skipped.body.items[0];
      expect(await owner.post(`/api/webhooks/deliveries/${id}/replay`)).toMatchObject({
        status: 409,
        body: { code: 'WEBHOOK_DISABLED' },
      });
      expect((await owner.post(`/api/webhooks/${made.body.id}/enable`)).body).toMatchObject({
        status: 'enabled',
        failures: 0,
      });
      expect((await owner.post(`/api/webhooks/deliveries/${id}/replay`)).status).toBe(202);
      expect(await ended(tenant, id)).toMatchObject({ status: 'succeeded', attempt_count: 1 });
    },
  );

  it.skipIf(leftOut)('of a package that may not send them fail with PERMISSION_DENIED and send nothing', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      {
        manifest: manifest({ permissions: [] }),
        code: plainMain,
        files: { 'webhooks/denied.yaml': signed('/denied') },
      },
      { secrets: secrets() },
    );
    expect((await tenant.owner.get('/api/webhooks')).body.items).toMatchObject([
      { name: 'denied', status: 'blocked', reason: expect.stringContaining('PERMISSION_DENIED') },
    ]);
    await tenant.owner.post('/api/events', { type: 'build.completed' });
    expect(await onlyDelivery(tenant)).toMatchObject({
      status: 'failed',
      error: { code: 'PERMISSION_DENIED' },
      attempt_count: 0,
    });
    expect(sink.at('/denied')).toEqual([]);
  });

  it.skipIf(leftOut)('are left out, failed or looked at by their scripts, which reach nothing else', async () => {
    const tenant = await annex.makeTenant();
    const t = (name: string): string =>
      signed(`/scripts-${name}`, `transform: { entry: "t.ts#${name}" }\nretry: { max_attempts: 1 }`);
    await tenant.install(
      {
        manifest: manifest({ permissions: ['emit_webhook', 'outbound_http'], http: { allow: ['127.0.0.1'] } }),
        code: plainMain,
        files: {
          'webhooks/filtered.yaml': t('filtered'),
          'webhooks/thrown.yaml': t('thrown'),
          'webhooks/endless.yaml': t('endless'),
          'webhooks/reaching.yaml': t('reaching'),
          'webhooks/after.yaml': signed('/scripts-after', 'post_transform: { entry: "t.ts#after" }'),
          't.ts': `export const filtered = (event) => (event.data.wanted ? event : null);
            export function thrown() {
              throw new Error('cannot make it');
            }
            export function endless() {
              for (;;);
            }
            export async function reaching(event, ctx) {
              let code;
              try {
                await fetch('http://127.0.0.1/');
              } catch (error) {
                code = error.code;
              }
              return { keys: Object.keys(ctx).sort(), code };
            }
            export const after = (response, sent, ctx) => ({
              status: response.status,
              said: response.body,
              type: sent.type,
              webhook: ctx.webhook.name,
            })`,
        },
      },
      { secrets: secrets() },
    );
    await tenant.owner.post('/api/events', { type: 'build.completed', data: {} });
    expect(await onlyDelivery(tenant, 'webhook=filtered')).toMatchObject({
      status: 'skipped',
      error: { code: 'DELIVERY_FILTERED' },
      attempt_count: 0,
    });
    expect(await onlyDelivery(tenant, 'webhook=thrown')).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: expect.stringContaining('cannot make it') },
      attempt_count: 0,
    });
    expect(await onlyDelivery(tenant, 'webhook=endless')).toMatchObject({
      status: 'failed',
      error: { code: expect.stringMatching(/CPU_LIMIT|TIMEOUT/) },
      attempt_count: 0,
    });
    const [reaching] = await sink.arrived('/scripts-reaching');
    expect(JSON.parse(String(reaching!.body))).toEqual({
      keys: ['config', 'log', 'plugin', 'tenant', 'tenantId', 'webhook'],
      code: 'PERMISSION_DENIED',
    });
    const after = await onlyDelivery(tenant, 'webhook=after');
    expect((await tenant.owner.get(`/api/runs/${after.run_id}`)).body).toMatchObject({
      kind: 'webhook',
      status: 'succeeded',
      result: { status: 200, said: 'ok', type: 'build.completed', webhook: 'after' },
    });
    for (const name of ['filtered', 'thrown', 'endless']) expect(sink.at(`/scripts-${name}`)).toEqual([]);
  });

  it.skipIf(leftOut)(
    'are sent by ctx.webhooks.send through the same transform, in a background run only with its success',
    async () => {
      const tenant = await annex.makeTenant();
      const installed = await tenant.install(
        {
          manifest: manifest({ routes: true, events: ['send.twice'] }),
          code: pluginCode('sends-by-hand'),
          files: {
            'webhooks/direct.yaml': signed('/direct').replace(/^on: .*/m, 'on: []'),
            'webhooks/made.yaml': signed('/made', 'transform: { entry: "t.ts#made" }').replace(/^on: .*\n/m, ''),
            't.ts': `export const made = (event) => ({ twice: event.data.n * 2, type: event.type })`,
          },
        },
        { secrets: secrets() },
      );
      expect(installed).toMatchObject({ status: 200 });
      const body = (await tenant.owner.get('/ext/sender/send')).body.list;
      expect(body).toEqual([
        { delivery_id: expect.stringMatching(/^dlv_/), status: 'queued' },
        { delivery_id: expect.stringMatching(/^dlv_/), status: 'queued' },
        ['WEBHOOK_UNKNOWN', expect.stringContaining('Did you mean "direct"?')],
      ]);
      const [direct] = await sink.arrived('/direct');
      expect(direct).toMatchObject({ headers: { 'webhook-id': body[0].delivery_id } });
      expect(JSON.parse(String(direct!.body))).toEqual({ n: 1 });
      const [made] = await sink.arrived('/made');
      expect(JSON.parse(String(made!.body))).toEqual({ twice: 4, type: 'webhook.send' });
      await tenant.owner.post('/api/events', { type: 'send.twice' });
      const [, only] = await sink.arrived('/direct', 2);
      expect(JSON.parse(String(only!.body))).toEqual({ attempt: 2 });
      expect((await deliveries(tenant, 'webhook=direct')).body.items).toHaveLength(2);
    },
  );

  it.skipIf(leftOut)('that are slow leave room for other endpoints and other work of the tenant', async () => {
    const tenant = await annex.makeTenant();
    const { owner } = tenant;
    const open = Promise.withResolvers<void>();
    let atOnce = 0;
    let most = 0;
    sink.answer('/slow', async () => {
      most = Math.max(most, (atOnce += 1));
      await open.promise;
      atOnce -= 1;
      return { status: 200 };
    });
    await owner.post('/api/webhooks', { name: 'slow', url: `${sink.url}/slow`, events: ['flood.slow'] });
    await owner.post('/api/webhooks', { name: 'quick', url: `${sink.url}/quick`, events: ['flood.quick'] });
    for (let n = 0; n < 12; n += 1) await owner.post('/api/events', { type: 'flood.slow', data: { n } });
    await sink.arrived('/slow', 3);
    const waiting = await until(
      () => deliveries(tenant, 'webhook=slow&status=queued'),
      ({ body }) =>
        body.items.length === 9 &&
        body.items.every((each: { waiting_for?: string }) => each.waiting_for === 'endpoint'),
    );
    expect(waiting.body.items).toHaveLength(9);
    await owner.post('/api/events', { type: 'flood.quick' });
    await sink.arrived('/quick');
    expect(sink.at('/slow')).toHaveLength(3);
    open.resolve();
    await sink.arrived('/slow', 12);
    expect(most).toBe(3);
  });

  it.skipIf(leftOut)(
    'are sent while the tenant’s plugins hold every place that they get for calls of their own',
    async () => {
      const tenant = await annex.makeTenant();
      const open = Promise.withResolvers<void>();
      sink.answer('/held', () => open.promise.then(() => ({ status: 200 })));
      const names = ['one', 'two', 'three'];
      const code = `import { job } from '@annex/sdk';
        const hold = async (ctx) =>
          (await Promise.all(Array.from({ length: 6 }, () => ctx.http.get('${sink.url}/held', { timeout_ms: 60_000 }))))
            .length;
        for (const name of ${JSON.stringify(names)}) job(name, hold)`;
      const jobs = names.map((name) => ({ name, schedule: '@yearly', timeout_ms: 120_000 }));
      const holding = {
        slug: 'holder',
        jobs,
        permissions: ['outbound_http'],
        http: { allow: [new URL(sink.url).host] },
      };
      expect((await tenant.install({ manifest: holding, code })).body).toMatchObject({ status: 'enabled' });
      await tenant.owner.post('/api/webhooks', { name: 'beside', url: `${sink.url}/beside`, events: ['beside.held'] });
      for (const name of names)
        expect((await tenant.owner.post(`/api/plugins/holder/jobs/${name}/run-now`, {})).status).toBe(202);
      await sink.arrived('/held', 16);
      await tenant.owner.post('/api/events', { type: 'beside.held' });
      await sink.arrived('/beside');
      expect(sink.at('/held')).toHaveLength(16);
      open.resolve();
      await sink.arrived('/held', 18);
    },
  );

  it.skipIf(leftOut)(
    'keep signing with a plugin’s former secret beside the new one, and name what is wrong with a bad one',
    async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(
        {
          manifest: manifest(),
          code: plainMain,
          files: {
            'webhooks/turn.yaml': signed('/turn', 'retry: { max_attempts: 1 }').replace(
              '"annex"',
              '"${SECRET:HOOK_URL}"',
            ),
          },
        },
        { secrets: secrets() },
      );
      await tenant.owner.put('/api/plugins/sender/secrets/HOOK_KEY', { value: 'another key, as text' });
      await tenant.owner.post('/api/events', { type: 'build.completed' });
      const [arrival] = await sink.arrived('/turn');
      expect(verify(arrival!, key)).toBeTruthy();
      expect(arrival!.headers['x-signature']).toBe(
        `sha256=${createHmac('sha256', 'another key, as text').update(arrival!.body).digest('hex')}`,
      );
      const send = async (): Promise<Answer['body']> =>
        ended(tenant, (await tenant.owner.post('/api/webhooks/turn/test')).body.delivery_id);
      // What its text tells is told when it is set, of a tenant-wide one with the plugin that reads it; what only
      // sending tells, by the delivery.
      const bad = ['http://127.0.0.1:1/\r\nX-Evil: 1', 'not a url'];
      for (const value of bad)
        expect((await tenant.owner.put('/api/plugins/sender/secrets/HOOK_URL', { value })).body).toMatchObject({
          code: 'SECRET_UNFIT',
        });
      // The plugin's own value is the one that it reads.
      expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value: 'not a url' })).status).toBe(200);
      await tenant.owner.delete('/api/plugins/sender/secrets/HOOK_URL');
      const failed = {
        status: 'failed',
        error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('url') as string },
      };
      expect(await send()).toMatchObject(failed);
      for (const value of bad)
        expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value })).body).toMatchObject({
          code: 'SECRET_UNFIT',
          detail: expect.stringContaining('the plugin sender, webhooks/turn.yaml') as string,
        });
      const value = 'http://169.254.169.254';
      expect((await tenant.owner.put('/api/secrets/HOOK_URL', { value })).status).toBe(200);
      const delivery = await send();
      expect(delivery).toMatchObject(failed);
      expect(JSON.stringify(delivery)).not.toContain(value);
      await tenant.owner.delete('/api/plugins/sender/secrets/HOOK_KEY');
      expect(await send()).toMatchObject({
        status: 'failed',
        error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('HOOK_KEY') },
      });
    },
  );

  it.skipIf(leftOut)(
    'put each secret in its place of the URL, and send none to a host that it is not meant for',
    async () => {
      const tenant = await annex.makeTenant();
      const { host } = new URL(sink.url);
      const url = (text: string, more = ''): string =>
        `api_version: v1\nretry: { max_attempts: 1 }\ndelivery:\n  url: "${text}"\n${more}`;
      const files = {
        'webhooks/query.yaml': url(`${sink.url}/bound/\${SECRET:WORD}?key=\${SECRET:WORD}&v=1`),
        'webhooks/bound.yaml': url(`${sink.url}/bound`, '  headers: { authorization: "Bearer ${SECRET:BOUND}" }'),
        'webhooks/signed.yaml': url(`${sink.url}/bound`, '  signing: { secret: "${SECRET:BOUND}" }'),
        'webhooks/elsewhere.yaml': url('https://${TENANT_ID}.elsewhere.example/hook'),
        'webhooks/chosen.yaml': url('${SECRET:CHOSEN}/bound/chosen'),
      };
      expect(
        (
          await tenant.install(
            {
              manifest: manifest({ secrets: ['WORD', 'BOUND', 'CHOSEN'], http: { allow: [host] } }),
              code: plainMain,
              files,
            },
            { secrets: { WORD: 'p#q&admin=1', CHOSEN: sink.url } },
          )
        ).status,
      ).toBe(200);
      const bind = (hosts: string[]): Promise<Answer> =>
        tenant.owner.put('/api/plugins/sender/secrets/BOUND', { value: 'bound-to-hosts', allowed_hosts: hosts });
      const send = async (name: string): Promise<Answer['body']> =>
        ended(tenant, (await tenant.owner.post(`/api/webhooks/${name}/test`, {})).body.delivery_id);

      expect(await send('query')).toMatchObject({ status: 'succeeded' });
      expect((await sink.arrived('/bound/p%23q%26admin%3D1')).map(({ path }) => path)).toEqual([
        '/bound/p%23q%26admin%3D1?key=p%23q%26admin%3D1&v=1',
      ]);
      // What is known when it is set is told then, of a tenant-wide one too.
      expect(await bind(['api.example.com'])).toMatchObject({
        status: 422,
        body: {
          code: 'SECRET_UNFIT',
          errors: [
            { pointer: '/allowed_hosts', detail: expect.stringContaining('webhooks/bound.yaml') },
            { pointer: '/allowed_hosts' },
          ],
        },
      });
      const bindAll = (): Promise<Answer> =>
        tenant.owner.put('/api/secrets/BOUND', { value: 'bound-to-hosts', allowed_hosts: ['api.example.com'] });
      expect((await bindAll()).body).toMatchObject({ code: 'SECRET_UNFIT' });
      // While the plugin has a value of its own it does not read the tenant's; once that goes, each delivery tells.
      await bind([host.split(':')[0] ?? '']);
      expect((await bindAll()).status).toBe(200);
      await tenant.owner.delete('/api/plugins/sender/secrets/BOUND');
      for (const name of ['bound', 'signed'])
        expect(await send(name), name).toMatchObject({
          status: 'failed',
          error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('"api.example.com" only') },
        });
      expect(sink.at('/bound')).toHaveLength(0);
      await bind([host.split(':')[0] ?? '']);
      expect(await send('bound')).toMatchObject({ status: 'succeeded' });
      expect(sink.at('/bound')[0]?.headers.authorization).toBe('Bearer bound-to-hosts');
      // The package's own hosts keep to http.allow; a host that an admin wrote into a secret is the admin's word.
      expect(await send('elsewhere')).toMatchObject({
        status: 'failed',
        error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('EGRESS_HOST_NOT_ALLOWED') },
      });
      expect(
        await tenant.owner.put('/api/plugins/sender/secrets/CHOSEN', { value: sink.url.replace('127.0.0.1', '127.1') }),
      ).toMatchObject({ status: 200 });
      expect(await send('chosen')).toMatchObject({ status: 'succeeded' });
    },
  );

  it.skipIf(leftOut)('have their secrets judged when they are set, by where the package puts them', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      { manifest: manifest(), code: plainMain, files: { 'webhooks/build.yaml': signed('/judged') } },
      { enable: false },
    );
    const put = (name: string, value: string): Promise<Answer> =>
      tenant.owner.put(`/api/plugins/sender/secrets/${name}`, { value });
    const refused = async (name: string, value: string): Promise<void> => {
      const answer = await put(name, value);
      expect(answer, value).toMatchObject({
        status: 422,
        body: {
          code: 'SECRET_UNFIT',
          errors: [{ pointer: '/value', detail: expect.stringContaining('webhooks/build.yaml') }],
        },
      });
      expect(JSON.stringify(answer.body)).not.toContain(value);
    };
    await refused('HOOK_URL', 'https://x.example/with blank');
    await refused('HOOK_URL', 'x.example/hook');
    await refused('HOOK_KEY', 'v1,whsec_c2VjcmV0c2VjcmV0');
    await refused('HOOK_KEY', 'whsec_not base64');
    expect(
      (await tenant.owner.post('/api/plugins/sender/secrets', { key: 'HOOK_URL', value: 'ftp://x.example' })).status,
    ).toBe(422);
    expect((await put('HOOK_URL', sink.url)).status).toBe(200);
    expect((await put('HOOK_KEY', key)).status).toBe(200);
  });

  it.skipIf(leftOut)(
    'are taken once the status says so: an answer that is large, endless or broken is cut and nothing is sent again',
    async () => {
      const tenant = await annex.makeTenant();
      const shown: Record<string, unknown> = {
        large: 'x'.repeat(16_384),
        endless: expect.stringMatching(/^x+$/),
        broken: 'short',
        garbled: 'whole',
        unzipped: '',
      };
      for (const [name, body] of Object.entries(shown)) {
        expect(
          (
            await tenant.owner.post('/api/webhooks', {
              name,
              url: `${odd.url}/${name}`,
              events: ['nothing.here'],
              retry: { initial_delay_s: 1 },
            })
          ).status,
        ).toBe(201);
        const { body: test } = await tenant.owner.post(`/api/webhooks/${name}/test`, {});
        const delivery = await ended(tenant, test.delivery_id);
        expect(delivery, name).toMatchObject({
          status: 'succeeded',
          attempt_count: 1,
          attempts: [{ response: { body, body_truncated: true }, error: null }],
        });
        expect(odd.taken(name)).toBe(1);
      }
    },
  );

  describe('that come in', () => {
    const raw = (
      tenant: { slug: string },
      source: string,
      body: string,
      headers: Record<string, string> = {},
    ): Promise<Answer> =>
      fetch(`${annex.url}/hooks/${tenant.slug}/${source}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      }).then(async (response) => ({
        status: response.status,
        headers: response.headers,
        body: await response.json().catch(() => null),
      }));
    const hex = (secret: string, body: string): string => createHmac('sha256', secret).update(body).digest('hex');

    it.skipIf(leftOut)(
      'become the event webhook.received once they are believed, and the same delivery only once',
      async () => {
        const tenant = await annex.makeTenant();
        const { owner } = tenant;
        expect(
          await owner.put('/api/hooks/github', { preset: 'github', secret: "It's a Secret to Everybody" }),
        ).toMatchObject({
          status: 201,
          body: { source: 'github', preset: 'github', path: `/hooks/${tenant.slug}/github`, tolerance_s: 300 },
        });
        expect(JSON.stringify((await owner.get('/api/hooks/github')).body)).not.toContain('Everybody');
        await tenant.install({
          manifest: { slug: 'ear', events: ['webhook.received'] },
          code: `import { hook } from '@annex/sdk'; hook('webhook.received', (ctx, event) => event)`,
        });
        const vector = {
          'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
          'x-github-event': 'push',
          'x-github-delivery': 'guid-1',
          authorization: 'Bearer x',
          cookie: 'a=b',
        };
        const taken = await raw(tenant, 'github', 'Hello, World!', vector);
        expect(taken).toMatchObject({ status: 202, body: { event_id: expect.any(String) } });
        expect(await raw(tenant, 'github', 'Hello, World!', vector)).toMatchObject({
          status: 200,
          body: { event_id: taken.body.event_id, duplicate: true },
        });
        const event = await until(
          () => owner.get(`/api/events/${encodeURIComponent(taken.body.event_id)}`),
          ({ body }) => body.deliveries?.[0]?.status === 'succeeded',
        );
        expect(event.body).toMatchObject({
          type: 'webhook.received',
          source: 'annex:hooks/github',
          subject: 'github',
          data: {
            source: 'github',
            event_type: 'push',
            delivery_id: 'guid-1',
            body: 'Hello, World!',
            body_encoding: 'text',
          },
        });
        expect(event.body.data.headers).toEqual({
          'content-type': 'application/json',
          'user-agent': expect.any(String),
          'x-github-delivery': 'guid-1',
          'x-github-event': 'push',
        });
        expect(event.body.deliveries).toHaveLength(1);
        expect(await raw(tenant, 'github', 'Hello, World?', vector)).toMatchObject({
          status: 401,
          body: { code: 'INVALID_SIGNATURE' },
        });
        const [noSource, noTenant] = [
          await raw(tenant, 'gitlab', '{}'),
          await raw({ slug: 'no-such-tenant' }, 'github', '{}'),
        ];
        expect(noSource).toMatchObject({ status: 404, body: { code: 'HOOK_NOT_FOUND' } });
        expect({ ...noTenant.body, request_id: '' }).toEqual({ ...noSource.body, request_id: '' });
        expect((await raw(tenant, 'github', 'x'.repeat(1024 * 1024 + 1), vector)).status).toBe(413);
        const large = JSON.stringify({ a: 'x'.repeat(300_000) });
        expect(
          await raw(tenant, 'github', large, {
            'x-hub-signature-256': `sha256=${hex("It's a Secret to Everybody", large)}`,
          }),
        ).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE', limit: 262_144 } });
      },
    );

    it.skipIf(leftOut)('are believed by the habits of their senders', async () => {
      const tenant = await annex.makeTenant();
      const { owner } = tenant;
      const now = Math.floor(Date.now() / 1000);
      for (const [source, preset] of [
        ['pay', 'stripe'],
        ['chat', 'slack'],
        ['std', 'standard-webhooks'],
        ['own', 'sha256'],
      ] as const)
        expect((await owner.put(`/api/hooks/${source}`, { preset, secret: 'a-secret' })).status).toBe(201);
      const stripe = (time: number): Promise<Answer> =>
        raw(tenant, 'pay', '{"id":"evt_1","type":"charge.succeeded"}', {
          'stripe-signature': `t=${time},v1=${hex('a-secret', `${time}.{"id":"evt_1","type":"charge.succeeded"}`)}`,
        });
      expect((await stripe(now)).status).toBe(202);
      expect(await stripe(now + 1)).toMatchObject({ status: 200, body: { duplicate: true } });
      expect((await stripe(now - 400)).status).toBe(401);
      const challenge = '{"type":"url_verification","challenge":"abc"}';
      expect(
        await raw(tenant, 'chat', challenge, {
          'x-slack-request-timestamp': String(now),
          'x-slack-signature': `v0=${hex('a-secret', `v0:${now}:${challenge}`)}`,
        }),
      ).toMatchObject({ status: 200, body: { challenge: 'abc' } });
      expect((await raw(tenant, 'chat', challenge)).status).toBe(401);
      const standard = new Webhook('a-secret', { format: 'raw' });
      const signature = standard.sign('msg_1', new Date(), '{"type":"x"}');
      expect(
        (
          await raw(tenant, 'std', '{"type":"x"}', {
            'webhook-id': 'msg_1',
            'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
            'webhook-signature': signature,
          })
        ).status,
      ).toBe(202);
      expect((await raw(tenant, 'own', '{}', { 'x-signature': hex('a-secret', '{}') })).status).toBe(202);
      await owner.put('/api/hooks/own', { preset: 'sha256', secret: 'a-later-secret' });
      for (const secret of ['a-secret', 'a-later-secret'])
        expect((await raw(tenant, 'own', '{}', { 'x-signature': hex(secret, '{}') })).status).toBe(202);
      expect((await owner.get('/api/hooks')).body.items).toHaveLength(4);
      expect(await owner.put('/api/hooks/new', { preset: 'github' })).toMatchObject({
        status: 422,
        body: { code: 'HOOK_INVALID', errors: [{ pointer: '/secret' }] },
      });
      expect((await owner.delete('/api/hooks/own')).status).toBe(204);
      expect((await raw(tenant, 'own', '{}')).status).toBe(404);
      expect(await (await tenant.as('member')).get('/api/hooks')).toMatchObject({ status: 403 });
    });
  });
});

describe('a package with faulty webhooks', () => {
  it('is refused at upload with all of them, and with what its scripts do wrong', async () => {
    const annex = await startTestAnnex();
    try {
      const tenant = await annex.makeTenant();
      const install = (files: Record<string, string>): Promise<Answer> =>
        tenant.install({ manifest: { permissions: ['emit_webhook'], slug: 'x' }, code: '', files });
      const yaml = (script: string): string =>
        `api_version: v1\non: [a.b]\ndelivery: { url: "https://example.com" }\ntransform: { entry: "${script}" }`;
      const faulty = await install({ 'webhooks/a.yaml': 'api_version: v2', 'webhooks/b.yaml': yaml('none.ts#x') });
      expect(faulty).toMatchObject({ status: 422, body: { code: 'PACKAGE_INVALID' } });
      expect(faulty.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
        '/webhooks/a.yaml/api_version',
        '/webhooks/a.yaml/delivery',
        '/webhooks/b.yaml/transform/entry',
      ]);
      const missing = await install({
        'webhooks/b.yaml': yaml('t.ts#transfrm'),
        't.ts': 'export const transform = () => 1',
      });
      expect(missing.body.errors).toMatchObject([
        {
          pointer: '/webhooks/b.yaml/transform/entry',
          code: 'SCRIPT',
          detail: expect.stringContaining('exports no function "transfrm"'),
        },
      ]);
      const broken = await install({ 'webhooks/b.yaml': yaml('t.ts#t'), 't.ts': 'export const t = (' });
      expect(broken.body.errors).toMatchObject([
        {
          pointer: '/webhooks/b.yaml/transform/entry',
          code: 'BUNDLE_SYNTAX',
          detail: expect.stringContaining('t.ts:1'),
        },
      ]);
      const throwing = await install({
        'webhooks/b.yaml': yaml('t.ts#t'),
        't.ts': 'export const t = () => 1; throw new Error("at load")',
      });
      expect(throwing.body.errors).toMatchObject([
        { code: 'TRANSFORM_FAILED', detail: expect.stringContaining('at load') },
      ]);
      const registering = await install({
        'webhooks/b.yaml': yaml('t.ts#t'),
        't.ts': `import { job } from '@annex/sdk'; job('x', () => 1); export const t = () => 1`,
      });
      expect(registering.body.errors).toMatchObject([{ code: 'TRANSFORM_REGISTERS' }]);
      const sound = await install({ 'webhooks/b.yaml': yaml('t.ts'), 't.ts': 'export default () => 1' });
      expect(sound.status).toBe(200);
    } finally {
      await annex.stop();
    }
  });
});
