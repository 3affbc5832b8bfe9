import { newId, uuidFromId, type Id } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { systemPrincipal } from './caller.js';
import {
  password,
  db,
  access,
  make,
  makeTenant,
  signUp,
  callerOf,
  code,
  openAccess,
} from '../../../test/support/access-bench.js';

openAccess();

describe('tenants', () => {
  it('are made, listed, renamed and deleted by operators only', async () => {
    const slug = `made-${Date.now().toString(36)}`;
    const view = await access.tenants.create(systemPrincipal, { slug, name: 'Made' }, 'req_1');
    expect(view).toMatchObject({ id: expect.stringMatching(/^ten_/) as string, slug, name: 'Made' });
    expect(await code(access.tenants.create(systemPrincipal, { slug, name: 'Again' }, 'req_1'))).toBe('409 SLUG_TAKEN');
    expect(await access.tenants.update(systemPrincipal, slug, { name: 'Renamed' }, 'req_1')).toMatchObject({
      slug,
      name: 'Renamed',
    });
    const moved = await access.tenants.update(systemPrincipal, slug, { slug: `${slug}-2` }, 'req_1');
    expect(await access.tenants.get(systemPrincipal, `${slug}-2`)).toEqual(moved);
    const { caller } = await signUp({ id: view.id as Id<'tenant'>, slug: moved.slug, name: moved.name }, 'owner');
    const refused = [
      access.tenants.create(caller.principal, { slug: 'x', name: 'x' }, 'req_1'),
      access.tenants.list(caller.principal, { limit: 10 }),
      access.tenants.get(caller.principal, moved.slug),
      access.tenants.update(caller.principal, moved.slug, { name: 'x' }, 'req_1'),
      access.tenants.delete(caller.principal, moved.slug, { confirm: moved.slug, requestId: 'req_1' }),
      access.tenants.restore(caller.principal, moved.slug, 'req_1'),
      access.tenants.audit(caller.principal, { limit: 10 }),
    ];
    expect(new Set(await Promise.all(refused.map(code)))).toEqual(new Set(['403 FORBIDDEN']));
    const unknown = [
      access.tenants.get(systemPrincipal, '\u0000'),
      access.tenants.update(systemPrincipal, 'NO', {}, 'req_1'),
      access.tenants.delete(systemPrincipal, 'x'.repeat(1e6), { requestId: 'req_1' }),
      access.tenants.restore(systemPrincipal, 'nobody', 'req_1'),
    ];
    expect(new Set(await Promise.all(unknown.map(code)))).toEqual(new Set(['404 NOT_FOUND']));
    const actions = await db.sql('select action from audit where tenant_id = $1 order by seq', [
      uuidFromId(view.id as Id<'tenant'>),
    ]);
    expect(actions.map((row) => row.action)).toEqual([
      'tenant.created',
      'tenant.updated',
      'tenant.updated',
      'user.created',
    ]);
  });

  it('are listed page by page', async () => {
    for (let count = 0; count < 5; count += 1) await makeTenant();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await access.tenants.list(systemPrincipal, { limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((tenant) => tenant.slug));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    const all = await db.sql('select slug from tenants where erasing_since is null');
    expect(seen.sort()).toEqual(all.map((row) => row.slug as string).sort());
    expect(await code(access.tenants.list(systemPrincipal, { limit: 2, cursor: `' or 1=1` }))).toBe(
      '422 INVALID_INPUT',
    );
  });

  it('refuse names that cannot stand in a host name, with every fault', async () => {
    await expect(access.tenants.create(systemPrincipal, { slug: 'No_Slug', name: '' }, 'req_1')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ pointer: '/slug' }, { pointer: '/name' }],
    });
  });

  it('leave no row in any table when they are deleted, also when the first try died half-way', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const uuid = uuidFromId(tenant.id);
    await access.tokens.create(owner.caller, { name: 'ci' });
    const [installation, release] = [uuidFromId(newId('installation')), uuidFromId(newId('release'))];
    await db.sql(`insert into installations (tenant_id, id, slug, name) values ($1, $2, 'p', 'p')`, [
      uuid,
      installation,
    ]);
    await db.sql(`insert into blobs (tenant_id, sha256, bytes) values ($1, 'b', '')`, [uuid]);
    await db.sql(
      `insert into releases (tenant_id, id, installation_id, version, sha256, manifest, registrations,
         bundle_sha256) values ($1, $2, $3, '1.0.0', 'a', '{}', '[]', 'b')`,
      [uuid, release, installation],
    );
    await db.sql('update installations set release_id = $3 where tenant_id = $1 and id = $2', [
      uuid,
      installation,
      release,
    ]);
    await db.sql(
      `insert into release_files (tenant_id, release_id, path, sha256, size) values ($1, $2, 'main.ts', 'b', 0)`,
      [uuid, release],
    );
    await db.sql(
      `insert into kv (tenant_id, installation_id, key, value) select $1, $2, n::text, '1'
       from generate_series(1, 12000) n`,
      [uuid, installation],
    );

    await db.sql('update tenants set deleted_at = now(), erase_after = now(), erasing_since = now() where id = $1', [
      uuid,
    ]);
    const restarted = make();
    await restarted.start();
    const tables = await db.sql<{ name: string }>(
      `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
       where a.attname = 'tenant_id' and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace`,
    );
    const left = async (): Promise<string[]> => {
      const names: string[] = [];
      for (const { name } of tables)
        if ((await db.sql(`select 1 from ${name} where tenant_id = $1 limit 1`, [uuid])).length > 0) names.push(name);
      return names;
    };
    expect(tables.length).toBeGreaterThan(10);
    await expect
      .poll(async () => (await db.sql('select 1 from tenants where id = $1', [uuid])).length, { timeout: 30_000 })
      .toBe(0);
    expect(await left()).toEqual([]);
    await restarted.stop();
    expect(
      await code(access.tenants.delete(systemPrincipal, tenant.slug, { confirm: tenant.slug, requestId: 'req_1' })),
    ).toBe('404 NOT_FOUND');
  });

  it('let nobody in from the moment their erasure begins', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const { token } = await access.tokens.create(owner.caller, { name: 'ci' });
    await callerOf(token);
    await db.sql('update tenants set deleted_at = now(), erase_after = now(), erasing_since = now() where id = $1', [
      uuidFromId(tenant.id),
    ]);
    await db.sql(`select annex_changed($1, 'tenant')`, [uuidFromId(tenant.id)]);
    await expect.poll(() => code(callerOf(owner.bearer))).toBe('401 UNAUTHENTICATED');
    await expect.poll(() => code(callerOf(token))).toBe('401 UNAUTHENTICATED');
    expect(await code(access.login({ email: owner.email, password, address: '192.0.2.1' }))).toBe(
      '401 INVALID_CREDENTIALS',
    );
    expect(await code(access.resolveTenant(null, { slugHeader: tenant.slug }, 'req_1'))).toBe('401 UNAUTHENTICATED');
  });
});
