/** Mappings: what events become, from the API and from packages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';
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

const yaml = (client: Client, path: string, text: string, headers: Record<string, string> = {}): Promise<Answer> =>
  client.request('PUT', path, { raw: text, headers: { 'content-type': 'application/yaml', ...headers } });
const pointers = ({ body }: Answer): string[] => body.errors.map((fault: { pointer: string }) => fault.pointer).sort();
const send = async ({ owner }: TestTenant, event: object): Promise<string> => {
  const { status, body } = await owner.post('/api/events', { source: 'kubernetes', ...event });
  expect(status).toBe(202);
  return body.event_id as string;
};
const read = async ({ owner }: TestTenant, id: string): Promise<Answer['body']> =>
  (await owner.get(`/api/events/${id}`)).body;

/** The mappings that KHook ships, with those switched on that it ships switched off. */
const khook = [
  ['kubernetes', 'pod-restart', 'PodRestart', 'pod_restart', 'warning', 'reliability'],
  ['kubernetes', 'oom-kill', 'OOMKill', 'oom_kill', 'error', 'resource'],
  ['kubernetes', 'pod-pending', 'PodPending', 'pod_pending', 'warning', 'scheduling'],
  ['kubernetes', 'probe-failed', 'ProbeFailed', 'probe_failed', 'warning', 'health'],
  ['kafka', 'consumer-lag', 'ConsumerLag', 'consumer_lag', 'warning', 'messaging'],
  ['kafka', 'partition-offline', 'PartitionOffline', 'partition_offline', 'error', 'messaging'],
  ['prometheus', 'high-cpu', 'HighCPU', 'high_cpu', 'warning', 'resource'],
  ['prometheus', 'disk-full', 'DiskFull', 'disk_full', 'critical', 'resource'],
  ['webhook', 'deployment-failed', 'DeploymentFailed', 'deployment_failed', 'error', 'deployment'],
  ['webhook', 'security-alert', 'SecurityAlert', 'security_alert', 'critical', 'security'],
] as const;

describe('mappings by REST', () => {
  it("take KHook's event-mappings.yaml, and each of its entries fires", async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'hears', events: khook.map(([, , , type]) => type) },
      code: `import { hook } from '@annex/sdk'
        for (const type of ${JSON.stringify(khook.map(([, , , type]) => type))})
          hook(type, (ctx, { type, raw_type, severity, tags }) => ({ type, raw_type, severity, tags }))`,
    });
    const entries = khook.map(
      ([source, type, internal, , severity, category]) => `
  - eventSource: "${source}"
    eventType: "${type}"
    internalType: "${internal}"
    description: "Something happened"
    severity: "${severity}"
    enabled: true
    tags:
      category: "${category}"
      impact: "high"`,
    );
    const put = await yaml(tenant.owner, '/api/mappings/khook', `mappings:${entries.join('\n')}\n`);
    expect(put).toMatchObject({ status: 201, body: { version: 1, rules: 10, enabled_rules: 10, plugin: null } });
    for (const [source, type, , made, severity, category] of khook) {
      const id = await send(tenant, { source, type });
      const event = await until(
        () => read(tenant, id),
        ({ deliveries }) => deliveries[0]?.status === 'succeeded',
      );
      const labels = { type: made, raw_type: type, severity, tags: [`category:${category}`, 'impact:high'] };
      expect(event).toMatchObject({ ...labels, mapped_from: `khook/${made}`, deliveries: [{ plugin: 'hears' }] });
      const { body } = await tenant.owner.get(`/api/runs?event_id=${id}`);
      expect(body.items).toMatchObject([{ result: labels }]);
    }
  });

  it('are refused with every fault while the last good one stays in force', async () => {
    const tenant = await annex.makeTenant();
    const sound = 'api_version: v1\nmappings: [{ type: pod-restart, to: pod.restart }]\n';
    expect((await yaml(tenant.owner, '/api/mappings/pods', sound)).status).toBe(201);
    const faulty = await yaml(tenant.owner, '/api/mappings/pods', sound.replace('to:', 'too:') + 'unmapped: maybe\n');
    expect(faulty).toMatchObject({ status: 422, body: { code: 'MAPPING_INVALID' } });
    expect(pointers(faulty)).toEqual(['/mappings/0/too', '/unmapped']);
    expect((await yaml(tenant.owner, '/api/mappings/pods', 'a: &x [*x]')).body.errors).toMatchObject([
      { code: 'YAML_ALIAS' },
    ]);
    expect((await tenant.owner.put('/api/mappings/pods', [])).status).toBe(422);
    expect((await tenant.owner.put('/api/mappings/Not a name', {})).status).toBe(422);
    expect((await tenant.owner.get('/api/mappings/pods')).body).toMatchObject({ version: 1 });
    expect((await read(tenant, await send(tenant, { type: 'pod-restart' }))).type).toBe('pod.restart');
  });

  it('hold from the answer on, as JSON and as YAML, each change one version more, until they are removed', async () => {
    const tenant = await annex.makeTenant();
    const made = async (): Promise<string> => (await read(tenant, await send(tenant, { type: 'x' }))).type as string;
    const to = (type: string): object => ({ api_version: 'v1', mappings: [{ type: 'x', to: type }] });
    for (let n = 1; n <= 5; n += 1) {
      const { status, body } = await tenant.owner.put('/api/mappings/m', to(`made.n${n}`));
      expect([status, body.version, body.document]).toEqual([n === 1 ? 201 : 200, n, to(`made.n${n}`)]);
      expect(await made()).toBe(`made.n${n}`);
    }
    expect((await tenant.owner.get('/api/mappings')).body.items).toMatchObject([{ name: 'm', version: 5 }]);
    expect((await tenant.owner.delete('/api/mappings/m')).status).toBe(204);
    expect((await tenant.owner.delete('/api/mappings/m')).status).toBe(404);
    expect(await made()).toBe('x');
    const { body } = await tenant.owner.get('/api/audit?limit=3');
    expect(body.items).toMatchObject([
      { action: 'mapping.deleted' },
      { action: 'mapping.set', detail: { version: 5 } },
      {},
    ]);
  });

  it('is written over by nobody who has read an older one', async () => {
    const body = (to: string): object => ({ api_version: 'v1', mappings: [{ type: 'a', to }] });
    const { owner } = await annex.makeTenant();
    const put = (to: string, tag: string): Promise<Answer> =>
      owner.request('PUT', '/api/mappings/m', { body: body(to), headers: { 'if-match': tag } });
    expect(await put('b', '"1"')).toMatchObject({ status: 412, body: { code: 'MAPPING_CHANGED' } });
    expect((await put('b', '"0"')).status).toBe(201);
    expect((await put('c', '"0"')).status).toBe(412);
    const { headers } = await owner.get('/api/mappings/m');
    const tag = headers.get('etag') ?? '';
    const both = await Promise.all([put('one', tag), put('two', tag)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const won = both.find(({ status }) => status === 200);
    expect((await owner.get('/api/mappings/m')).body.document).toEqual(won?.body.document);
    const remove = (match: string): Promise<Answer> =>
      owner.request('DELETE', '/api/mappings/m', { headers: { 'if-match': match } });
    expect((await remove(tag)).status).toBe(412);
    expect((await remove('nonsense')).status).toBe(412);
    expect((await remove(won?.headers.get('etag') ?? '')).status).toBe(204);
  });

  it('are read by viewers, written by developers, and seen by nobody else', async () => {
    const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
    const [viewer, member, developer] = await Promise.all(
      ['viewer', 'member', 'developer'].map((role) => tenant.as(role)),
    );
    const body = { api_version: 'v1', mappings: [{ type: 'a', to: 'b' }] };
    for (const client of [viewer, member]) {
      expect((await client!.put('/api/mappings/m', body)).status).toBe(403);
      expect((await client!.delete('/api/mappings/m')).status).toBe(403);
    }
    expect((await developer!.put('/api/mappings/m', body)).status).toBe(201);
    expect((await viewer!.get('/api/mappings/m')).body.document).toEqual(body);
    expect((await other.owner.get('/api/mappings/m')).status).toBe(404);
    expect((await other.owner.get('/api/mappings')).body.items).toEqual([]);
  });

  it('that could keep back what the platform says are for admins', async () => {
    const tenant = await annex.makeTenant();
    const [developer, admin] = [await tenant.as('developer'), await tenant.as('admin')];
    const rule = { dedupe: { key: 'one' } };
    for (const type of ['**', 'auth.user.deleted', 'auth.*.created']) {
      const body = { api_version: 'v1', mappings: [{ type, ...rule }] };
      expect(await developer.put('/api/mappings/m', body)).toMatchObject({
        status: 403,
        body: { code: 'MAPPING_NEEDS_ADMIN' },
      });
      expect((await admin.put('/api/mappings/m', body)).status).toBeLessThan(300);
    }
    for (const harmless of [{ type: '**' }, { type: 'a.*', ...rule }, { source: 'kubernetes', type: '**', ...rule }])
      expect((await developer.put('/api/mappings/n', { api_version: 'v1', mappings: [harmless] })).status).toBeLessThan(
        300,
      );
    const drop = { api_version: 'v1', unmapped: 'drop', mappings: [{ source: 'annex:platform', type: 'x' }] };
    expect((await developer.put('/api/mappings/n', drop)).status).toBe(403);
  });

  it('are as many as a tenant may have', async () => {
    const { owner } = await annex.makeTenant();
    const many = (count: number): object => ({
      api_version: 'v1',
      mappings: Array.from({ length: count }, (_, n) => ({ type: `a.n${n}`, severity: 'info' })),
    });
    expect((await owner.put('/api/mappings/one', many(400))).status).toBe(201);
    expect(await owner.put('/api/mappings/two', many(101))).toMatchObject({
      status: 409,
      body: { code: 'MAPPING_LIMIT', limit: 500 },
    });
    expect((await owner.put('/api/mappings/two', many(100))).status).toBe(201);
  });

  it('read YAML nowhere else', async () => {
    const { owner } = await annex.makeTenant();
    const answer = await owner.request('POST', '/api/events', {
      raw: 'type: a.b',
      headers: { 'content-type': 'application/yaml' },
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});

describe("a hook's filter", () => {
  const hooks = (where: string): string => `import { hook } from '@annex/sdk'
    hook('pod.*', { where: ${where} }, (ctx, { data }) => data.n)
    hook('pod.*', (ctx, { data }) => -data.n)`;

  it('passes before a run is made, and sees what the handler sees', async () => {
    const tenant = await annex.makeTenant();
    const where = `{ severity: 'error', 'data.n': { $gte: 2 }, raw_type: 'pod-restart', 'alert.status': 'firing' }`;
    await tenant.install({ manifest: { slug: 'picky', events: ['pod.*'] }, code: hooks(where) });
    const rule = { type: 'pod-restart', to: 'pod.restart', severity: 'error', dedupe: { key: '{{ data.n }}' } };
    await tenant.owner.put('/api/mappings/m', { api_version: 'v1', mappings: [rule] });
    const runsOf = async (event: object): Promise<number> =>
      ((await read(tenant, await send(tenant, event))).deliveries as unknown[]).length;
    expect(await runsOf({ type: 'pod-restart', data: { n: 2 } })).toBe(2);
    expect(await runsOf({ type: 'pod-restart', data: { n: 1 } })).toBe(1);
    expect(await runsOf({ type: 'pod.restart', severity: 'error', data: { n: 2 } })).toBe(1);
  });

  it('that is none keeps the package out', async () => {
    const tenant = await annex.makeTenant();
    const manifest = { slug: 'picky', events: ['pod.*'] };
    const answer = await tenant.install({ manifest, code: hooks(`{ sevrity: 'x', 'data.n': { $gte: {} } }`) });
    expect(answer.status).toBe(422);
    expect(pointers(answer)).toEqual(['/handlers/0/where', '/handlers/0/where/data.n/$gte']);
    const cyclic = `(() => { const a = {}; a.b = a; return a })()`;
    expect((await tenant.install({ manifest, code: hooks(cyclic) })).status).toBe(422);
    const deep = `JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000))`;
    expect((await tenant.install({ manifest, code: hooks(deep) })).status).toBe(422);
  });
});

describe('a dry run', () => {
  const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
  const document = `api_version: v1
mappings: [{ type: x.raw, to: x.y, dedupe: { key: "{{ subject }}", window_s: 60, resolve_after_s: 120 } }]
correlations: [{ emit: x.stuck, all: [x.y], absent: [x.done], by: "{{ subject }}", within_s: 90 }]
`;

  it('tells what a mapping would make of given events, in their time, and writes nothing', async () => {
    const { owner } = await annex.makeTenant();
    const events = [0, 30, 90, 300].map((seconds) => ({
      type: 'x.raw',
      subject: 's',
      time: at(seconds),
      source: 'annex:hooks/a',
    }));
    const { status, body } = await owner.post('/api/mappings/test', { mapping: document, events });
    expect(status).toBe(200);
    expect(body.events).toMatchObject([
      { type: 'x.y', raw_type: 'x.raw', mapped_from: 'test/x.y', suppressed_by: null, alert: { count: 1 }, makes: [] },
      { suppressed_by: { reason: 'window', rule: 'test/x.y' }, alert: { count: 2 }, makes: [] },
      { suppressed_by: null, alert: { count: 3 }, makes: [{ type: 'x.stuck', subject: 's' }] },
      {
        suppressed_by: null,
        alert: { status: 'firing', count: 1 },
        makes: [{ type: 'x.y', alert: { status: 'resolved' } }],
      },
    ]);
    for (const list of ['mappings', 'alerts', 'events?type=x.*'])
      expect((await owner.get(`/api/${list}`)).body.items).toEqual([]);
  });

  it('takes the latest events and the mappings in force, of the asking tenant only', async () => {
    const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
    const mappings = [{ type: 'x.raw', to: 'x.y' }];
    await tenant.owner.put('/api/mappings/m', { api_version: 'v1', mappings });
    await send(tenant, { type: 'x.raw', id: 'one' });
    await send(tenant, { type: 'x.other', id: 'two' });
    const tried = async (body: object, { owner } = tenant): Promise<unknown> =>
      (await owner.post('/api/mappings/test', body)).body.events.map(({ event_id, type }: Answer['body']) => [
        event_id,
        type,
      ]);
    expect(await tried({ recent: 2 })).toEqual([
      ['one', 'x.y'],
      ['two', 'x.other'],
    ]);
    expect(await tried({ type: 'x.raw' })).toEqual([['one', 'x.y']]);
    expect(await tried({ name: 'm', mapping: { api_version: 'v1' }, type: 'x.raw' })).toEqual([['one', 'x.raw']]);
    expect(await tried({ type: 'x.raw' }, other)).toEqual([]);
  });

  it('tells every fault of mapping and events', async () => {
    const { owner } = await annex.makeTenant();
    const events = [{ type: 'a.b' }, { type: 'A', severity: 'high' }, 7];
    expect(pointers(await owner.post('/api/mappings/test', { events }))).toEqual([
      ...['/events/1/severity', '/events/1/type', '/events/2'],
    ]);
    expect(pointers(await owner.post('/api/mappings/test', { mapping: 'mappings: 7' }))).toEqual(['/mappings']);
    expect(
      (await (await annex.makeTenant()).owner.post('/api/mappings/test', { events: Array(101).fill({ type: 'a' }) }))
        .status,
    ).toBe(422);
  });
});

describe('a webhook of the tenant', () => {
  it('gets a mapped event by either name, once, with what the mapping says of it', async () => {
    const tenant = await annex.makeTenant();
    const rule = { type: 'pod-restart', to: 'pod.restart', dedupe: { key: '{{ subject }}' } };
    await tenant.owner.put('/api/mappings/m', { api_version: 'v1', mappings: [rule] });
    const hook = { name: 'out', url: `${sink.url}/mapped`, events: ['pod-restart', 'pod.*'] };
    expect((await tenant.owner.post('/api/webhooks', hook)).status).toBe(201);
    await send(tenant, { type: 'pod-restart', id: 'one', subject: 'web-1' });
    await send(tenant, { type: 'pod-restart', id: 'two', subject: 'web-1' });
    await send(tenant, { type: 'pod-restart', id: 'three', subject: 'web-2' });
    const bodies = (await sink.arrived('/mapped', 2)).map(({ body }) => JSON.parse(String(body)));
    expect(bodies.map(({ id }) => id).sort()).toEqual(['one', 'three']);
    for (const body of bodies)
      expect(body).toMatchObject({
        ...{ type: 'pod.restart', raw_type: 'pod-restart', mapped_from: 'm/pod.restart' },
        alert: { status: 'firing', count: 1 },
      });
  });
});

describe('alerts by REST', () => {
  const dedupe = { key: '{{ subject }}', window_s: 600 };
  const fire = async (rule: object): Promise<{ tenant: TestTenant; alert: Answer['body'] }> => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'hears', events: ['pod.restart'] },
      code: `import { hook } from '@annex/sdk'\nhook('pod.restart', (ctx, { alert }) => alert)`,
    });
    const mappings = [{ type: 'pod-restart', to: 'pod.restart', dedupe, ...rule }];
    expect((await tenant.owner.put('/api/mappings/pods', { api_version: 'v1', mappings })).status).toBe(201);
    await send(tenant, { type: 'pod-restart', subject: 'web-1' });
    const { body } = await tenant.owner.get('/api/alerts?status=firing');
    expect(body.items).toMatchObject([{ status: 'firing', rule: 'pods/pod.restart', key: 'web-1', count: 1 }]);
    return { tenant, alert: body.items[0] };
  };
  /** What the hook was told of an alert, in order, once there is that much. */
  const told = async ({ owner }: TestTenant, count: number): Promise<Answer['body'][]> => {
    const { body } = await until(
      () => owner.get('/api/runs?plugin=hears&status=succeeded'),
      (answer) => answer.body.items.length >= count,
    );
    return body.items.map(({ result }: Answer['body']) => result).reverse();
  };

  it('are resolved by their time, and the hook is told', async () => {
    const { tenant, alert } = await fire({ dedupe: { ...dedupe, resolve_after_s: 1 } });
    expect(await told(tenant, 2)).toMatchObject([
      { id: alert.id, status: 'firing' },
      { id: alert.id, status: 'resolved', count: 1 },
    ]);
    expect((await tenant.owner.get('/api/alerts?status=firing')).body.items).toEqual([]);
    expect((await tenant.owner.get('/api/alerts')).body.items).toMatchObject([{ id: alert.id, status: 'resolved' }]);
    expect((await tenant.owner.get(`/api/alerts/${alert.id}`)).body).toMatchObject({
      status: 'resolved',
      count: alert.count,
    });
    expect((await (await annex.makeTenant()).owner.get(`/api/alerts/${alert.id}`)).body.code).toBe('ALERT_NOT_FOUND');
  });

  it('are resolved by people, once, and the next event fires anew', async () => {
    const { tenant, alert } = await fire({});
    const developer = await tenant.as('developer');
    const resolved = await developer.post(`/api/alerts/${alert.id}/resolve`);
    expect(resolved).toMatchObject({ status: 200, body: { id: alert.id, status: 'resolved', count: 1 } });
    expect(resolved.body.resolved_by).toMatch(/^usr_/);
    expect((await developer.post(`/api/alerts/${alert.id}/resolve`)).body.code).toBe('ALERT_ENDED');
    expect(await told(tenant, 2)).toMatchObject([{ status: 'firing' }, { id: alert.id, status: 'resolved' }]);
    await send(tenant, { type: 'pod-restart', subject: 'web-1' });
    expect((await told(tenant, 3))[2]).toMatchObject({ status: 'firing', count: 1 });
    const { body } = await tenant.owner.get('/api/audit?limit=1');
    expect(body.items).toMatchObject([{ action: 'alert.resolved', target: alert.id, detail: { key: 'web-1' } }]);
  });

  it('are silent for a while, also when they begin anew, and are shown as such', async () => {
    const { tenant, alert } = await fire({});
    expect(
      (await tenant.owner.post(`/api/alerts/${alert.id}/silence`, { for_s: 3600 })).body.silence_ends_at,
    ).toBeTruthy();
    await tenant.owner.post(`/api/alerts/${alert.id}/resolve`);
    const id = await send(tenant, { type: 'pod-restart', subject: 'web-1' });
    expect(await read(tenant, id)).toMatchObject({ suppressed_by: { reason: 'silence' }, deliveries: [] });
    const [again] = (await tenant.owner.get('/api/alerts?status=firing')).body.items;
    expect(again).toMatchObject({ count: 1 });
    await tenant.owner.post(`/api/alerts/${again.id}/silence`, { for_s: 0 });
    expect(
      (await read(tenant, await send(tenant, { type: 'pod-restart', subject: 'web-1' }))).suppressed_by,
    ).toBeUndefined();
    const { body } = await tenant.owner.get('/api/events?status=suppressed');
    expect(body.items).toMatchObject([{ id }]);
  });

  it("are nobody else's, and not a viewer's to end", async () => {
    const { tenant, alert } = await fire({});
    const other = await annex.makeTenant();
    for (const [client, status] of [
      [other.owner, 404],
      [await tenant.as('viewer'), 403],
    ] as const) {
      expect((await client.post(`/api/alerts/${alert.id}/resolve`)).status).toBe(status);
      expect((await client.post(`/api/alerts/${alert.id}/silence`, { for_s: 1 })).status).toBe(status);
    }
    expect((await other.owner.get('/api/alerts')).body.items).toEqual([]);
    for (const for_s of [-1, 1.5, 2_592_001])
      expect((await tenant.owner.post(`/api/alerts/${alert.id}/silence`, { for_s })).status).toBe(422);
  });
});

describe('mappings of a package', () => {
  const files = (to: string): Record<string, string> => ({
    'mappings/pods.yaml': `api_version: v1\nmappings: [{ type: pod-restart, to: ${to} }]\n`,
  });
  const code = `import { hook } from '@annex/sdk'\nhook('pod.*', (ctx, event) => event.type)`;
  const manifest = { slug: 'desk', events: ['pod.*'] };

  it('come in force with the enabled release and leave with it', async () => {
    const tenant = await annex.makeTenant();
    const made = async (): Promise<string> =>
      (await read(tenant, await send(tenant, { type: 'pod-restart' }))).type as string;
    await tenant.install({ manifest, code, files: files('pod.restart') });
    expect(await made()).toBe('pod.restart');
    expect((await tenant.owner.get('/api/mappings')).body.items).toMatchObject([{ name: 'desk.pods', plugin: 'desk' }]);
    for (const change of [
      tenant.owner.put('/api/mappings/desk.pods', {}),
      tenant.owner.delete('/api/mappings/desk.pods'),
    ])
      expect(await change).toMatchObject({ status: 409, body: { code: 'MAPPING_OF_PACKAGE' } });
    await tenant.install({ manifest: { ...manifest, version: '2.0.0' }, code, files: files('pod.fell') });
    expect(await made()).toBe('pod.fell');
    await tenant.owner.post('/api/plugins/desk/disable');
    expect(await made()).toBe('pod-restart');
    await tenant.owner.post('/api/plugins/desk/enable', {});
    expect(await made()).toBe('pod.fell');
    await tenant.owner.delete('/api/plugins/desk');
    expect(await made()).toBe('pod-restart');
    expect((await tenant.owner.get('/api/mappings')).body.items).toEqual([]);
  });

  it('that are faulty keep the package out, with file and pointer', async () => {
    const tenant = await annex.makeTenant();
    const answer = await tenant.install({ manifest, code, files: files('auth.user.created') });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([
      { pointer: '/mappings/pods.yaml/mappings/0/to', code: 'EVENT_TYPE_RESERVED' },
    ]);
  });
});
