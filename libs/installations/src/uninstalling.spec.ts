import { silentLogger, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';
import { UnfinishedPlugins } from './unfinished-plugins.js';

let host: PluginHost;
let caller: InstallationsCaller;
let unfinished: UnfinishedPlugins;
beforeAll(async () => {
  host = await openPluginHost();
  caller = await host.makeCaller();
  const { installations } = host;
  unfinished = new UnfinishedPlugins({
    database: host.db.database,
    settleStart: (tenantId, installationId) => installations.settleStart(tenantId, installationId),
    finishUninstall: (tenantId, installationId) => installations.finishUninstall(tenantId, installationId),
    logger: silentLogger,
  });
});
afterAll(() => host.close());

const goodbyes = () =>
  host.db.sql<{ status: string }>(`select status from runs where tenant_id = $1 and name = 'uninstall'`, [
    uuidFromId(caller.tenant.id),
  ]);

it('an uninstallation whose process died is gone on with: the plugin says goodbye, and is erased', async () => {
  const code = `import { onUninstall } from '@annex/sdk'; onUninstall(() => {});`;
  await host.installations.upload(caller, packPlugin({ code }), { enable: true });
  const cutOff = (ageS: number): Promise<unknown> =>
    host.db.sql(
      `update installations set status = 'uninstalling', updated_at = now() - make_interval(secs => $2)
       where tenant_id = $1`,
      [uuidFromId(caller.tenant.id), ageS],
    );
  await cutOff(10);
  await unfinished.settleAll();
  expect(await goodbyes()).toEqual([]);
  await cutOff(120);
  await unfinished.settleAll();
  await unfinished.settleAll();
  expect(await goodbyes()).toEqual([{ status: 'queued' }]);
  await host.db.sql(
    `update runs set status = 'failed', finished_at = now(), next_attempt_at = null
     where tenant_id = $1 and name = 'uninstall'`,
    [uuidFromId(caller.tenant.id)],
  );
  await unfinished.settleAll();
  await expect(host.installations.get(caller, 'probe')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
});
