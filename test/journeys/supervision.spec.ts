/** Plugins are asked for their health as their manifests want it, and people hear when that turns. */
import { parseId, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const moods = ['ok', 'degraded', 'unhealthy', 'throws', 'loops'] as const;
const moody = (slug: string) => ({
  manifest: {
    slug,
    routes: true,
    health: { interval_s: 10 },
    events: ['plugin.*'],
    config: { type: 'object', properties: { mood: { type: 'string', enum: moods, default: 'ok' } } },
  },
  code: pluginCode('moody'),
});

const lineOf = async (tenant: TestTenant, slug: string) => {
  const { body } = await tenant.owner.get('/api/plugins/health');
  return body.items.find((item: { slug: string }) => item.slug === slug);
};

const ask = <Row>(sql: string, tenant: TestTenant): Promise<Row[]> =>
  annex.platform.database.platform((tx) => tx.query<Row>(sql, [uuidFromId(parseId('tenant', tenant.id) ?? 'ten_')]));

/** Makes the next check of a tenant's plugins due now, and waits until it was made. */
async function checked(tenant: TestTenant, slug = 'probe') {
  const before = (await lineOf(tenant, slug)).checked_at;
  await ask('update plugin_checks set next_at = now() where tenant_id = $1', tenant);
  return until(
    () => lineOf(tenant, slug),
    (line) => line.checked_at !== null && line.checked_at !== before,
  );
}

describe('scheduled health checks', () => {
  it('begin by themselves when a plugin is enabled, and rest when it is not', async () => {
    const tenant = await annex.makeTenant();
    expect((await tenant.install(moody('probe'))).status).toBe(200);
    expect(await lineOf(tenant, 'probe')).toMatchObject({ status: 'unknown', checked_at: null });
    const line = await until(
      () => lineOf(tenant, 'probe'),
      ({ status }) => status !== 'unknown',
    );
    expect(line).toMatchObject({ status: 'healthy', reason: null, checked_at: expect.any(String) });
    const runs = await tenant.owner.get('/api/runs?name=health');
    expect(runs.body.items).toMatchObject([{ kind: 'lifecycle', name: 'health', status: 'succeeded' }]);

    await tenant.owner.post('/api/plugins/probe/disable');
    expect(await lineOf(tenant, 'probe')).toMatchObject({ status: 'disabled' });
    const [row] = await ask<{ active: boolean }>('select active from plugin_checks where tenant_id = $1', tenant);
    expect(row).toEqual({ active: false });
  });

  it('that fail three times in a row make a plugin unhealthy, and one that goes well makes it recover', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(moody('probe'));
    await tenant.owner.put('/api/plugins/probe/config', { mood: 'throws' });
    expect(await checked(tenant)).toMatchObject({ status: 'unknown' });
    expect(await checked(tenant)).toMatchObject({ status: 'unknown' });
    expect(await checked(tenant)).toMatchObject({
      status: 'unhealthy',
      reason: expect.stringContaining('shop is away'),
    });
    expect((await tenant.owner.get('/api/plugins/health')).body.status).toBe('unhealthy');
    await checked(tenant);

    await tenant.owner.put('/api/plugins/probe/config', { mood: 'ok' });
    expect(await checked(tenant)).toMatchObject({ status: 'healthy', reason: null });
    const types = async (): Promise<string[]> =>
      (await tenant.owner.get('/api/events?limit=100')).body.items.map(({ type }: { type: string }) => type);
    expect((await types()).filter((type) => /unhealthy|recovered/.test(type))).toEqual([
      'plugin.recovered',
      'plugin.unhealthy',
    ]);
    const audit = (await tenant.owner.get('/api/audit?limit=100')).body.items;
    expect(audit.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['plugin.unhealthy', 'plugin.recovered']),
    );
  });

  it('believe what the handler says, and end one that does not come back', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(moody('probe'));
    await tenant.owner.put('/api/plugins/probe/config', { mood: 'degraded' });
    expect(await checked(tenant)).toMatchObject({ status: 'degraded', reason: 'as it was told' });
    expect((await tenant.owner.get('/api/plugins/probe/health')).body).toMatchObject({ status: 'degraded' });
    await tenant.owner.put('/api/plugins/probe/config', { mood: 'unhealthy' });
    expect((await tenant.owner.get('/api/plugins/probe/health')).body).toMatchObject({ status: 'unhealthy' });
    await tenant.owner.put('/api/plugins/probe/config', { mood: 'loops' });
    for (let check = 0; check < 3; check += 1) await checked(tenant);
    expect(await lineOf(tenant, 'probe')).toMatchObject({
      status: 'unhealthy',
      reason: expect.stringMatching(/time|CPU/),
    });
  });

  it('show the worst plugin first, and what the platform stopped as failed', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(moody('probe'));
    await tenant.install(moody('another'));
    await tenant.owner.put('/api/plugins/probe/config', { mood: 'degraded' });
    await checked(tenant);
    const { body } = await tenant.owner.get('/api/plugins/health');
    expect(body.status).toBe('degraded');
    expect(body.items.map(({ slug }: { slug: string }) => slug)).toEqual(['probe', 'another']);
  });
});
