/**
 * What a plugin is told of its own life, through the API and real executors: settings in order, a goodbye before it
 * goes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

describe('onConfigChange', () => {
  const plugin = {
    manifest: { routes: true, config: { type: 'object', properties: { step: { type: 'integer' } } } },
    code: pluginCode('follows-config'),
  };

  it('hears of forty changes in their order, one after the other', async () => {
    const tenant = await annex.makeTenant();
    expect((await tenant.install(plugin)).status).toBe(200);
    for (let step = 1; step <= 40; step += 1)
      expect((await tenant.owner.put('/api/plugins/probe/config', { step })).status).toBe(200);
    const { body } = await until(
      () => tenant.owner.get('/ext/probe/told'),
      (answer) => answer.body.told?.length >= 40,
    );
    expect(body).toEqual({ told: Array.from({ length: 40 }, (_, index) => index + 1), crowded: false });
  });

  it('hears of changes that come from all sides at once in the order in which they were made', async () => {
    const tenant = await annex.makeTenant();
    expect((await tenant.install(plugin)).status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => tenant.owner.put('/api/plugins/probe/config', { step: index + 1 })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const { body } = await until(
      () => tenant.owner.get('/ext/probe/told'),
      (answer) => answer.body.told?.length >= 12,
    );
    const [current] = body.told.slice(-1);
    expect((await tenant.owner.get('/api/plugins/probe/config')).body).toEqual({ step: current });
    expect(body.crowded).toBe(false);
  });
});

describe('uninstalling an enabled plugin', () => {
  it('runs its onShutdown first, with its data still there', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      code: pluginCode('says-goodbye'),
    });
    await until(
      () => tenant.owner.get('/api/runs?kind=lifecycle'),
      (answer) => answer.body.items[0]?.status === 'succeeded',
    );
    expect((await tenant.owner.delete('/api/plugins/probe')).status).toBeLessThan(300);
    expect((await tenant.owner.get('/api/plugins/probe')).status).toBe(404);
    const { body } = await tenant.owner.get('/api/events?type=probe.left');
    expect(body.items).toMatchObject([{ data: { since: 'the first day' } }]);
  });

  it('tells it of its end when it has shut down, whether it was on or off, and not one that was never on', async () => {
    const tenant = await annex.makeTenant();
    const code = `import { onShutdown, onUninstall } from '@annex/sdk';
      onShutdown(async (ctx) => { await ctx.kv.set('off', true) });
      onUninstall(async (ctx) => { await ctx.emit('probe.gone', { off: await ctx.kv.get('off') }) });`;
    const gone = async (): Promise<unknown[]> =>
      (await tenant.owner.get('/api/events?type=probe.gone')).body.items.map(({ data }: { data: unknown }) => data);
    await tenant.install({ code });
    expect((await tenant.owner.delete('/api/plugins/probe')).status).toBe(204);
    expect(await gone()).toEqual([{ off: true }]);
    await tenant.install({ code });
    await tenant.owner.post('/api/plugins/probe/disable');
    expect((await tenant.owner.delete('/api/plugins/probe')).status).toBe(204);
    expect(await gone()).toHaveLength(2);
    await tenant.install({ code }, { enable: false });
    expect((await tenant.owner.delete('/api/plugins/probe')).status).toBe(204);
    expect(await gone()).toHaveLength(2);
  });

  it('that was cut off leaves it uninstalling: it cannot be enabled, and the next call finishes', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      code: `import { onUninstall } from '@annex/sdk'; onUninstall(() => new Promise(() => {}));`,
    });
    const first = tenant.owner.delete('/api/plugins/probe');
    await until(
      () => tenant.owner.get('/api/plugins/probe'),
      ({ body }) => body.status === 'uninstalling',
    );
    expect(await tenant.owner.post('/api/plugins/probe/enable', {})).toMatchObject({
      status: 409,
      body: { code: 'PLUGIN_UNINSTALLING' },
    });
    const answers = await Promise.all([first, tenant.owner.delete('/api/plugins/probe')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  });

  it('does not wait for one that never ends', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({ code: `import { onShutdown } from '@annex/sdk'; onShutdown(() => new Promise(() => {}));` });
    expect((await tenant.owner.delete('/api/plugins/probe')).status).toBeLessThan(300);
    expect((await tenant.owner.get('/api/plugins/probe')).status).toBe(404);
  });
});
