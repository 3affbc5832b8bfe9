import { uuidFromId, type JsonObject } from '@annex/kernel';
import { nextRun, parseSchedule, timezoneFault } from '@annex/scheduling';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost, type TestPlugin } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';

let host: PluginHost;
beforeAll(async () => {
  host = await openPluginHost();
});
afterAll(() => host.close());

const configured: TestPlugin = {
  manifest: {
    config: {
      type: 'object',
      properties: {
        channel: { type: 'string', default: '#ops' },
        retries: { type: 'integer', minimum: 0 },
        notify: { type: 'object', properties: { level: { type: 'string', default: 'error' } } },
      },
      additionalProperties: false,
    },
  },
  code: `import { onConfigChange } from '@annex/sdk'; onConfigChange(async () => {});`,
};

async function told(caller: InstallationsCaller): Promise<unknown[]> {
  const rows = await host.db.sql<{ payload: unknown }>(
    `select payload from runs where tenant_id = $1 and name = 'config_change' order by id`,
    [uuidFromId(caller.tenant.id)],
  );
  return rows.map((row) => row.payload);
}

describe('settings', () => {
  it('are validated, filled with defaults, and told to the plugin key by key', async () => {
    const caller = await host.makeCaller();
    const { installations } = host;
    await installations.upload(caller, packPlugin(configured), { enable: true });
    expect(await installations.getConfig(caller, 'probe')).toEqual({ revision: 0, config: { channel: '#ops' } });
    expect(await installations.putConfig(caller, 'probe', { channel: '#dev', retries: 2 })).toEqual({
      revision: 1,
      config: { channel: '#dev', retries: 2 },
    });
    expect(await installations.patchConfig(caller, 'probe', { channel: null, notify: {} })).toEqual({
      revision: 2,
      config: { channel: '#ops', retries: 2, notify: { level: 'error' } },
    });
    expect(await installations.patchConfig(caller, 'probe', { retries: 2 })).toEqual({
      revision: 2,
      config: { channel: '#ops', retries: 2, notify: { level: 'error' } },
    });
    expect(await told(caller)).toEqual([
      { key: 'channel', value: '#dev', op: 'set', revision: 1, previous: '#ops' },
      { key: 'retries', value: 2, op: 'set', revision: 1, previous: null },
      { key: 'channel', value: '#ops', op: 'delete', revision: 2, previous: '#dev' },
      { key: 'notify', value: { level: 'error' }, op: 'set', revision: 2, previous: null },
    ]);
    const audit = await host.db.sql<{ detail: JsonObject }>(
      `select detail from audit where tenant_id = $1 and action = 'plugin.config_changed' order by seq`,
      [uuidFromId(caller.tenant.id)],
    );
    expect(audit.map((row) => row.detail['keys'])).toEqual([
      ['channel', 'retries'],
      ['channel', 'notify'],
    ]);
  });

  it('that do not fit are refused with every fault, and nothing changes', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(configured), { enable: true });
    const refused = await host.installations
      .putConfig(caller, 'probe', { channel: 5, retries: -1, chanel: 'x' })
      .catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', kind: { status: 422 } });
    expect((refused as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer).sort()).toEqual([
      '/chanel',
      '/channel',
      '/retries',
    ]);
    expect(await host.installations.getConfig(caller, 'probe')).toEqual({ revision: 0, config: { channel: '#ops' } });
    expect(await told(caller)).toEqual([]);
  });

  it('are bounded in size, number and depth', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin());
    let deep: JsonObject = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`k${at}`, at]));
    for (const config of [deep, many, { text: 'x'.repeat(70_000) }]) {
      await expect(host.installations.putConfig(caller, 'probe', config)).rejects.toMatchObject({
        code: 'CONFIG_TOO_LARGE',
      });
      await expect(host.installations.patchConfig(caller, 'probe', config)).rejects.toMatchObject({
        code: 'CONFIG_TOO_LARGE',
      });
    }
  });

  it('are not told to a plugin that is off', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(configured));
    await host.installations.putConfig(caller, 'probe', { channel: '#dev' });
    expect(await told(caller)).toEqual([]);
  });

  it('changed from two sides at once both count', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin());
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => host.another().patchConfig(caller, 'probe', { [`key${at}`]: at })),
    );
    const { revision, config } = await host.installations.getConfig(caller, 'probe');
    expect([revision, Object.keys(config).length]).toEqual([8, 8]);
  });
});

describe('permissions', () => {
  it('can be taken from an enabled plugin, which goes on without them', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(
      caller,
      packPlugin({ manifest: { permissions: ['db.read', { name: 'llm.use', reason: 'sums up' }] } }),
      { enable: true, grant: 'all' },
    );
    const after = await host.installations.setPermissions(caller, 'probe', { granted: ['llm.use'] });
    expect(after).toMatchObject({ requested: ['db.read', 'llm.use'], granted: ['llm.use'], pending: ['db.read'] });
    expect(after.details[1]).toMatchObject({ name: 'llm.use', reason: 'sums up', risk: 'medium' });
    expect(await host.installations.get(caller, 'probe')).toMatchObject({
      status: 'enabled',
      permissions: { granted: ['llm.use'], pending: ['db.read'] },
    });
    await expect(host.installations.setPermissions(caller, 'probe', { granted: ['db.write'] })).rejects.toMatchObject({
      code: 'GRANT_INVALID',
      errors: [{ pointer: '/granted/0' }],
    });
  });
});

describe('jobs', () => {
  const jobs: TestPlugin = {
    manifest: {
      jobs: [
        { name: 'nightly', schedule: '0 2 * * *', overlap: 'queue', misfire_deadline_s: 3600 },
        { name: 'by_hand' },
      ],
    },
    code: `import { job } from '@annex/sdk'; job('nightly', async () => {}); job('by_hand', async () => {});`,
  };

  it('show their next ten runs, whether or not they tick now', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(jobs));
    const { items } = await host.installations.jobs(caller, 'probe');
    expect(items[0]).toMatchObject({
      name: 'nightly',
      schedule: '0 2 * * *',
      timezone: 'UTC',
      next_run_at: null,
      last_run: null,
      paused: false,
      overlap: 'queue',
      catch_up: 'latest',
      misfire_deadline_s: 3600,
      overridden: false,
    });
    expect(items[0]?.next_runs).toHaveLength(10);
    expect(items[1]).toMatchObject({ name: 'by_hand', schedule: null, next_run_at: null, next_runs: [] });
  });

  it('can be paused and given another rhythm, which upgrades leave alone', async () => {
    const caller = await host.makeCaller();
    const { installations } = host;
    await installations.upload(caller, packPlugin(jobs), { enable: true });
    expect(await installations.patchJob(caller, 'probe', 'nightly', { paused: true })).toMatchObject({
      paused: true,
      next_run_at: null,
    });
    expect(
      await installations.patchJob(caller, 'probe', 'nightly', { schedule: '30 4 * * *', timezone: 'Asia/Tokyo' }),
    ).toMatchObject({ paused: true, overridden: true, next_run_at: null });
    const resumed = await installations.patchJob(caller, 'probe', 'nightly', { paused: false });
    expect(resumed.next_run_at).toBe(resumed.next_runs[0]);
    expect(resumed.next_run_at).toMatch(/T19:30:00/);
    const { plugin } = await installations.upload(caller, packPlugin({ ...jobs, version: '1.1.0' }));
    expect(plugin.jobs[0]).toMatchObject({
      schedule: '30 4 * * *',
      timezone: 'Asia/Tokyo',
      next_run_at: resumed.next_run_at,
    });
    expect(await installations.patchJob(caller, 'probe', 'nightly', { schedule: null, timezone: null })).toMatchObject({
      schedule: '0 2 * * *',
      timezone: 'UTC',
      overridden: false,
    });
    expect(await installations.patchJob(caller, 'probe', 'by_hand', { schedule: '@daily' })).toMatchObject({
      schedule: '@daily',
      overridden: true,
    });
    expect(await installations.patchJob(caller, 'probe', 'by_hand', { schedule: null })).toMatchObject({
      schedule: null,
      next_run_at: null,
    });
  });

  it('refuse what no schedule can be, with every fault', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(jobs), { enable: true });
    const change = (name: string, to: object) => host.installations.patchJob(caller, 'probe', name, to);
    await expect(change('nightly', { schedule: '61 * * * *', timezone: 'Europe/Berlyn' })).rejects.toMatchObject({
      code: 'SCHEDULE_INVALID',
      errors: [{ pointer: '/schedule' }, { pointer: '/timezone' }],
    });
    await expect(change('nightly', { schedule: '*/30 * * * * *' })).rejects.toMatchObject({
      code: 'SCHEDULE_INVALID',
      errors: [{ code: 'SCHEDULE_TOO_OFTEN' }],
    });
    await expect(change('by_hand', { paused: true })).rejects.toMatchObject({
      code: 'SCHEDULE_INVALID',
      errors: [{ pointer: '/paused' }],
    });
    await expect(change('nightli', { paused: true })).rejects.toThrow('Did you mean "nightly"?');
    await expect(change('x'.repeat(1e6), { paused: true })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    expect((await host.installations.jobs(caller, 'probe')).items[0]).toMatchObject({
      schedule: '0 2 * * *',
      timezone: 'UTC',
    });
  });

  it('take a zone only if ticks can be reckoned in it: of all that PostgreSQL and Intl know', async () => {
    const caller = await host.makeCaller();
    await host.installations.upload(caller, packPlugin(jobs), { enable: true });
    const daily = parseSchedule('0 2 * * *');
    const rows = await host.db.sql<{ name: string }>(
      'select name from pg_timezone_names union select abbrev from pg_timezone_abbrevs order by 1',
    );
    const faulty: string[] = [];
    for (const name of new Set([
      ...rows.map((row) => row.name),
      ...Intl.supportedValuesOf('timeZone'),
      'PST',
      'IST',
      'CST',
      'SystemV/PST8',
    ])) {
      if (timezoneFault(name)) faulty.push(name);
      else expect(daily.ok && nextRun(daily.schedule, name, 0), name).toBeTypeOf('number');
    }
    expect(faulty).toEqual(expect.arrayContaining(['PST', 'IST', 'CST', 'PDT', 'SystemV/PST8']));
    for (const timezone of ['PST', 'IST', 'CST']) {
      await expect(host.installations.patchJob(caller, 'probe', 'nightly', { timezone })).rejects.toMatchObject({
        code: 'SCHEDULE_INVALID',
        errors: [{ pointer: '/timezone', code: 'TIMEZONE' }],
      });
      const packed = packPlugin({
        ...jobs,
        slug: 'late',
        manifest: { jobs: [{ name: 'by_hand' }, { name: 'nightly', schedule: '0 2 * * *', timezone }] },
      });
      await expect(host.installations.upload(caller, packed)).rejects.toMatchObject({
        code: 'PACKAGE_INVALID',
        errors: [{ pointer: '/jobs/1/timezone', code: 'TIMEZONE' }],
      });
    }
  });

  it('with a zone that nobody can reckon in are shown without next runs, and another can be set', async () => {
    const caller = await host.makeCaller();
    const { plugin } = await host.installations.upload(caller, packPlugin(jobs));
    await host.db.sql(
      `update releases set manifest = replace(manifest::text, '"timezone":"UTC"', '"timezone":"PST"')::json
       where tenant_id = $1`,
      [uuidFromId(caller.tenant.id)],
    );
    expect((await host.installations.get(caller, plugin.id)).jobs[0]).toMatchObject({
      timezone: 'PST',
      next_run_at: null,
    });
    await host.installations.enable(caller, 'probe', {});
    expect((await host.installations.jobs(caller, 'probe')).items[0]).toMatchObject({
      timezone: 'PST',
      next_run_at: null,
      next_runs: [],
    });
    const mended = await host.installations.patchJob(caller, 'probe', 'nightly', { timezone: 'America/Los_Angeles' });
    expect(mended.next_run_at).toBe(mended.next_runs[0]);
  });

  it('show their last run, a tick that did not run included', async () => {
    const caller = await host.makeCaller();
    const { plugin } = await host.installations.upload(caller, packPlugin(jobs), { enable: true });
    const insert = (id: string, status: string) =>
      host.db.sql(
        `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, queued_at)
         values ($1, $2, $3, 'probe', 'job', 'nightly', $4, '2026-03-01T02:00:00Z')`,
        [uuidFromId(caller.tenant.id), id, uuidFromId(plugin.id), status],
      );
    await insert('019cab00-0000-7000-8000-000000000001', 'succeeded');
    await insert('019cab00-0000-7000-8000-000000000002', 'skipped');
    expect((await host.installations.get(caller, 'probe')).jobs[0]?.last_run).toMatchObject({
      status: 'skipped',
      queued_at: '2026-03-01T02:00:00.000Z',
      started_at: null,
      finished_at: null,
    });
  });
});
