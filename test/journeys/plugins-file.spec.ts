/** An operator's file of plugins: applied as a whole, or not at all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';

const folder = mkdtempSync(join(tmpdir(), 'annex-plugins-file-'));
const path = join(folder, 'plugins.yaml');
let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  writeFileSync(path, 'tenants: {}');
  annex = await startTestAnnex({ ANNEX_PLUGINS_FILE: path, SLACK_TOKEN: 'xoxb-1', EMPTY: '' });
  tenant = await annex.makeTenant();
  await tenant.install({ manifest: { slug: 'base' }, code: 'export {}' }, { enable: false });
  await tenant.install(
    {
      manifest: {
        slug: 'app',
        permissions: ['db.read'],
        dependencies: { base: '*' },
        secrets: [{ name: 'TOKEN', required: true }],
        config: { type: 'object', properties: { channel: { type: 'string', pattern: '^#' } } },
      },
      code: 'export {}',
    },
    { enable: false },
  );
});
afterAll(async () => {
  await annex?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function apply(yaml: string): Promise<readonly { pointer: string; code: string; detail: string }[]> {
  writeFileSync(path, yaml);
  await annex.platform.pluginsFile?.look();
  return annex.platform.pluginsFile?.state.faults ?? [];
}

const app = (more: string, slug = 'app'): string => `
    plugins:
      ${slug}: { ${more} }
      base: { enabled: true }`;
const plugin = async (slug: string): Promise<{ status: string; version: string }> =>
  (await tenant.owner.get(`/api/plugins/${slug}`)).body;
const readyz = async (): Promise<Record<string, string> | undefined> =>
  ((await (await fetch(`${annex.url}/readyz`)).json()) as { warnings?: Record<string, string> }).warnings;

it('sets secrets and settings, and switches plugins on, what others need first', async () => {
  const config = 'config: { channel: "#${CHANNEL:-ops}", text: "$${NOT_A_VARIABLE}" }';
  const faults = await apply(
    `tenants:\n  ${tenant.slug}:${app(`enabled: true, grant: all, ${config}, secrets: { TOKEN: "\${SLACK_TOKEN}" }`)}`,
  );
  expect(faults).toEqual([]);
  expect((await plugin('app')).status).toBe('enabled');
  expect((await plugin('base')).status).toBe('enabled');
  const { body } = await tenant.owner.get('/api/plugins/app/config');
  expect(body).toEqual({ channel: '#ops', text: '${NOT_A_VARIABLE}' });
  const { body: permissions } = await tenant.owner.get('/api/plugins/app/permissions');
  expect(JSON.stringify(permissions)).toContain('db.read');
  const { body: audit } = await tenant.owner.get('/api/audit?limit=50');
  const acts = (audit.items as { actor: string | { id: string }; action: string; request_id: string }[]).filter(
    (each) => each.request_id === 'plugins-file',
  );
  expect(acts.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['secret.set', 'plugin.config_changed', 'plugin.enabled']),
  );
  const before = acts.length;
  await apply(`tenants:\n  ${tenant.slug}:${app(`enabled: true, grant: all, ${config}, secrets: { TOKEN: xoxb-1 }`)}`);
  const again = (await tenant.owner.get('/api/audit?limit=50')).body.items as { request_id: string }[];
  expect(again.filter((each) => each.request_id === 'plugins-file')).toHaveLength(before);
});

it('changes nothing when anything is wrong, and tells every fault with its place', async () => {
  const faults = await apply(`tenants:
  nobody: { plugins: {} }
  ${tenant.slug}:${app('enabled: false, config: { channel: ops }, secrets: { TOKE: x }')}
      gone: { enabled: true }`);
  const at = `/tenants/${tenant.slug}/plugins`;
  expect(faults.map(({ pointer, code }) => [pointer, code])).toEqual([
    ['/tenants/nobody', 'TENANT_NOT_FOUND'],
    [`${at}/app/secrets/TOKE`, 'SECRET_UNDECLARED'],
    [`${at}/app/config/channel`, expect.any(String)],
    [`${at}/gone`, 'PLUGIN_NOT_FOUND'],
  ]);
  expect((await plugin('app')).status).toBe('enabled');
  expect((await tenant.owner.get('/api/plugins/app/config')).body.channel).toBe('#ops');
  expect((await readyz())?.['plugins_file']).toContain('4 faults');
  expect(await (await fetch(`${annex.url}/metrics`)).text()).toContain('annex_plugins_file_faults 4');
  expect(annex.log()).toContain('"pointer":"/tenants/nobody"');
});

it('refuses what it cannot read, and what is not in the environment', async () => {
  const faults = await apply(`tenants:
  ${tenant.slug}:
    plugin: {}
    plugins:
      app: { enable: true, config: { a: "\${EMPTY}", b: "\${ANNEX_MASTER_KEY:-x}" }, secrets: { TOKEN: 5 } }`);
  const at = `/tenants/${tenant.slug}`;
  expect(faults.map(({ pointer, code }) => [pointer, code]).toSorted()).toEqual(
    [
      [`${at}/plugins/app/config/a`, 'VARIABLE'],
      [`${at}/plugins/app/config/b`, 'VARIABLE'],
      [`${at}/plugin`, 'UNKNOWN_KEY'],
      [`${at}/plugins/app/enable`, 'UNKNOWN_KEY'],
      [`${at}/plugins/app/secrets/TOKEN`, 'SHAPE'],
    ].toSorted(),
  );
  expect((await apply('tenants: [')).map(({ code }) => code)).toEqual(['YAML_SYNTAX']);
  rmSync(path);
  await annex.platform.pluginsFile?.look();
  expect(annex.platform.pluginsFile?.state.faults).toMatchObject([{ code: 'UNREADABLE' }]);
  expect((await plugin('app')).status).toBe('enabled');
});

it('goes on when it is set right, and tells what could not be done', async () => {
  const needed = await apply(`tenants:
  ${tenant.slug}:
    plugins:
      base: { enabled: false }`);
  expect(needed).toMatchObject([{ pointer: `/tenants/${tenant.slug}/plugins/base`, code: 'PLUGIN_NEEDED' }]);
  const off = await apply(`tenants:
  ${tenant.slug}:
    plugins:
      base: { enabled: false }
      app: { enabled: false }`);
  expect(off).toEqual([]);
  expect([(await plugin('app')).status, (await plugin('base')).status]).toEqual(['disabled', 'disabled']);
  expect((await readyz())?.['plugins_file']).toBeUndefined();
});
