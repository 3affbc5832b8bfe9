import { uuidFromId } from '@annex/kernel';
import { verifyAuditChain } from '@annex/audit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';

let host: PluginHost;
beforeAll(async () => {
  host = await openPluginHost();
});
afterAll(() => host.close());

const page = { limit: 50 };

const notifier = {
  slug: 'notifier',
  manifest: {
    routes: true,
    permissions: [{ name: 'outbound_http', reason: 'posts to chat' }],
    http: { allow: ['chat.example.com'] },
    events: ['build.*'],
    secrets: [{ name: 'CHAT_TOKEN', required: true }],
    jobs: [{ name: 'digest', schedule: '0 2 * * *', timezone: 'Europe/Berlin', timeout_ms: 20_000 }],
    config: {
      type: 'object',
      properties: { channel: { type: 'string', default: '#ops' } },
      additionalProperties: false,
    },
  },
  code: `
    import { hook, job, route, onInstall, onReload, onShutdown } from '@annex/sdk';
    import { greet } from './lib/greet';
    hook('build.completed', async () => greet('event'));
    hook('build.completed', async () => 'again');
    job('digest', async () => greet('job'));
    route('/users/:id', { methods: ['GET', 'PUT'] }, async () => ({ ok: true }));
    onInstall(async () => {}); onReload(async () => {}); onShutdown(async () => {});`,
  files: {
    'lib/greet.ts': 'export const greet = (what: string): string => `hello ${what}`;',
    'static/logo.svg': '<svg/>',
  },
};

async function eventsOf(caller: InstallationsCaller): Promise<unknown[]> {
  return host.db.sql('select type, source, data from events where tenant_id = $1 order by created_at, id', [
    uuidFromId(caller.tenant.id),
  ]);
}

async function runsOf(caller: InstallationsCaller): Promise<string[]> {
  const rows = await host.db.sql<{ run: string }>(
    `select kind || ':' || name as run from runs where tenant_id = $1 order by id`,
    [uuidFromId(caller.tenant.id)],
  );
  return rows.map((row) => row.run);
}

describe('the life of a plugin', () => {
  it('goes from upload to uninstalling, each step with its event and audit row', async () => {
    const caller = await host.makeCaller();
    const { installations } = host;
    const { created, plugin } = await installations.upload(caller, packPlugin(notifier));
    expect(created).toBe(true);
    expect(plugin).toMatchObject({
      slug: 'notifier',
      name: 'notifier',
      version: '1.0.0',
      status: 'installed',
      permissions: { requested: ['outbound_http'], granted: [], pending: ['outbound_http'] },
      routes: [{ methods: ['GET', 'PUT'], path: '/users/:id', auth: 'member', roles: null }],
      events: ['build.*'],
      jobs: [
        {
          name: 'digest',
          schedule: '0 2 * * *',
          timezone: 'Europe/Berlin',
          next_run_at: null,
          last_run: null,
          paused: false,
        },
      ],
      missing_secrets: ['CHAT_TOKEN'],
    });
    expect(plugin.id).toMatch(/^plg_/);
    await host.setSecret(caller.tenant.id, 'CHAT_TOKEN', plugin.id);

    const enabled = await installations.enable(caller, 'notifier', { grant: 'all' });
    expect(enabled).toMatchObject({
      status: 'enabled',
      missing_secrets: [],
      permissions: { granted: ['outbound_http'], pending: [] },
    });
    expect(enabled.jobs[0]?.next_run_at).toBe('2026-03-03T01:00:00.000Z');
    expect(
      await host.db.sql('select pattern, ordinal, plugin from subscriptions where tenant_id = $1 order by ordinal', [
        uuidFromId(caller.tenant.id),
      ]),
    ).toEqual([
      { pattern: 'build.completed', ordinal: 0, plugin: 'notifier' },
      { pattern: 'build.completed', ordinal: 1, plugin: 'notifier' },
    ]);

    const upgraded = await installations.upload(caller, packPlugin({ ...notifier, version: '1.1.0' }));
    expect(upgraded).toMatchObject({ created: true, plugin: { id: plugin.id, version: '1.1.0', status: 'enabled' } });
    expect(await installations.rollback(caller, plugin.id, { version: '1.0.0' })).toMatchObject({
      version: '1.0.0',
      status: 'enabled',
    });
    expect(
      (await installations.releases(caller, 'notifier', page)).items.map(({ version, active }) => ({
        version,
        active,
      })),
    ).toEqual([
      { version: '1.1.0', active: false },
      { version: '1.0.0', active: true },
    ]);
    await installations.reload(caller, 'notifier');
    const disabled = await installations.disable(caller, 'notifier');
    expect(disabled).toMatchObject({ status: 'disabled' });
    expect(disabled.jobs[0]?.next_run_at).toBeNull();
    expect(
      await host.db.sql('select 1 from subscriptions where tenant_id = $1', [uuidFromId(caller.tenant.id)]),
    ).toEqual([]);
    // One handler each: the first enable, the upgrade, the rollback, the reload, the disable.
    expect(await runsOf(caller)).toEqual([
      'lifecycle:install',
      'lifecycle:reload',
      'lifecycle:reload',
      'lifecycle:reload',
      'lifecycle:shutdown',
    ]);

    await installations.delete(caller, 'notifier');
    await expect(installations.get(caller, 'notifier')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    const brief = { id: plugin.id, slug: 'notifier' };
    expect(await eventsOf(caller)).toEqual([
      { type: 'plugin.installed', source: 'annex:platform', data: { plugin: { ...brief, version: '1.0.0' } } },
      { type: 'plugin.enabled', source: 'annex:platform', data: { plugin: { ...brief, version: '1.0.0' } } },
      {
        type: 'plugin.upgraded',
        source: 'annex:platform',
        data: { plugin: { ...brief, version: '1.1.0' }, previous_version: '1.0.0' },
      },
      {
        type: 'plugin.upgraded',
        source: 'annex:platform',
        data: { plugin: { ...brief, version: '1.0.0' }, previous_version: '1.1.0' },
      },
      {
        type: 'plugin.disabled',
        source: 'annex:platform',
        data: { plugin: { ...brief, version: '1.0.0' }, reason: `disabled by ${caller.actor}` },
      },
      { type: 'plugin.uninstalled', source: 'annex:platform', data: { plugin: { ...brief, version: '1.0.0' } } },
    ]);
    const audit = await host.db.sql<{ action: string; actor: string; request_id: string }>(
      'select action, actor, request_id from audit where tenant_id = $1 order by seq',
      [uuidFromId(caller.tenant.id)],
    );
    expect(audit.map((row) => row.action)).toEqual([
      'plugin.installed',
      'plugin.permissions_granted',
      'plugin.enabled',
      'plugin.upgraded',
      'plugin.rolled_back',
      'plugin.reloaded',
      'plugin.disabled',
      'plugin.uninstalled',
    ]);
    expect(audit.every((row) => row.actor === caller.actor && row.request_id === caller.requestId)).toBe(true);
    expect(await host.db.database.forTenant(caller.tenant.id).transaction(verifyAuditChain)).toBeNull();
  });

  it('leaves nothing of a plugin behind when it is uninstalled', async () => {
    const caller = await host.makeCaller();
    const { plugin } = await host.installations.upload(
      caller,
      packPlugin({ ...notifier, manifest: { ...notifier.manifest, secrets: [] } }),
      { enable: true, grant: 'all' },
    );
    expect(plugin.status).toBe('enabled');
    await host.setSecret(caller.tenant.id, 'CHAT_TOKEN', plugin.id);
    await host.installations.delete(caller, plugin.id);
    for (const table of [
      'installations',
      'releases',
      'release_files',
      'blobs',
      'subscriptions',
      'schedules',
      'secrets',
      'kv',
    ]) {
      expect(
        await host.db.sql(`select 1 from ${table} where tenant_id = $1`, [uuidFromId(caller.tenant.id)]),
        table,
      ).toEqual([]);
    }
  });

  it('is its own in each tenant, though the slug and the bytes are the same', async () => {
    const [one, two] = [await host.makeCaller(), await host.makeCaller()];
    const bytes = packPlugin({ slug: 'twin', files: { 'static/a.txt': 'a' } });
    const first = (await host.installations.upload(one, bytes, { enable: true })).plugin;
    await expect(host.installations.get(two, 'twin')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(host.installations.get(two, first.id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(host.installations.delete(two, first.id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    expect(await host.installations.files(two.tenant.id, first.release, 'static/a.txt')).toBeUndefined();
    const second = await host.installations.upload(two, bytes);
    expect(second).toMatchObject({ created: true, plugin: { status: 'installed' } });
    expect(second.plugin.id).not.toBe(first.id);
    await host.installations.delete(two, 'twin');
    expect((await host.installations.get(one, 'twin')).status).toBe('enabled');
    expect(await host.installations.files(one.tenant.id, first.release, 'static/a.txt')).toMatchObject({
      bytes: Buffer.from('a'),
    });
  });

  it('answers every hostile name as one that does not exist', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin({ slug: 'weather' }));
    for (const name of [
      '',
      '../weather',
      'weather\0',
      'x'.repeat(100_000),
      `plg_${'z'.repeat(26)}`,
      `plg_${'0'.repeat(26)}`,
      "' or 1=1",
      '__proto__',
      'WEATHER',
    ]) {
      await expect(host.installations.get(caller, name), name.slice(0, 40)).rejects.toMatchObject({
        code: 'PLUGIN_NOT_FOUND',
      });
    }
    await expect(host.installations.get(caller, 'wether')).rejects.toThrow('Did you mean "weather"?');
  });

  it('is listed in pages', async () => {
    const caller = await host.makeCaller();
    for (const slug of ['b', 'a', 'c']) await host.installations.upload(caller, packPlugin({ slug }));
    const first = await host.installations.list(caller, { limit: 2 });
    expect(first.items.map((plugin) => plugin.slug)).toEqual(['a', 'b']);
    const second = await host.installations.list(caller, { limit: 2, cursor: first.next_cursor ?? '' });
    expect(second).toMatchObject({ items: [{ slug: 'c' }], next_cursor: null });
    for (const cursor of ['', '%', Buffer.from("a'--").toString('base64url')]) {
      await expect(host.installations.list(caller, { limit: 2, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
      await expect(host.installations.releases(caller, 'a', { limit: 2, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    }
  });
});
