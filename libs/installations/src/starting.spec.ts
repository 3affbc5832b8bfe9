import { silentLogger, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';
import { UnfinishedPlugins } from './unfinished-plugins.js';

let host: PluginHost;
let starts: UnfinishedPlugins;
beforeAll(async () => {
  host = await openPluginHost();
  const { installations } = host;
  starts = new UnfinishedPlugins({
    database: host.db.database,
    settleStart: (tenantId, installationId) => installations.settleStart(tenantId, installationId),
    finishUninstall: (tenantId, installationId) => installations.finishUninstall(tenantId, installationId),
    logger: silentLogger,
  });
});
afterAll(() => host.close());

const code = `import { hook, onInit } from '@annex/sdk'; onInit(() => {}); hook('a.b', () => {});`;
const plugin = { manifest: { events: ['a.b'] }, code };

interface InitRun {
  status: string;
  payload: unknown;
  next_attempt_at: Date | null;
}
const initRuns = (caller: InstallationsCaller): Promise<InitRun[]> =>
  host.db.sql<InitRun>(
    `select status, payload, next_attempt_at from runs
     where tenant_id = $1 and kind = 'lifecycle' and name = 'init' order by queued_at, id`,
    [uuidFromId(caller.tenant.id)],
  );
/** Ends the open run as a worker would, and looks who goes on. */
async function end(caller: InstallationsCaller, status: 'succeeded' | 'failed' | 'cancelled'): Promise<void> {
  await host.db.sql(
    `update runs set status = $2, finished_at = now(), next_attempt_at = null,
       error = case when $2 = 'failed' then '{"code": "PLUGIN_ERROR", "message": "no disk"}'::json end
     where tenant_id = $1 and kind = 'lifecycle' and name = 'init' and status = 'queued'`,
    [uuidFromId(caller.tenant.id), status],
  );
  await starts.settleAll();
}
const seen = async (caller: InstallationsCaller): Promise<object> => host.installations.get(caller, 'probe');
const told = async (caller: InstallationsCaller): Promise<string[]> => {
  const rows = await host.db.sql<{ type: string }>(
    `select type from events where tenant_id = $1
       and type in ('plugin.enabled', 'plugin.failed', 'plugin.upgraded', 'plugin.upgrade_failed') order by created_at`,
    [uuidFromId(caller.tenant.id)],
  );
  return rows.map(({ type }) => type);
};

describe('a plugin with onInit', () => {
  it('is starting until that has succeeded, whoever sees that it did', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(plugin), { enable: true });
    expect(await seen(caller)).toMatchObject({ status: 'starting', status_reason: null });
    expect(await initRuns(caller)).toMatchObject([{ status: 'queued', payload: { reason: 'enable', attempt: 1 } }]);
    await starts.settleAll();
    expect(await seen(caller)).toMatchObject({ status: 'starting' });
    expect(await told(caller)).toEqual([]);
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ status: 'enabled' });
    await starts.settleAll();
    expect(await told(caller)).toEqual(['plugin.enabled']);
    expect(await initRuns(caller)).toHaveLength(1);
  });

  it('is called again when it throws, later each time, and has failed after five times', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(plugin), { enable: true });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await end(caller, 'failed');
      expect(await seen(caller)).toMatchObject({ status: 'starting' });
    }
    const runs = await initRuns(caller);
    expect(runs.map(({ payload }) => payload)).toEqual(
      [1, 2, 3, 4, 5].map((attempt) => ({ reason: 'enable', attempt })),
    );
    expect((runs.at(-1)?.next_attempt_at?.getTime() ?? 0) - host.clock.now()).toBe(60_000);
    await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({ status: 'failed', status_reason: expect.stringContaining('no disk') });
    expect(await told(caller)).toEqual(['plugin.failed']);
    expect((await host.installations.health(caller)).items).toMatchObject([{ slug: 'probe', status: 'failed' }]);
    await host.installations.enable(caller, 'probe');
    expect((await initRuns(caller)).at(-1)).toMatchObject({ payload: { reason: 'enable', attempt: 1 } });
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ status: 'enabled', status_reason: null });
  });

  it('hears of settings that change meanwhile, and keeps what it needs from being disabled', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin({ manifest: { slug: 'base' } }), { enable: true });
    const needing = { slug: 'needing', dependencies: { base: '*' } };
    const listening = `import { onConfigChange, onInit } from '@annex/sdk'
      onInit(() => {})
      onConfigChange(() => {})`;
    await host.installations.upload(caller, packPlugin({ manifest: needing, code: listening }), { enable: true });
    await host.installations.putConfig(caller, 'needing', { n: 1 });
    expect(
      await host.db.sql(`select status from runs where tenant_id = $1 and name = 'config_change'`, [
        uuidFromId(caller.tenant.id),
      ]),
    ).toEqual([{ status: 'queued' }]);
    await expect(host.installations.disable(caller, 'base')).rejects.toMatchObject({ code: 'PLUGIN_NEEDED' });
    await expect(host.installations.delete(caller, 'base')).rejects.toMatchObject({ code: 'PLUGIN_NEEDED' });
  });

  it('has failed when somebody cancels its run, and rests when somebody disables it', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(plugin), { enable: true });
    await end(caller, 'cancelled');
    expect(await seen(caller)).toMatchObject({ status: 'failed' });
    await host.installations.enable(caller, 'probe');
    await host.installations.disable(caller, 'probe');
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ status: 'disabled' });
  });

  it('that is starting begins anew with another release, and goes on at once with one that has none', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(plugin), { enable: true });
    const next = await host.installations.upload(caller, packPlugin({ ...plugin, version: '1.1.0' }), {});
    expect(next.plugin).toMatchObject({ version: '1.1.0', status: 'starting', upgrade: null });
    expect((await initRuns(caller)).at(-1)).toMatchObject({ payload: { reason: 'upgrade', attempt: 1 } });
    await host.installations.upload(caller, packPlugin(withoutInit('1.2.0')), {});
    await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({ version: '1.2.0', status: 'enabled' });
  });
});

const withoutInit = (version: string): typeof plugin & { version: string } => ({
  ...plugin,
  version,
  code: `import { hook } from '@annex/sdk'; hook('a.b', () => {});`,
});

describe('an upgrade to a release with onInit', () => {
  const started = async (): Promise<InstallationsCaller> => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(withoutInit('1.0.0')), { enable: true });
    return caller;
  };
  const upgrade = async (caller: InstallationsCaller, version: string, manifest: object = {}): Promise<void> => {
    const packed = packPlugin({ manifest: { ...plugin.manifest, ...manifest }, code, version });
    await host.installations.upload(caller, packed, {});
  };

  it('leaves the active release serving, and takes over when that has succeeded', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0');
    expect(await seen(caller)).toMatchObject({
      ...{ version: '1.0.0', status: 'enabled' },
      upgrade: { version: '1.1.0', tries: 1, last_error: null, on_init_failure: 'rollback' },
    });
    await starts.settleAll();
    expect(await initRuns(caller)).toMatchObject([{ payload: { reason: 'upgrade', attempt: 1 } }]);
    await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({
      upgrade: { tries: 2, last_error: null },
    });
    expect((await initRuns(caller)).at(-1)).toMatchObject({ payload: { reason: 'upgrade', attempt: 2 } });
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ version: '1.1.0', status: 'enabled', upgrade: null });
    await starts.settleAll();
    expect(await told(caller)).toEqual(['plugin.enabled', 'plugin.upgraded']);
  });

  it('is given up when that fails for good, and can be asked for again', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0');
    for (let attempt = 1; attempt <= 5; attempt += 1) await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', status: 'enabled', upgrade: null });
    expect(await told(caller)).toEqual(['plugin.enabled', 'plugin.upgrade_failed']);
    await host.installations.activate(caller, 'probe', '1.1.0');
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', upgrade: { version: '1.1.0', tries: 1 } });
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ version: '1.1.0', status: 'enabled' });
  });

  it('goes on trying, or stops the plugin, where the manifest says so', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0', { upgrade: { on_init_failure: 'keep_old' } });
    for (let attempt = 1; attempt <= 6; attempt += 1) await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', status: 'enabled', upgrade: { tries: 7 } });
    const due = (await initRuns(caller)).at(-1)?.next_attempt_at?.getTime() ?? 0;
    expect(due - host.clock.now()).toBe(300_000);
    await upgrade(caller, '1.2.0', { upgrade: { on_init_failure: 'fail' } });
    for (let attempt = 1; attempt <= 5; attempt += 1) await end(caller, 'failed');
    expect(await seen(caller)).toMatchObject({
      ...{ version: '1.2.0', status: 'failed', upgrade: null },
      status_reason: expect.stringContaining('no disk'),
    });
    const expected = ['plugin.enabled', 'plugin.failed', 'plugin.upgrade_failed', 'plugin.upgraded'];
    expect((await told(caller)).toSorted()).toEqual(expected);
  });

  it('makes way for a later one, for the active release asked for again, and for an admin who disables', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0');
    await upgrade(caller, '1.2.0');
    const cancelled = { status: 'cancelled' };
    expect(await initRuns(caller)).toMatchObject([cancelled, { status: 'queued' }]);
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', upgrade: { version: '1.2.0' } });
    await host.installations.rollback(caller, 'probe', { version: '1.0.0' });
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', status: 'enabled', upgrade: null });
    await upgrade(caller, '1.3.0');
    await host.installations.upload(caller, packPlugin(withoutInit('1.4.0')), {});
    expect(await seen(caller)).toMatchObject({ version: '1.4.0', status: 'enabled', upgrade: null });
    await upgrade(caller, '1.5.0');
    await host.installations.disable(caller, 'probe');
    expect(await seen(caller)).toMatchObject({ version: '1.4.0', status: 'disabled', upgrade: null });
    await starts.settleAll();
    expect(await initRuns(caller)).toMatchObject([cancelled, cancelled, cancelled, cancelled]);
  });

  it('waits for the secrets that it requires', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0', { secrets: [{ name: 'KEY', required: true }] });
    await starts.settleAll();
    expect(await initRuns(caller)).toEqual([]);
    expect(await seen(caller)).toMatchObject({ upgrade: { tries: 0, missing_secrets: ['KEY'] } });
    await host.setSecret(caller.tenant.id, 'KEY');
    await starts.settleAll();
    expect(await initRuns(caller)).toHaveLength(1);
  });

  it('is given up when something forbids it by the time that it could take over', async () => {
    const caller = await started();
    await upgrade(caller, '1.1.0', {
      config: { type: 'object', properties: { size: { type: 'string', default: 'small' } } },
    });
    await host.installations.putConfig(caller, 'probe', { size: 7 });
    await end(caller, 'succeeded');
    expect(await seen(caller)).toMatchObject({ version: '1.0.0', status: 'enabled', upgrade: null });
    expect(await told(caller)).toEqual(['plugin.enabled', 'plugin.upgrade_failed']);
  });
});
