/** What an event carries beside its data: from every door to every place where it is seen. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';
import { startWebhookSink, type WebhookSink } from '../support/webhook-sink.js';

let annex: TestAnnex;
let sink: WebhookSink;
beforeAll(async () => {
  sink = await startWebhookSink();
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: sink.url.replace('http://', '') });
});
afterAll(async () => {
  await annex.stop();
  await sink.close();
});

const labels = {
  severity: 'error',
  tags: ['billing', 'team:blue'],
  attributes: { traceparent: '00-a', n: 7, on: true },
};
const pointers = ({ body }: Answer): string[] => body.errors.map((fault: { pointer: string }) => fault.pointer).sort();
const idsOf = ({ body }: Answer): string[] => body.items.map(({ id }: { id: string }) => id).sort();

describe('the labels of an event', () => {
  it('go from a CloudEvent to handlers, to what they emit, to webhooks and back', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      {
        manifest: { slug: 'echo', events: ['ce.in'], permissions: ['emit_webhook'], secrets: ['URL'] },
        code: `import { hook } from '@annex/sdk'
          hook('ce.in', async (ctx, { severity, tags, attributes }) => {
            await ctx.emit('ce.out', {}, { id: 'out', severity, tags, attributes })
            return { severity, tags, attributes }
          })`,
        files: { 'webhooks/out.yaml': 'api_version: v1\non: ["ce.out"]\ndelivery: { url: "${SECRET:URL}/out" }\n' },
      },
      { secrets: { URL: sink.url } },
    );
    const cloud = {
      specversion: '1.0',
      id: 'in',
      source: '/s',
      type: 'ce.in',
      severity: 'error',
      tags: 'billing,team:blue',
    };
    expect((await tenant.owner.post('/api/events', { ...cloud, ...labels.attributes })).status).toBe(202);
    const [arrival] = await sink.arrived('/out');
    const sent = JSON.parse(String(arrival?.body));
    expect(sent).toMatchObject({ id: 'out', ...labels });
    expect((await tenant.owner.get('/api/runs?event_id=in')).body.items).toMatchObject([{ result: labels }]);
    for (const id of ['in', 'out']) expect((await tenant.owner.get(`/api/events/${id}`)).body).toMatchObject(labels);
    const other = await annex.makeTenant();
    expect((await other.owner.post('/api/events', { ...sent, source: '/first' })).status).toBe(202);
    expect((await other.owner.get('/api/events/out')).body).toMatchObject(labels);
  });

  it('are found by severity and tag, of the asking tenant only', async () => {
    const [{ owner }, other] = [await annex.makeTenant(), await annex.makeTenant()];
    await owner.post('/api/events', { type: 'a.b', id: 'one', severity: 'critical', tags: ['x', 'y'] });
    await owner.post('/api/events', { type: 'a.b', id: 'two', tags: ['y'] });
    await other.owner.post('/api/events', { type: 'a.b', id: 'foreign', severity: 'critical', tags: ['x'] });
    expect(idsOf(await owner.get('/api/events?severity=critical'))).toEqual(['one']);
    expect(idsOf(await owner.get('/api/events?severity=info&type=a.b'))).toEqual(['two']);
    expect(idsOf(await owner.get('/api/events?tag=y'))).toEqual(['one', 'two']);
    expect(idsOf(await owner.get('/api/events?tag=x&severity=info'))).toEqual([]);
    for (const query of ['severity=high', 'tag=a,b', `tag=${'x'.repeat(65)}`, 'tag=%00', 'status=ok'])
      expect((await owner.get(`/api/events?${query}`)).status, query).toBe(422);
  });

  it('that are none are refused with every fault, at the API and in plugin code', async () => {
    const tenant = await annex.makeTenant();
    const bad = { severity: 'high', tags: ['a', 'a,b'], attributes: { 'X-Trace': 1, deep: {} } };
    expect(pointers(await tenant.owner.post('/api/events', { type: 'a.b', ...bad }))).toEqual([
      '/attributes/X-Trace',
      '/attributes/deep',
      '/severity',
      '/tags/1',
    ]);
    await tenant.install(
      {
        manifest: { slug: 'bad', routes: true, secrets: ['KEY'] },
        code: `import { route } from '@annex/sdk'
        route('/emit', { methods: ['POST'] }, async (ctx) => {
          const options = await ctx.request.json()
          if (options.secret) options.tags = [await ctx.secrets.get('KEY')]
          delete options.secret
          try { return await ctx.emit('a.b', {}, options) } catch (error) { return { code: error.code } }
        })`,
      },
      { secrets: { KEY: 'a-secret-of-mine' } },
    );
    const emit = async (options: object): Promise<unknown> => (await tenant.owner.post('/ext/bad/emit', options)).body;
    for (const options of [
      { severity: 'high' },
      { tags: ['a,b'] },
      { tags: Array.from({ length: 33 }, String) },
      { attributes: { 'X-Y': 1 } },
      { attributes: { id: 'x' } },
    ])
      expect(await emit(options), JSON.stringify(options)).toEqual({ code: 'EVENT_REFUSED' });
    expect(await emit({ secret: true })).toEqual({ code: 'SECRET_EXPOSED' });
    expect(await emit({ severity: 'debug' })).toEqual({ event_id: expect.any(String) });
  });
});

describe('a source that says what its events must hold', () => {
  const send = async (tenant: TestTenant, body: unknown): Promise<string> => {
    const answer = await rawRequest(`${annex.url}/hooks/${tenant.slug}/erp`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(202);
    return (JSON.parse(answer.text) as { event_id: string }).event_id;
  };

  it('keeps what lacks it, tells why, and gives it to nobody until somebody replays it', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'ears', events: ['webhook.received'] },
      code: `import { hook } from '@annex/sdk'; hook('webhook.received', (ctx, event) => event.data.body)`,
    });
    const put = (require: unknown): Promise<Answer> => tenant.owner.put('/api/hooks/erp', { preset: 'none', require });
    expect(pointers(await put(['data', 'subject', 'type']))).toEqual(['/require/0', '/require/2']);
    expect(pointers(await put(Array.from({ length: 21 }, (_, n) => `data.a${n}`)))).toEqual(['/require']);
    expect(await put(['data.body.action', 'subject'])).toMatchObject({
      status: 201,
      body: { require: ['data.body.action', 'subject'] },
    });
    const [good, bad] = [await send(tenant, { action: 'opened' }), await send(tenant, { action: null })];
    expect(idsOf(await tenant.owner.get('/api/events?status=rejected'))).toEqual([bad]);
    expect((await tenant.owner.get(`/api/events/${bad}`)).body).toMatchObject({
      rejected: { reason: expect.stringContaining('data.body.action'), missing: ['data.body.action'] },
      deliveries: [],
    });
    expect((await tenant.owner.get(`/api/events/${good}`)).body).not.toHaveProperty('rejected');
    const replayed = await tenant.owner.post(`/api/events/${bad}/replay`, {});
    const [{ run_id: runId }] = replayed.body.deliveries;
    const run = await until(
      () => tenant.owner.get(`/api/runs/${runId}`),
      ({ body }) => body.status === 'succeeded',
    );
    expect(run.body.result).toEqual({ action: null });
  });
});
