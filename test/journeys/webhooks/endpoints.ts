/** Webhooks that tenants register by REST, and what becomes of endpoints that fail. */
import { expect, it } from 'vitest';
import { until } from '../../support/annex.js';
import { verify, type WebhookBench } from './webhook-bench.js';

export function keepEndpoints(bench: WebhookBench): void {
  const { deliveries, ended, onlyDelivery } = bench;

  it('of the tenant’s own are registered, tested, rotated with two signatures, and removed by REST', async () => {
    const tenant = await bench.annex.makeTenant();
    const { owner } = tenant;
    const made = await owner.post('/api/webhooks', {
      name: 'crm',
      url: `${bench.sink.url}/own?token=abc`,
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
        url: `${bench.sink.url}/own?token=***`,
        status: 'enabled',
        secret: expect.stringMatching(/^whsec_/),
        headers: ['X-Api-Key'],
      },
    });
    const { id, secret } = made.body;
    expect((await owner.get(`/api/webhooks/${id}`)).body).not.toHaveProperty('secret');
    expect(await owner.post('/api/webhooks', { name: 'crm', url: bench.sink.url, events: ['a.b'] })).toMatchObject({
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
    const [first] = await bench.sink.arrived('/own');
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
    const [, second] = await bench.sink.arrived('/own', 2);
    expect(String(second!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect(verify(second!, secret)).toMatchObject({ type: 'webhook.test', data: { hello: 1 } });
    expect(verify(second!, rotated.body.secret)).toBeTruthy();

    expect(
      (await owner.patch(`/api/webhooks/${id}`, { events: ['order.paid'], description: 'CRM' })).body,
    ).toMatchObject({ events: ['order.paid'], description: 'CRM', headers: ['X-Api-Key'] });
    expect((await owner.delete(`/api/webhooks/${id}`)).status).toBe(204);
    expect((await owner.get(`/api/webhooks/${id}`)).body).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
    expect((await owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(200);
    const other = await bench.annex.makeTenant();
    expect((await other.owner.get(`/api/webhooks/deliveries/${delivery.id}`)).status).toBe(404);
    const rows = JSON.stringify([
      await bench.annex.db.sql('select * from webhooks'),
      await bench.annex.db.sql('select request, response, error from webhook_attempts'),
      await bench.annex.db.sql('select * from runs where webhook_id is not null'),
    ]);
    for (const hidden of [secret, 'a-secret-header', rotated.body.secret]) expect(rows).not.toContain(hidden);
  });

  it('stop at an endpoint that is gone or fails for too long, say why, and go on when an admin says so', async () => {
    const tenant = await bench.annex.makeTenant();
    const { owner } = tenant;
    bench.sink.answer('/gone', (nth) => ({ status: nth === 1 ? 410 : 200 }));
    bench.sink.answer('/down', () => ({ status: 503 }));
    const made = await owner.post('/api/webhooks', {
      name: 'gone',
      url: `${bench.sink.url}/gone`,
      events: ['stop.now'],
    });
    for (const name of ['hundred', 'five-days'])
      await owner.post('/api/webhooks', {
        name,
        url: `${bench.sink.url}/down`,
        events: ['stop.now'],
        retry: { max_attempts: 1 },
      });
    await bench.annex.db.sql(
      `update webhooks set failures = 99, failing_since = now()
         where name = 'hundred' and tenant_id = (select id from tenants where slug = $1)`,
      [tenant.slug],
    );
    await bench.annex.db.sql(
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
      (await owner.get('/api/audit')).body.items.filter((row: { action: string }) => row.action === 'webhook.disabled'),
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
  });

  it('are taken once the status says so: a large, endless or broken answer is cut', async () => {
    const tenant = await bench.annex.makeTenant();
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
            url: `${bench.odd.url}/${name}`,
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
      expect(bench.odd.taken(name)).toBe(1);
    }
  });
}
