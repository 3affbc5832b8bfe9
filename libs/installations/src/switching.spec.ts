import { MINUTE, newId, uuidFromId } from '@annex/kernel';
import { emitEvent, outcomeErrors } from '@annex/runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost, type TestPlugin } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';
import type { PluginView } from './views.js';

let host: PluginHost;
beforeAll(async () => {
  host = await openPluginHost();
});
afterAll(() => host.close());

async function install(caller: InstallationsCaller, plugin: TestPlugin, enable = false): Promise<PluginView> {
  return (await host.installations.upload(caller, packPlugin(plugin), { enable })).plugin;
}

async function eventTypes(caller: InstallationsCaller): Promise<string[]> {
  const rows = await host.db.sql<{ type: string }>(
    'select type from events where tenant_id = $1 order by created_at, id',
    [uuidFromId(caller.tenant.id)],
  );
  return rows.map((row) => row.type);
}

describe('enabling', () => {
  it('names everything that is missing, together, and changes nothing', async () => {
    const caller = await host.makeCaller();
    await install(caller, {
      manifest: {
        permissions: ['db.read', 'files.write'],
        secrets: [{ name: 'ONE', required: true }, { name: 'TWO', required: true }, 'OPTIONAL'],
        dependencies: { base: '^1.0.0' },
        config: { type: 'object', properties: { channel: { type: 'string' } }, required: ['channel'] },
      },
    });
    await host.setSecret(caller.tenant.id, 'TWO');
    const refused = await host.installations
      .enable(caller, 'probe', { grant: ['db.read'] })
      .catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: 'REQUIREMENTS_MISSING',
      kind: { status: 409 },
      extra: {
        missing: {
          permissions: ['files.write'],
          secrets: ['ONE'],
          dependencies: [{ slug: 'base', range: '^1.0.0', problem: 'not_installed', version: null }],
          config: ['/channel'],
        },
      },
      errors: [
        { pointer: '/permissions/files.write', code: 'GRANT_MISSING' },
        { pointer: '/secrets/ONE', code: 'SECRET_MISSING' },
        { pointer: '/dependencies/base', code: 'DEPENDENCY_UNMET' },
        { pointer: '/config/channel' },
      ],
    });
    expect(await host.installations.get(caller, 'probe')).toMatchObject({
      status: 'installed',
      permissions: { granted: [] },
    });
    expect(await eventTypes(caller)).toEqual(['plugin.installed']);
  });

  it('refuses to grant what nobody asked for', async () => {
    const caller = await host.makeCaller();
    await install(caller, { manifest: { permissions: ['db.read'] } });
    const refused = await host.installations
      .enable(caller, 'probe', { grant: ['db.write', 'db.raed', '__proto__', 'x'.repeat(10_000)] })
      .catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: 'GRANT_INVALID',
      errors: [{ pointer: '/grant/0' }, { pointer: '/grant/1' }, { pointer: '/grant/2' }, { pointer: '/grant/3' }],
    });
    expect(String(refused)).toContain('Did you mean "db.read"?');
  });

  it('twice, or from two processes at once, enables once', async () => {
    const caller = await host.makeCaller();
    await install(caller, { code: `import { onInstall } from '@annex/sdk'; onInstall(async () => {});` });
    await Promise.all([host.installations, host.another(), host.another()].map((each) => each.enable(caller, 'probe')));
    expect(await eventTypes(caller)).toEqual(['plugin.installed', 'plugin.enabled']);
    expect(await host.db.sql(`select name from runs where tenant_id = $1`, [uuidFromId(caller.tenant.id)])).toEqual([
      { name: 'install' },
    ]);
  });

  it('calls onInstall the first time only', async () => {
    const caller = await host.makeCaller();
    await install(caller, { code: `import { onInstall } from '@annex/sdk'; onInstall(async () => {});` }, true);
    await host.installations.disable(caller, 'probe');
    await host.installations.enable(caller, 'probe');
    expect(await host.db.sql(`select name from runs where tenant_id = $1`, [uuidFromId(caller.tenant.id)])).toEqual([
      { name: 'install' },
    ]);
  });

  it('evicts what was warm, and tells every process', async () => {
    const caller = await host.makeCaller();
    const plugin = await install(caller, {});
    const heard = new Promise<string | null>((resolve) => {
      void host.db.database
        .listen('annex_changed', (payload) => {
          if (payload?.includes(uuidFromId(caller.tenant.id))) resolve(payload);
        })
        .then(async () => {
          host.evicted.length = 0;
          await host.installations.enable(caller, 'probe');
        });
    });
    expect(JSON.parse((await heard) ?? '')).toEqual({ tenant: uuidFromId(caller.tenant.id), what: 'plugins' });
    await expect.poll(() => host.evicted).toContain(plugin.id);
  });

  it('evicts nothing when the change is rolled back', async () => {
    const caller = await host.makeCaller();
    const plugin = await install(caller, {});
    host.evicted.length = 0;
    const dying = host.another({ emit: () => Promise.reject(new Error('gone')) });
    await expect(dying.enable(caller, 'probe')).rejects.toThrow('gone');
    expect(host.evicted).not.toContain(plugin.id);
    expect(await host.installations.get(caller, 'probe')).toMatchObject({ status: 'installed' });
  });
});

describe('dependencies', () => {
  const needs = (slug: string, dependencies: Record<string, string>, version = '1.0.0'): TestPlugin => ({
    slug,
    version,
    manifest: { dependencies },
  });

  it('must be installed, enabled and in range', async () => {
    const caller = await host.makeCaller();
    await install(caller, needs('app', { base: '^1.2.0' }));
    const problem = async () =>
      (await host.installations.enable(caller, 'app').catch((thrown: unknown) => thrown)) as {
        extra?: { missing: { dependencies: unknown } };
      };
    expect((await problem()).extra?.missing.dependencies).toMatchObject([{ problem: 'not_installed' }]);
    await install(caller, needs('base', {}, '1.1.0'), true);
    expect((await problem()).extra?.missing.dependencies).toMatchObject([{ problem: 'version', version: '1.1.0' }]);
    await install(caller, needs('base', {}, '1.2.3'));
    await host.installations.disable(caller, 'base');
    expect((await problem()).extra?.missing.dependencies).toMatchObject([{ problem: 'not_enabled' }]);
    await host.installations.enable(caller, 'base');
    expect(await host.installations.enable(caller, 'app')).toMatchObject({ status: 'enabled' });
  });

  it('of another tenant do not count', async () => {
    const [one, two] = [await host.makeCaller(), await host.makeCaller()];
    await install(one, needs('base', {}), true);
    await install(two, needs('app', { base: '*' }));
    await expect(host.installations.enable(two, 'app')).rejects.toMatchObject({
      extra: { missing: { dependencies: [{ problem: 'not_installed' }] } },
    });
  });

  it('may not form a circle, whatever its length', async () => {
    const caller = await host.makeCaller();
    await install(caller, needs('a', { b: '*' }));
    await install(caller, needs('b', { c: '*' }));
    await install(caller, needs('c', { a: '*' }));
    await install(caller, needs('self', { self: '*' })).catch(() => undefined);
    await expect(host.installations.enable(caller, 'a')).rejects.toMatchObject({
      extra: { missing: { dependencies: [{ slug: 'b', problem: 'cycle' }] } },
    });
  });

  it('keep the plugins they need from being disabled or uninstalled, unless forced', async () => {
    const caller = await host.makeCaller();
    await install(caller, needs('base', {}), true);
    await install(caller, needs('app', { base: '*' }), true);
    await expect(host.installations.disable(caller, 'base')).rejects.toMatchObject({
      code: 'PLUGIN_NEEDED',
      extra: { dependents: ['app'] },
    });
    await expect(host.installations.delete(caller, 'base')).rejects.toMatchObject({ code: 'PLUGIN_NEEDED' });
    expect(await host.installations.disable(caller, 'base', { force: true })).toMatchObject({ status: 'disabled' });
    await host.installations.disable(caller, 'app');
    await host.installations.delete(caller, 'base');
  });

  it('are disabled first with cascade, each after those that need it, in a circle too', async () => {
    const caller = await host.makeCaller();
    await install(caller, needs('base', {}), true);
    await install(caller, needs('middle', { base: '*' }), true);
    await install(caller, needs('top', { middle: '*', base: '*' }), true);
    await install(caller, needs('aside', {}), true);
    const stopped = async (): Promise<string[]> => {
      const rows = await host.db.sql<{ slug: string }>(
        `select detail->>'slug' as slug from audit where tenant_id = $1 and action = 'plugin.disabled' order by seq`,
        [uuidFromId(caller.tenant.id)],
      );
      return rows.map(({ slug }) => slug);
    };
    await host.installations.disable(caller, 'middle', { cascade: true });
    expect(await stopped()).toEqual(['top', 'middle']);
    for (const slug of ['middle', 'top']) await host.installations.enable(caller, slug);
    await host.installations.delete(caller, 'base', { cascade: true });
    expect((await stopped()).slice(2)).toEqual(['top', 'middle']);
    await expect(host.installations.get(caller, 'base')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    expect(await host.installations.get(caller, 'aside')).toMatchObject({ status: 'enabled' });
  });

  it('keep an enabled plugin from moving to a release that breaks them', async () => {
    const caller = await host.makeCaller();
    await install(caller, needs('base', {}), true);
    await install(caller, needs('app', { base: '^1.0.0' }), true);
    await expect(install(caller, needs('base', {}, '2.0.0'))).rejects.toMatchObject({
      code: 'UPGRADE_BLOCKED',
      errors: [{ code: 'DEPENDENT_BROKEN' }],
    });
    await expect(install(caller, needs('base', { app: '*' }, '1.1.0'))).rejects.toMatchObject({
      code: 'UPGRADE_BLOCKED',
      errors: [{ code: 'DEPENDENCY_UNMET' }],
    });
    await expect(install(caller, needs('app', { base: '^1.0.0', more: '*' }, '1.1.0'))).rejects.toMatchObject({
      code: 'UPGRADE_BLOCKED',
    });
    expect(await host.installations.get(caller, 'base')).toMatchObject({ version: '1.0.0', status: 'enabled' });
  });
});

describe('an upgrade of an enabled plugin', () => {
  it('that asks for more runs at once with the old grants, and shows the rest as pending', async () => {
    const caller = await host.makeCaller();
    const at = (version: string, permissions: string[], allow: string[]): TestPlugin => ({
      version,
      manifest: { permissions, http: { allow }, secrets: version === '1.0.0' ? [] : [{ name: 'NEW', required: true }] },
    });
    await install(caller, at('1.0.0', ['outbound_http'], ['a.test']));
    await host.installations.enable(caller, 'probe', { grant: 'all' });
    const upgraded = await install(caller, at('1.1.0', ['outbound_http', 'db.read'], ['a.test', 'b.test']));
    expect(upgraded).toMatchObject({
      version: '1.1.0',
      status: 'enabled',
      missing_secrets: ['NEW'],
      permissions: {
        requested: ['db.read', 'outbound_http'],
        granted: ['outbound_http'],
        pending: ['db.read', 'outbound_http'],
      },
    });
    const report = await host.installations.permissions(caller, 'probe');
    expect(report.details).toMatchObject([
      { name: 'db.read', granted: null, pending: {} },
      {
        name: 'outbound_http',
        requested: { hosts: ['a.test', 'b.test'] },
        granted: { hosts: ['a.test'] },
        pending: { hosts: ['b.test'] },
      },
    ]);
    expect(await host.installations.setPermissions(caller, 'probe', { granted: ['outbound_http'] })).toMatchObject({
      granted: ['outbound_http'],
      pending: ['db.read'],
    });
  });

  it('is refused while the settings do not fit its schema', async () => {
    const caller = await host.makeCaller();
    await install(caller, {}, true);
    const next: TestPlugin = {
      version: '2.0.0',
      manifest: { config: { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] } },
    };
    await expect(install(caller, next)).rejects.toMatchObject({
      code: 'UPGRADE_BLOCKED',
      errors: [{ pointer: '/config/url' }],
    });
    await host.installations.disable(caller, 'probe');
    await install(caller, next);
    await host.installations.putConfig(caller, 'probe', { url: 'https://a.test' });
    expect(await host.installations.enable(caller, 'probe')).toMatchObject({ version: '2.0.0', status: 'enabled' });
  });

  it('keeps the due tick of a schedule that stayed the same, and moves that of one that changed', async () => {
    const caller = await host.makeCaller();
    const at = (version: string, weekly: string): TestPlugin => ({
      version,
      manifest: {
        jobs: [
          { name: 'hourly', schedule: '0 * * * *' },
          { name: 'weekly', schedule: weekly },
        ],
      },
      code: `import { job } from '@annex/sdk'; job('hourly', async () => {}); job('weekly', async () => {});`,
    });
    const before = await install(caller, at('1.0.0', '0 0 * * 1'), true);
    host.clock.forward(90 * MINUTE);
    const after = await install(caller, at('1.1.0', '0 0 * * 2'));
    expect(after.jobs[0]?.next_run_at).toBe(before.jobs[0]?.next_run_at);
    expect(Date.parse(after.jobs[0]?.next_run_at ?? '')).toBeLessThan(host.clock.now());
    expect(after.jobs[1]?.next_run_at).not.toBe(before.jobs[1]?.next_run_at);
    const gone = await install(caller, { version: '1.2.0' });
    expect(gone.jobs).toEqual([]);
    expect(
      await host.db.sql('select 1 from schedules where tenant_id = $1 and (active or next_at is not null)', [
        uuidFromId(caller.tenant.id),
      ]),
    ).toEqual([]);
  });
});

describe('disabling', () => {
  it('of a plugin that is off changes nothing', async () => {
    const caller = await host.makeCaller();
    await install(caller, {});
    expect(await host.installations.disable(caller, 'probe')).toMatchObject({ status: 'installed' });
    expect(await eventTypes(caller)).toEqual(['plugin.installed']);
    await expect(host.installations.reload(caller, 'probe')).rejects.toMatchObject({ code: 'PLUGIN_DISABLED' });
  });

  it('for a moment, as a deployment does, loses no tick', async () => {
    const caller = await host.makeCaller();
    const hourly: TestPlugin = {
      manifest: { jobs: [{ name: 'hourly', schedule: '0 * * * *' }] },
      code: `import { job } from '@annex/sdk'; job('hourly', async () => {});`,
    };
    const before = await install(caller, hourly, true);
    // The tick comes while it is off.
    const due = Date.parse(before.jobs[0]?.next_run_at ?? '');
    host.clock.forward(due - host.clock.now() - MINUTE);
    await host.installations.disable(caller, 'probe');
    host.clock.forward(2 * MINUTE);
    await install(caller, { ...hourly, version: '1.0.1' });
    const again = await host.installations.enable(caller, 'probe');
    expect(Date.parse(again.jobs[0]?.next_run_at ?? '')).toBe(due);
    expect(due).toBeLessThan(host.clock.now());
  });

  it('for longer lets the ticks in between pass, and marks them for whoever decides about ticks', async () => {
    const caller = await host.makeCaller();
    await install(
      caller,
      {
        manifest: { jobs: [{ name: 'hourly', schedule: '0 * * * *' }] },
        code: `import { job } from '@annex/sdk'; job('hourly', async () => {});`,
      },
      true,
    );
    await host.installations.disable(caller, 'probe');
    host.clock.forward(300 * MINUTE);
    const again = await host.installations.enable(caller, 'probe');
    expect(Date.parse(again.jobs[0]?.next_run_at ?? '')).toBeGreaterThan(host.clock.now());
    const [row] = await host.db.sql<{ next_at: Date; rested_until: Date; rested_for: string }>(
      'select next_at, rested_until, rested_for from schedules where tenant_id = $1',
      [uuidFromId(caller.tenant.id)],
    );
    expect(row).toMatchObject({ rested_until: new Date(host.clock.now()), rested_for: 'plugin_disabled' });
    expect(Number(row?.next_at)).toBeLessThan(host.clock.now());
  });

  it('works while the tenant’s queue is full, keeping the event without deliveries', async () => {
    const caller = await host.makeCaller();
    await install(caller, {}, true);
    const full = host.another({
      emit: async (tx, event) => {
        await emitEvent(tx, event);
        throw outcomeErrors.error('QUEUE_FULL', 'full');
      },
    });
    expect(await full.disable(caller, 'probe')).toMatchObject({ status: 'disabled' });
    expect(await eventTypes(caller)).toContain('plugin.disabled');
  });
});

describe('a plugin that makes executors be killed', () => {
  const kill = (caller: InstallationsCaller, plugin: PluginView, atMs = host.clock.now()) => ({
    tenantId: caller.tenant.id,
    installationId: plugin.id,
    reason: 'unresponsive' as const,
    atMs,
  });

  it('is suspended after three kills in five minutes, its events wait, and it can be enabled again', async () => {
    const caller = await host.makeCaller();
    const plugin = await install(
      caller,
      {
        manifest: { events: ['build.*'] },
        code: `import { hook } from '@annex/sdk'; hook('build.*', async () => {});`,
      },
      true,
    );
    await host.installations.recordKill(kill(caller, plugin, host.clock.now() - 6 * MINUTE));
    await host.installations.recordKill(kill(caller, plugin));
    await host.installations.recordKill(kill(caller, plugin));
    expect(await host.installations.get(caller, 'probe')).toMatchObject({ status: 'enabled' });
    await host.installations.recordKill(kill(caller, plugin));
    const suspended = await host.installations.get(caller, 'probe');
    expect(suspended.status).toBe('suspended');
    expect(suspended.status_reason).toContain('3 times within 5 minutes');
    expect(await eventTypes(caller)).toEqual(['plugin.installed', 'plugin.enabled', 'plugin.disabled']);
    expect(
      await host.db.sql('select pattern from subscriptions where tenant_id = $1', [uuidFromId(caller.tenant.id)]),
    ).toEqual([{ pattern: 'build.*' }]);
    expect(await host.installations.enable(caller, 'probe')).toMatchObject({ status: 'enabled', status_reason: null });
    await host.installations.recordKill(kill(caller, plugin));
    expect(await host.installations.get(caller, 'probe')).toMatchObject({ status: 'enabled' });
  });

  it('is suspended once, though its kills are reported by several processes at once', async () => {
    const caller = await host.makeCaller();
    const plugin = await install(caller, {}, true);
    const hosts = [host.installations, host.another(), host.another(), host.another()];
    await Promise.all(hosts.map((each) => each.recordKill(kill(caller, plugin))));
    expect(await host.installations.get(caller, 'probe')).toMatchObject({ status: 'suspended' });
    expect((await eventTypes(caller)).filter((type) => type === 'plugin.disabled')).toHaveLength(1);
  });

  it('harms nobody else: kills of unknown, foreign or trial installations change nothing', async () => {
    const [one, two] = [await host.makeCaller(), await host.makeCaller()];
    const plugin = await install(one, {}, true);
    for (let round = 0; round < 4; round += 1) {
      await host.installations.recordKill(kill(two, plugin));
      await host.installations.recordKill({ ...kill(one, plugin), installationId: newId('installation') });
      await host.installations.recordKill({ ...kill(one, plugin), installationId: 'inspect' });
    }
    await host.installations.stop();
    expect(await host.installations.get(one, 'probe')).toMatchObject({ status: 'enabled' });
  });
});
