import { randomBytes } from 'node:crypto';
import { newId, silentLogger, uuidFromId, type Id } from '@annex/kernel';
import { turns, type TenantTransaction } from '@annex/database';
import { emitEvent } from '@annex/runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPluginHost, packPlugin, type PluginHost } from '../../../test/support/plugin-host.js';
import type { InstallationsCaller } from './ports.js';
import { connect } from '../../../apps/annex/src/connect-database.js';

let host: PluginHost;
beforeAll(async () => {
  host = await openPluginHost();
});
afterAll(() => host.close());

const page = { limit: 50 };

async function count(caller: InstallationsCaller, table: string): Promise<number> {
  const [row] = await host.db.sql<{ n: number }>(`select count(*)::int as n from ${table} where tenant_id = $1`, [
    uuidFromId(caller.tenant.id),
  ]);
  return row?.n ?? 0;
}

describe('an upload', () => {
  it('is refused with all its faults together, and nothing is stored', async () => {
    const caller = await host.makeCaller();
    const bytes = packPlugin({
      manifest: { permisions: [], jobs: [{ name: 'tidy', schedule: '61 * * * *' }] },
      code: `import fs from 'node:fs';\nimport './missing';\nfs.readFileSync('x');`,
    });
    const refused = await host.installations.upload(caller, bytes).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'PACKAGE_INVALID', kind: { status: 422 } });
    const pointers = (refused as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/permisions', '/jobs/0/schedule']));
    expect(pointers).toHaveLength(4);
    for (const table of ['installations', 'releases', 'blobs', 'audit', 'events'])
      expect(await count(caller, table), table).toBe(0);
  });

  it('is refused when code and manifest disagree, or the entry does not end', async () => {
    const caller = await host.makeCaller();
    await expect(
      host.installations.upload(caller, packPlugin({ manifest: { jobs: [{ name: 'tidy' }] } })),
    ).rejects.toMatchObject({ code: 'PACKAGE_INVALID', errors: [{ pointer: '/jobs/0/name' }] });
    await expect(host.installations.upload(caller, packPlugin({ code: 'for (;;);' }))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      errors: [{ code: 'ENTRY_FAILED' }],
    });
    await expect(host.installations.upload(caller, Buffer.from('not a zip'))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
    });
    await expect(host.installations.upload(caller, new Uint8Array())).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
    });
  });

  it('of the active release’s bytes changes nothing', async () => {
    const caller = await host.makeCaller();
    const bytes = packPlugin();
    const first = await host.installations.upload(caller, bytes);
    const audit = await count(caller, 'audit');
    host.clock.forward(1000);
    expect(await host.installations.upload(caller, bytes)).toEqual({ ...first, created: false, warnings: [] });
    expect(await count(caller, 'audit')).toBe(audit);
    expect(await count(caller, 'events')).toBe(1);
  });

  it('of an earlier release’s bytes makes that one active again', async () => {
    const caller = await host.makeCaller();
    const old = packPlugin();
    await host.installations.upload(caller, old, { enable: true });
    await host.installations.upload(caller, packPlugin({ version: '2.0.0' }));
    expect(await host.installations.upload(caller, old)).toMatchObject({
      created: false,
      plugin: { version: '1.0.0', status: 'enabled' },
    });
    expect(await count(caller, 'releases')).toBe(2);
  });

  it('may carry the same version again, as while trying things out; rollback then asks which one', async () => {
    const caller = await host.makeCaller();
    for (const code of ['export {};', 'export const a = 1;', 'export const b = 2;'])
      await host.installations.upload(caller, packPlugin({ code }));
    const { items } = await host.installations.releases(caller, 'probe', page);
    expect(items.map((release) => [release.version, release.active])).toEqual([
      ['1.0.0', true],
      ['1.0.0', false],
      ['1.0.0', false],
    ]);
    await expect(host.installations.rollback(caller, 'probe', { version: '1.0.0' })).rejects.toMatchObject({
      code: 'VERSION_AMBIGUOUS',
      extra: { releases: items },
    });
    const target = items[1]?.id ?? '';
    expect(await host.installations.rollback(caller, 'probe', { version: target })).toMatchObject({ release: target });
    await expect(host.installations.rollback(caller, 'probe', { version: '1.0.1' })).rejects.toMatchObject({
      code: 'RELEASE_NOT_FOUND',
    });
    await expect(host.installations.rollback(caller, 'probe', { version: 'x'.repeat(1e6) })).rejects.toMatchObject({
      code: 'RELEASE_NOT_FOUND',
    });
  });

  it('cannot be rolled back to another plugin’s or another tenant’s release', async () => {
    const [one, two] = [await host.makeCaller(), await host.makeCaller()];
    await host.installations.upload(one, packPlugin());
    const other = await host.installations.upload(one, packPlugin({ slug: 'other' }));
    const foreign = await host.installations.upload(two, packPlugin());
    for (const version of [other.plugin.release, foreign.plugin.release, newId('release')]) {
      await expect(host.installations.rollback(one, 'probe', { version })).rejects.toMatchObject({
        code: 'RELEASE_NOT_FOUND',
      });
    }
  });

  it('sent twice at once, from two processes, makes one release', async () => {
    const caller = await host.makeCaller();
    const bytes = packPlugin();
    const results = await Promise.all(
      [host.installations, host.another(), host.another()].map((each) => each.upload(caller, bytes, { enable: true })),
    );
    expect(results.map((result) => result.created).sort()).toEqual([false, false, true]);
    expect(new Set(results.map((result) => result.plugin.id)).size).toBe(1);
    expect([
      await count(caller, 'installations'),
      await count(caller, 'releases'),
      await count(caller, 'events'),
    ]).toEqual([1, 1, 2]);
  });

  it('that dies before its commit leaves nothing, and works when it is sent again', async () => {
    const caller = await host.makeCaller();
    const dying = host.another({
      emit: async (tx, event) => {
        await emitEvent(tx, event);
        throw new Error('the process died right here');
      },
    });
    const bytes = packPlugin({ files: { 'static/a.txt': 'a' } });
    await expect(dying.upload(caller, bytes)).rejects.toThrow('died right here');
    for (const table of ['installations', 'releases', 'release_files', 'blobs', 'audit', 'events'])
      expect(await count(caller, table), table).toBe(0);
    expect(await host.installations.upload(caller, bytes)).toMatchObject({ created: true });
  });

  it('that cannot be tried out because no sandbox is free says so, and says nothing of the package', async () => {
    const caller = await host.makeCaller();
    const busy = host.another({
      sandbox: { inspect: async () => ({ ok: false, error: { code: 'OVERLOADED', message: 'full' } }) },
    });
    await expect(busy.upload(caller, packPlugin())).rejects.toMatchObject({
      code: 'OVERLOADED',
      kind: { status: 503 },
    });
  });

  it('is tried out a second time when its executor was lost, and blamed only then', async () => {
    const caller = await host.makeCaller();
    let calls = 0;
    const lossy = (losses: number) =>
      host.another({
        sandbox: {
          inspect: (bundle, limits) => {
            calls += 1;
            return calls <= losses
              ? Promise.resolve({ ok: false, error: { code: 'EXECUTOR_LOST', message: 'gone' } })
              : host.sandbox.inspect(bundle, limits);
          },
        },
      });
    expect(await lossy(1).upload(caller, packPlugin())).toMatchObject({ created: true });
    calls = 0;
    await expect(lossy(2).upload(caller, packPlugin({ slug: 'other' }))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      errors: [{ code: 'ENTRY_FAILED' }],
    });
  });

  it('stores what is missing for enabling instead of failing, and says what it is', async () => {
    const caller = await host.makeCaller();
    const bytes = packPlugin({
      manifest: { permissions: ['db.read'], secrets: [{ name: 'KEY', required: true }] },
    });
    const first = await host.installations.upload(caller, bytes, { enable: true, grant: 'all' });
    expect(first).toMatchObject({
      created: true,
      plugin: { status: 'installed', missing_secrets: ['KEY'], permissions: { granted: ['db.read'] } },
      blocked: [{ pointer: '/secrets/KEY', code: 'SECRET_MISSING' }],
    });
    await host.setSecret(caller.tenant.id, 'KEY');
    expect(await host.installations.upload(caller, bytes, { enable: true })).toMatchObject({
      created: false,
      plugin: { status: 'enabled' },
      blocked: [],
    });
  });

  it('enables and grants only for admins', async () => {
    const developer = await host.makeCaller('developer');
    const bytes = packPlugin({ manifest: { permissions: ['db.read'] } });
    await expect(host.installations.upload(developer, bytes, { grant: 'all' })).rejects.toMatchObject({
      code: 'ROLE_REQUIRED',
    });
    await expect(host.installations.upload(developer, bytes, { enable: true })).rejects.toMatchObject({
      code: 'ROLE_REQUIRED',
    });
    expect(await host.installations.upload(developer, bytes, { grant: [] })).toMatchObject({
      created: true,
      plugin: { permissions: { granted: [] } },
    });
  });

  it('whose slug looks like another plugin’s id is a plugin of its own', async () => {
    const caller = await host.makeCaller();
    const victim = (await host.installations.upload(caller, packPlugin({ slug: 'victim' }))).plugin;
    const twin = (await host.installations.upload(caller, packPlugin({ slug: victim.id }))).plugin;
    expect(twin.id).not.toBe(victim.id);
    expect((await host.installations.get(caller, victim.id)).slug).toBe('victim');
  });

  it('waits for its turn no longer than ten seconds while another change holds the tenant', async () => {
    const caller = await host.makeCaller();
    const impatient = await connect({
      logins: host.db.logins,
      logger: silentLogger,
      poolSize: 1,
      platformPoolSize: 1,
    });
    try {
      // The lock of a change that hangs; lock_timeout is shortened for the one that waits.
      await host.db.sql('select pg_advisory_lock(hashtextextended($1, $2))', [
        uuidFromId(caller.tenant.id),
        turns.plugins,
      ]);
      const shortened = host.another({
        database: {
          forTenant: (tenantId: Id<'tenant'>) => ({
            tenantId,
            transaction: <T>(work: (tx: TenantTransaction) => Promise<T>) =>
              impatient.forTenant(tenantId).transaction(async (tx) => {
                const query = tx.query.bind(tx);
                tx.query = (sql, parameters) =>
                  query(typeof sql === 'string' ? sql.replace("'10s'", "'50ms'") : sql, parameters);
                return work(tx);
              }),
          }),
        },
      });
      await expect(shortened.upload(caller, packPlugin())).rejects.toMatchObject({
        code: 'PLUGINS_BUSY',
        retryAfterS: 5,
      });
    } finally {
      await host.db.sql('select pg_advisory_unlock_all()');
      await impatient.close();
    }
    expect(await host.installations.upload(caller, packPlugin())).toMatchObject({ created: true });
  });
});

describe('what an upload stores', () => {
  it('is kept once for each content, and goes when the last release that needs it goes', async () => {
    const caller = await host.makeCaller();
    const keeping = host.another({ keepReleases: 2 });
    const shared = 'x'.repeat(10_000);
    for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) {
      await keeping.upload(
        caller,
        packPlugin({
          version,
          files: { 'static/shared.txt': shared, 'static/again.txt': shared, 'static/version.txt': version },
        }),
      );
    }
    expect((await keeping.releases(caller, 'probe', page)).items.map((release) => release.version)).toEqual([
      '1.3.0',
      '1.2.0',
    ]);
    const texts = await host.db.sql<{ text: string }>(
      `select convert_from(bytes, 'UTF8') as text from blobs where tenant_id = $1 and length(bytes) in (5, 10000)`,
      [uuidFromId(caller.tenant.id)],
    );
    expect(texts.map((row) => row.text.slice(0, 5)).sort()).toEqual(['1.2.0', '1.3.0', 'xxxxx']);
  });

  it('keeps the active release whatever its age', async () => {
    const caller = await host.makeCaller();
    const keeping = host.another({ keepReleases: 1 });
    const first = packPlugin();
    await keeping.upload(caller, first);
    await keeping.upload(caller, packPlugin({ version: '2.0.0' }));
    expect(await keeping.upload(caller, first)).toMatchObject({ created: true, plugin: { version: '1.0.0' } });
    expect(
      (await keeping.releases(caller, 'probe', page)).items.map(({ version, active }) => [version, active]),
    ).toEqual([['1.0.0', true]]);
  });

  it('is served byte for byte below static/, and nowhere else', async () => {
    const caller = await host.makeCaller();
    const { plugin } = await host.installations.upload(
      caller,
      packPlugin({ files: { 'static/docs/ä b.txt': 'hello', 'secret.txt': 'no' } }),
    );
    const read = (path: string) => host.installations.files(caller.tenant.id, plugin.release, path);
    expect(Buffer.from((await read('static/docs/ä b.txt'))?.bytes ?? []).toString()).toBe('hello');
    for (const path of [
      'secret.txt',
      'plugin.json',
      'static/../secret.txt',
      'static/docs',
      'static/',
      '',
      'static/\0',
      `static/${'x'.repeat(1e6)}`,
    ])
      expect(await read(path), path.slice(0, 30)).toBeUndefined();
  });

  it('takes a package of ten megabytes in a thousand files', async () => {
    const caller = await host.makeCaller();
    const files = Object.fromEntries(
      Array.from({ length: 990 }, (_, at) => [`static/${at}.txt`, randomBytes(9000).toString('base64')]),
    );
    const { plugin } = await host.installations.upload(caller, packPlugin({ files }));
    expect(
      Buffer.from(
        (await host.installations.files(caller.tenant.id, plugin.release, 'static/989.txt'))?.bytes ?? [],
      ).toString(),
    ).toBe(files['static/989.txt']);
  });

  it('holds no text that PostgreSQL could not look into, while a config may', async () => {
    const caller = await host.makeCaller();
    const config = (separator: string) => ({
      manifest: { config: { type: 'object', properties: { separator: { type: 'string', default: separator } } } },
    });
    await expect(host.installations.upload(caller, packPlugin(config('a\0b')))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      errors: [{ pointer: '/config/properties/separator/default', code: 'JSON_TEXT' }],
    });
    await host.installations.upload(caller, packPlugin(config(';')), { enable: true });
    expect(await host.installations.putConfig(caller, 'probe', { separator: '\0' })).toMatchObject({
      config: { separator: '\0' },
    });
    expect(await host.installations.getConfig(caller, 'probe')).toMatchObject({ config: { separator: '\0' } });
  });
});

describe('validate', () => {
  it('answers the whole report and stores nothing', async () => {
    const caller = await host.makeCaller();
    const good = await host.installations.validate(
      packPlugin({ manifest: { permissions: ['outbound_http'], http: { allow: ['a.test'] } } }),
      caller.tenant.id,
    );
    expect(good).toMatchObject({
      valid: true,
      errors: [],
      plugin: { slug: 'probe', version: '1.0.0', permissions: [{ name: 'outbound_http', hosts: ['a.test'] }] },
    });
    expect(good.files.map((file) => file.path)).toEqual(['main.ts', 'plugin.json']);
    expect(good.sha256).toMatch(/^[0-9a-f]{64}$/);
    const bad = await host.installations.validate(packPlugin({ manifest: { slugg: 'x' } }), caller.tenant.id);
    expect(bad).toMatchObject({ valid: false, errors: [{ pointer: '/slugg' }], plugin: null });
    expect(await count(caller, 'installations')).toBe(0);
  });
});
