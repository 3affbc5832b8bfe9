/** Webhooks of packages: their files, permissions and scripts. */
import { expect, it } from 'vitest';
import { until, type Answer } from '../../support/annex.js';
import { manifest, plainMain, signed, type WebhookBench } from './webhook-bench.js';

export function readPackages(bench: WebhookBench): void {
  const { secrets, onlyDelivery } = bench;

  it('without a transform send the event itself', async () => {
    const tenant = await bench.annex.makeTenant();
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
    const [arrival] = await bench.sink.arrived('/plain');
    expect(JSON.parse(String(arrival!.body))).toEqual({
      id: 'b1',
      type: 'build.completed',
      source: '/ci',
      subject: 's',
      time: '2026-01-02T03:04:05.000Z',
      data: { id: 1 },
      severity: 'info',
      tags: [],
      attributes: {},
    });
  });

  it('hold settings of the plugin, encoded, with defaults, and named where one has no value', async () => {
    const tenant = await bench.annex.makeTenant();
    const properties = { stage: { type: 'string' }, board: { type: ['string', 'object'] } };
    const file = signed('/${CONFIG:stage:-test}/${CONFIG:board}').replace('"annex"', '"${CONFIG:stage:-test}"');
    await tenant.install(
      {
        manifest: manifest({ config: { type: 'object', properties } }),
        code: plainMain,
        files: { 'webhooks/set.yaml': `${file}retry: { max_attempts: 1 }\n` },
      },
      { secrets: secrets() },
    );
    await tenant.owner.post('/api/events', { type: 'build.completed' });
    expect(await onlyDelivery(tenant)).toMatchObject({
      status: 'failed',
      error: { code: 'DELIVERY_INVALID', message: expect.stringContaining('The setting board has no value') },
    });
    await tenant.owner.put('/api/plugins/sender/config', { board: 'a/../b?x' });
    await tenant.owner.post('/api/events', { type: 'build.completed' });
    const [arrival] = await bench.sink.arrived('/test/a%2F..%2Fb%3Fx');
    expect(arrival?.headers['x-source']).toBe('test');
    const { items } = (
      await until(
        () => bench.deliveries(tenant, 'status=succeeded'),
        ({ body }) => body.items.length === 1,
      )
    ).body;
    expect((await tenant.owner.get(`/api/webhooks/deliveries/${items[0].id}`)).body.attempts[0].request).toMatchObject({
      url: '${SECRET:HOOK_URL}/test/a/../b?x',
    });
  });

  it('of a package that may not send them fail with PERMISSION_DENIED and send nothing', async () => {
    const tenant = await bench.annex.makeTenant();
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
    expect(bench.sink.at('/denied')).toEqual([]);
  });

  it('are left out, failed or looked at by their scripts, which reach nothing else', async () => {
    const tenant = await bench.annex.makeTenant();
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
    const [reaching] = await bench.sink.arrived('/scripts-reaching');
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
    for (const name of ['filtered', 'thrown', 'endless']) expect(bench.sink.at(`/scripts-${name}`)).toEqual([]);
  });

  it('with faults are refused at upload with all of them, and with what their scripts do wrong', async () => {
    const tenant = await bench.annex.makeTenant();
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
  });
}
