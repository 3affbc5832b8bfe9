/** What others send to /hooks. */
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { until, type Answer } from '../../support/annex.js';
import { type WebhookBench } from './webhook-bench.js';

export function takeIncoming(bench: WebhookBench): void {
  const raw = (
    tenant: { slug: string },
    source: string,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    fetch(`${bench.annex.url}/hooks/${tenant.slug}/${source}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    }).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      body: await response.json().catch(() => null),
    }));
  const hex = (secret: string, body: string): string => createHmac('sha256', secret).update(body).digest('hex');

  it('become the event webhook.received once they are believed, and the same delivery only once', async () => {
    const tenant = await bench.annex.makeTenant();
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
  });

  it('are believed by the habits of their senders', async () => {
    const tenant = await bench.annex.makeTenant();
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
}
