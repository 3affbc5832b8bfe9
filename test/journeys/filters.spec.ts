import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;

beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

interface Filter {
  slug: string;
  names: string[];
  code: string;
  secrets?: string[];
  permissions?: string[];
}

async function install({ slug, names, code, secrets, permissions }: Filter, into = tenant): Promise<void> {
  const manifest = { slug, filters: names, ...(secrets && { secrets }), ...(permissions && { permissions }) };
  const installed = await into.install(
    { manifest, code: `import { filter } from '@annex/sdk'\n${code}` },
    { secrets: Object.fromEntries((secrets ?? []).map((name) => [name, canary])) },
  );
  expect(installed.body).toMatchObject({ status: 'enabled' });
}

const canary = 'canary-of-the-filters-4711';

/**
 * A filter has a second, which a busy machine may need to start an executor: asked again until every filter ran in
 * time.
 */
const pass = (name: string, value: unknown, client: Client = tenant.owner): Promise<Answer> =>
  until(
    () => client.post(`/api/filters/${name}`, { value }),
    ({ body }) =>
      !(body.runs as { error?: { code: string } }[] | undefined)?.some(
        ({ error }) => error?.code === 'TIMEOUT' || error?.code === 'OVERLOADED',
      ) &&
      body.reason !== 'TIMEOUT' &&
      body.reason !== 'OVERLOADED',
  );

describe('a value of the host application', () => {
  beforeAll(async () => {
    tenant = await annex.makeTenant();
    await install({
      slug: 'tax',
      names: ['price.quote'],
      code: `filter('price.quote', { priority: 10 }, (ctx, value) => ({
          ...value,
          total: value.net * 1.19,
          by: [...(value.by ?? []), 'tax'],
        }))`,
    });
    await install({
      slug: 'discount',
      names: ['price.quote'],
      code: `filter('price.quote', { priority: 1 }, async (ctx, value) => ({
          ...value,
          net: value.net - 10,
          by: [...(value.by ?? []), 'discount'],
        }))`,
    });
    await install({
      slug: 'audit',
      names: ['price.quote'],
      code: `filter('price.quote', { priority: 20 }, (ctx, value) => {
          console.log('seen', value.total, ctx.user?.role, ctx.run.kind);
        })`,
    });
  });

  it('passes every filter in order of priority and comes back', async () => {
    const { status, body } = await pass('price.quote', { net: 110 });
    expect({ status, value: body.value }).toEqual({
      status: 200,
      value: { net: 100, total: 119, by: ['discount', 'tax'] },
    });
    expect(body.runs).toMatchObject([
      { plugin: 'discount', status: 'succeeded' },
      { plugin: 'tax', status: 'succeeded' },
      { plugin: 'audit', status: 'succeeded' },
    ]);
  });

  it('leaves one run for each filter, of kind filter, with its result and limits', async () => {
    const { body } = await pass('price.quote', { net: 110 });
    const run = await tenant.owner.get(`/api/runs/${body.runs[1].run_id}`);
    expect(run.body).toMatchObject({
      plugin: 'tax',
      kind: 'filter',
      name: 'price.quote',
      status: 'succeeded',
      result: { total: 119 },
      limits: { wall_ms: { max: 1000 } },
    });
    const logged = await tenant.owner.get(`/api/runs/${body.runs[2].run_id}`);
    expect(logged.body.logs[0].message).toContain('owner filter');
    expect((await tenant.owner.get('/api/runs?kind=filter&plugin=tax')).body.items.length).toBeGreaterThanOrEqual(1);
  });

  it('is untouched where nobody filters, in another tenant, and of plugins that are not enabled', async () => {
    expect((await pass('price.other', { a: [1, null] })).body).toEqual({ value: { a: [1, null] }, runs: [] });
    const other = await annex.makeTenant();
    expect((await pass('price.quote', { net: 1 }, other.owner)).body).toEqual({ value: { net: 1 }, runs: [] });
    await tenant.owner.post('/api/plugins/tax/disable');
    const without = await until(
      () => pass('price.quote', { net: 30 }),
      ({ body }) => body.runs.length === 2,
    );
    expect(without.body.value).toEqual({ net: 20, by: ['discount'] });
    await tenant.owner.post('/api/plugins/tax/enable', {});
    await until(
      () => pass('price.quote', { net: 30 }),
      ({ body }) => body.runs.length === 3,
    );
  });

  it.each([null, false, 0, '', [], {}, 'text', [1, [2]]])('may be any JSON: %j', async (value) => {
    expect((await pass('nobody.here', value)).body).toEqual({ value, runs: [] });
  });

  it('may be filtered by members, not by viewers or strangers', async () => {
    expect((await (await tenant.as('member')).post('/api/filters/nobody.here', { value: 1 })).status).toBe(200);
    expect(await (await tenant.as('viewer')).post('/api/filters/nobody.here', { value: 1 })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    const none = await fetch(`${annex.url}/api/filters/nobody.here`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant-slug': tenant.slug },
      body: '{"value":1}',
    });
    expect(none.status).toBe(401);
  });

  it.each<[string, unknown, number, string]>([
    ['nobody.here', {}, 422, 'INVALID_INPUT'],
    ['nobody.here', { value: 1, extra: 2 }, 422, 'INVALID_INPUT'],
    ['nobody.here', [], 422, 'INVALID_INPUT'],
    ['Nobody.Here', { value: 1 }, 422, 'INVALID_INPUT'],
    ['a.*', { value: 1 }, 422, 'INVALID_INPUT'],
    ['nobody.here', { value: 'x'.repeat(256 * 1024) }, 413, 'PAYLOAD_TOO_LARGE'],
  ])('%s with %j is %i', async (name, body, status, code) => {
    expect(await tenant.owner.post(`/api/filters/${name}`, body)).toMatchObject({ status, body: { code } });
  });
});

describe('a filter that fails', () => {
  beforeAll(async () => {
    tenant = await annex.makeTenant();
    await install({
      slug: 'open',
      names: ['a.open', 'a.slow', 'a.deep', 'a.large', 'a.loop'],
      code: `
      filter('a.open', () => { throw new Error('the words of the plugin') })
      filter('a.slow', { timeout_ms: 50 }, () => new Promise(() => {}))
      filter('a.loop', { timeout_ms: 100 }, () => { for (;;); })
      filter('a.deep', () => { let v = 1; for (let i = 0; i < 500; i++) v = [v]; return v })
      filter('a.large', () => 'x'.repeat(300 * 1024))`,
    });
    await install({
      slug: 'closed',
      names: ['a.closed', 'a.never'],
      code: `
      filter('a.closed', { on_error: 'fail' }, () => { throw new Error('the words of the plugin') })
      filter('a.never', { on_error: 'fail', timeout_ms: 50 }, () => new Promise(() => {}))`,
    });
    await install({
      slug: 'z-after',
      names: ['a.open', 'a.closed', 'a.slow', 'a.deep', 'a.large'],
      code: `for (const name of ['a.open', 'a.closed', 'a.slow', 'a.deep', 'a.large'])
          filter(name, { priority: 1 }, (ctx, value) => value + 1)`,
    });
  });

  it.each([
    ['a.open', 'PLUGIN_ERROR'],
    ['a.deep', 'OUTPUT_LIMIT'],
    ['a.large', 'OUTPUT_LIMIT'],
  ])('is passed over and its failure recorded: %s', async (name, code) => {
    const { status, body } = await pass(name, 1);
    expect({ status, value: body.value }).toEqual({ status: 200, value: 2 });
    expect(body.runs).toMatchObject([
      { plugin: 'open', status: 'failed', error: { code } },
      { plugin: 'z-after', status: 'succeeded' },
    ]);
    expect((await tenant.owner.get(`/api/runs/${body.runs[0].run_id}`)).body).toMatchObject({
      status: 'failed',
      kind: 'filter',
      error: { code },
    });
  });

  it('has the time it declared', async () => {
    for (const name of ['a.slow', 'a.loop']) {
      const { status, body } = await tenant.owner.post(`/api/filters/${name}`, { value: 1 });
      expect(status).toBe(200);
      expect(['TIMEOUT', 'OVERLOADED', 'EXECUTOR_LOST']).toContain(body.runs[0].error.code);
    }
  });

  it('ends the call when it says on_error: fail', async () => {
    const { status, body } = await pass('a.closed', 1);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { code: 'FILTER_FAILED', plugin: 'closed', reason: 'PLUGIN_ERROR', run_id: expect.stringMatching(/^run_/) },
    });
    expect(body.detail).toContain('closed');
    expect(JSON.stringify(body)).not.toContain('the words of the plugin');
    expect((await tenant.owner.get(`/api/runs/${body.run_id}`)).body.error.message).toBe('the words of the plugin');
    expect((await tenant.owner.post('/api/filters/a.never', { value: 1 })).body).toMatchObject({
      code: 'FILTER_FAILED',
      plugin: 'closed',
    });
  });
});

describe('a secret', () => {
  it('does not travel from one plugin’s filter to the next, nor into what is kept', async () => {
    tenant = await annex.makeTenant();
    await install({
      slug: 'leaky',
      names: ['s.one'],
      secrets: ['KEY'],
      code: `filter('s.one', async (ctx, value) => ({ ...value, key: await ctx.secrets.get('KEY') }))`,
    });
    await install({
      slug: 'nosy',
      names: ['s.one'],
      code: `filter('s.one', { priority: 1 }, (ctx, value) => { console.log(JSON.stringify(value)) })`,
    });
    const { body } = await pass('s.one', { a: 1 });
    expect(body.runs).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
    const runs = await Promise.all(
      (body.runs as { run_id: string }[]).map(({ run_id }) => tenant.owner.get(`/api/runs/${run_id}`)),
    );
    expect(JSON.stringify([body, runs.map((run) => run.body)])).not.toContain(canary);
    expect(body.value).toMatchObject({ a: 1, key: expect.any(String) });
  });
});
