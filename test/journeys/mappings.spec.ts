/** Mappings: what events become, from the API and from packages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

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
