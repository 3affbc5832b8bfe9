/** How deliveries leave: signed, again, one after the other. What the queue has a hand in runs on each backend. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { until } from '../../support/annex.js';
import { pluginCode } from '../../support/plugin-code.js';
import { key, manifest, plainMain, signed, verify, type WebhookBench } from './webhook-bench.js';

export function sendWebhooks(bench: WebhookBench): void {
  const { secrets, deliveries, ended, onlyDelivery } = bench;

  it('of a package send what their transform makes of an event, signed, with secrets and tenant', async () => {
    const tenant = await bench.annex.makeTenant();
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
    const [arrival] = await bench.sink.arrived('/first');
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
  });

  it('are tried again with the same bytes and id and a new signature, and replayed so', async () => {
    const tenant = await bench.annex.makeTenant();
    bench.sink.answer('/again', (nth) => ({ status: nth < 3 ? 500 : 200, body: `no. ${nth}` }));
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
    await bench.sink.arrived('/again', 3);
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
    const arrivals = await bench.sink.arrived('/again', 4);
    expect(new Set(arrivals.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(arrivals.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.id]));
    for (const arrival of arrivals) expect(verify(arrival, key)).toBeTruthy();
    expect(await ended(tenant, delivery.id)).toMatchObject({ status: 'succeeded', attempt_count: 4 });
    expect((await deliveries(tenant)).body.items).toHaveLength(1);
  });

  it('wait as long as a busy endpoint asks, and take no redirect for an answer', async () => {
    const tenant = await bench.annex.makeTenant();
    bench.sink.answer('/busy', (nth) =>
      nth === 1 ? { status: 429, headers: { 'retry-after': '2' } } : { status: 204 },
    );
    bench.sink.answer('/moved', () => ({ status: 307, headers: { location: `${bench.sink.url}/elsewhere` } }));
    const { owner } = tenant;
    await owner.post('/api/webhooks', {
      name: 'busy',
      url: `${bench.sink.url}/busy`,
      events: ['go.now'],
      retry: { max_attempts: 2, initial_delay_s: 600 },
    });
    await owner.post('/api/webhooks', {
      name: 'moved',
      url: `${bench.sink.url}/moved`,
      events: ['go.now'],
      retry: { max_attempts: 1 },
    });
    await owner.post('/api/events', { type: 'go.now' });
    const [first, second] = await bench.sink.arrived('/busy', 2);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1900);
    const moved = await onlyDelivery(tenant, 'webhook=moved');
    expect(moved).toMatchObject({
      status: 'failed',
      error: { code: 'DELIVERY_FAILED', message: expect.stringContaining('redirects are not followed') },
      attempts: [{ response: { status: 307 }, error: { code: 'HTTP_307' } }],
    });
    expect(bench.sink.at('/elsewhere')).toEqual([]);
    expect((await owner.get('/api/dead-letters?kind=webhook')).body.items).toMatchObject([
      { name: 'moved', plugin: null },
    ]);
  });

  it('are sent by ctx.webhooks.send through the transform, in a background run only with its success', async () => {
    const tenant = await bench.annex.makeTenant();
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
    const [direct] = await bench.sink.arrived('/direct');
    expect(direct).toMatchObject({ headers: { 'webhook-id': body[0].delivery_id } });
    expect(JSON.parse(String(direct!.body))).toEqual({ n: 1 });
    const [made] = await bench.sink.arrived('/made');
    expect(JSON.parse(String(made!.body))).toEqual({ twice: 4, type: 'webhook.send' });
    await tenant.owner.post('/api/events', { type: 'send.twice' });
    const [, only] = await bench.sink.arrived('/direct', 2);
    expect(JSON.parse(String(only!.body))).toEqual({ attempt: 2 });
    expect((await deliveries(tenant, 'webhook=direct')).body.items).toHaveLength(2);
  });

  it('that are slow leave room for other endpoints and other work of the tenant', async () => {
    const tenant = await bench.annex.makeTenant();
    const { owner } = tenant;
    const open = Promise.withResolvers<void>();
    let atOnce = 0;
    let most = 0;
    bench.sink.answer('/slow', async () => {
      most = Math.max(most, (atOnce += 1));
      await open.promise;
      atOnce -= 1;
      return { status: 200 };
    });
    await owner.post('/api/webhooks', { name: 'slow', url: `${bench.sink.url}/slow`, events: ['flood.slow'] });
    await owner.post('/api/webhooks', { name: 'quick', url: `${bench.sink.url}/quick`, events: ['flood.quick'] });
    for (let n = 0; n < 12; n += 1) await owner.post('/api/events', { type: 'flood.slow', data: { n } });
    await bench.sink.arrived('/slow', 3);
    const waiting = await until(
      () => deliveries(tenant, 'webhook=slow&status=queued'),
      ({ body }) =>
        body.items.length === 9 &&
        body.items.every((each: { waiting_for?: string }) => each.waiting_for === 'endpoint'),
    );
    expect(waiting.body.items).toHaveLength(9);
    await owner.post('/api/events', { type: 'flood.quick' });
    await bench.sink.arrived('/quick');
    expect(bench.sink.at('/slow')).toHaveLength(3);
    open.resolve();
    await bench.sink.arrived('/slow', 12);
    expect(most).toBe(3);
  });

  it('are sent while the tenant’s plugins hold every place for calls of their own', async () => {
    const tenant = await bench.annex.makeTenant();
    const open = Promise.withResolvers<void>();
    bench.sink.answer('/held', () => open.promise.then(() => ({ status: 200 })));
    const names = ['one', 'two', 'three'];
    const { url } = bench.sink;
    const code = `import { job } from '@annex/sdk';
        const hold = async (ctx) =>
          (await Promise.all(Array.from({ length: 6 }, () => ctx.http.get('${url}/held', { timeout_ms: 60_000 }))))
            .length;
        for (const name of ${JSON.stringify(names)}) job(name, hold)`;
    const jobs = names.map((name) => ({ name, schedule: '@yearly', timeout_ms: 120_000 }));
    const holding = {
      slug: 'holder',
      jobs,
      permissions: ['outbound_http'],
      http: { allow: [new URL(bench.sink.url).host] },
    };
    expect((await tenant.install({ manifest: holding, code })).body).toMatchObject({ status: 'enabled' });
    await tenant.owner.post('/api/webhooks', {
      name: 'beside',
      url: `${bench.sink.url}/beside`,
      events: ['beside.held'],
    });
    for (const name of names)
      expect((await tenant.owner.post(`/api/plugins/holder/jobs/${name}/run-now`, {})).status).toBe(202);
    await bench.sink.arrived('/held', 16);
    await tenant.owner.post('/api/events', { type: 'beside.held' });
    await bench.sink.arrived('/beside');
    expect(bench.sink.at('/held')).toHaveLength(16);
    open.resolve();
    await bench.sink.arrived('/held', 18);
  });
}
