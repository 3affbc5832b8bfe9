import { randomBytes } from 'node:crypto';
import { newId, systemClock, uuidFromId, type Id, type TenantActor } from '@annex/kernel';
import { listAudit } from '@annex/audit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstallation } from '@annex/installations';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { createKeyring, masterKey } from './keyring.js';
import { createVault, type Vault } from './vault.js';

const key = masterKey(randomBytes(32));
let db: TestDatabase;
let vault: Vault;

beforeAll(async () => {
  db = await openTestDatabase();
  vault = createVault({
    database: db.database,
    findInstallation,
    keyring: createKeyring({ current: key }),
    clock: systemClock,
  });
  await vault.start();
});
afterAll(async () => {
  await vault.stop();
  await db.close();
});

interface Place {
  tenant: { id: Id<'tenant'> };
  installation: Id<'installation'>;
  slug: string;
  caller: TenantActor;
}

async function makePlace(slug = 'notifier'): Promise<Place> {
  const tenant = await db.makeTenant();
  return {
    tenant,
    installation: await install(tenant.id, slug),
    slug,
    caller: { actor: 'usr_x', tenant: { id: tenant.id, slug: 'test' }, requestId: 'req_1' },
  };
}

async function install(tenantId: Id<'tenant'>, slug: string): Promise<Id<'installation'>> {
  const id = newId('installation');
  await db.sql('insert into installations (tenant_id, id, slug, name) values ($1, $2, $3, $3)', [
    uuidFromId(tenantId),
    uuidFromId(id),
    slug,
  ]);
  return id;
}

const read = (place: Place, names: string[], from: Vault = vault): Promise<Record<string, string>> =>
  from.readForRun(place.tenant.id, place.installation, names).then((values) => Object.fromEntries(values));

describe('secrets', () => {
  it('are read by name, the plugin’s own before the tenant’s, and no others', async () => {
    const place = await makePlace();
    await vault.setFor(place.caller, { name: 'SHARED', value: 'of the tenant' });
    await vault.setFor(place.caller, { name: 'BOTH', value: 'of the tenant' });
    await vault.setFor(place.caller, { plugin: place.slug, name: 'BOTH', value: 'of the plugin' });
    await vault.setFor(place.caller, { plugin: place.installation, name: 'OTHER', value: 'not declared' });
    expect(await read(place, ['SHARED', 'BOTH', 'UNSET'])).toEqual({ SHARED: 'of the tenant', BOTH: 'of the plugin' });
    expect(await read(place, [])).toEqual({});
    const neighbour = { ...place, installation: await install(place.tenant.id, 'neighbour') };
    expect(await read(neighbour, ['SHARED', 'BOTH', 'OTHER'])).toEqual({
      SHARED: 'of the tenant',
      BOTH: 'of the tenant',
    });
  });

  it('are another tenant’s business to nobody', async () => {
    const [one, two] = [await makePlace(), await makePlace()];
    await vault.setFor(one.caller, { plugin: one.slug, name: 'KEY', value: 'one’s own' });
    expect(await read({ ...two, installation: one.installation }, ['KEY'])).toEqual({});
    expect(await vault.listFor(two.caller, { plugin: two.slug })).toEqual([]);
    await expect(
      vault.setFor(two.caller, { plugin: one.installation, name: 'KEY', value: 'mine now' }),
    ).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(
      db.database
        .forTenant(two.tenant.id)
        .transaction((tx) =>
          vault.set(tx, { installationId: one.installation, name: 'KEY', value: 'x', actor: 'usr_x' }),
        ),
    ).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
  });

  it('change at once in every process, and are gone once deleted', async () => {
    const place = await makePlace();
    const other = createVault({
      database: db.database,
      findInstallation,
      keyring: createKeyring({ current: key }),
      clock: systemClock,
    });
    await other.start();
    try {
      await vault.setFor(place.caller, { name: 'KEY', value: 'first' });
      expect(await read(place, ['KEY'])).toEqual({ KEY: 'first' });
      expect(await read(place, ['KEY'], other)).toEqual({ KEY: 'first' });
      await vault.setFor(place.caller, { name: 'KEY', value: 'second' });
      expect(await read(place, ['KEY'])).toEqual({ KEY: 'second' });
      await expect.poll(() => read(place, ['KEY'], other)).toEqual({ KEY: 'second' });
      await vault.deleteFor(place.caller, { name: 'KEY' });
      expect(await read(place, ['KEY'])).toEqual({});
      await expect.poll(() => read(place, ['KEY'], other)).toEqual({});
      await expect(vault.deleteFor(place.caller, { name: 'KEY' })).rejects.toMatchObject({
        code: 'SECRET_NOT_FOUND',
        kind: { status: 404 },
      });
    } finally {
      await other.stop();
    }
  });

  it('count their versions, also when several people set one for the first time at once', async () => {
    const place = await makePlace();
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => vault.setFor(place.caller, { name: 'KEY', value: `value ${index}` })),
    );
    const [listed] = await vault.listFor(place.caller);
    expect(listed).toMatchObject({ name: 'KEY', version: 8, allowed_hosts: [], updated_by: 'usr_x' });
    expect((await read(place, ['KEY'])).KEY).toMatch(/^value \d$/);
    expect(
      await db.sql('select version from tenant_keys where tenant_id = $1', [uuidFromId(place.tenant.id)]),
    ).toHaveLength(1);
  });

  it('keep their hosts until others are named', async () => {
    const place = await makePlace();
    const hosts = async (allowedHosts?: string[]): Promise<unknown> =>
      (await vault.setFor(place.caller, { name: 'KEY', value: 'v', allowedHosts })).allowed_hosts;
    expect(await hosts(['api.example.com'])).toEqual(['api.example.com']);
    expect(await hosts()).toEqual(['api.example.com']);
    expect(await hosts([])).toEqual([]);
  });

  it('never show a value: not in the database, the audit trail, a listing or a refusal', async () => {
    const place = await makePlace();
    const canary = 'canary-4711-value';
    await vault.setFor(place.caller, { name: 'KEY', value: canary });
    await vault.deleteFor(place.caller, { name: 'KEY' });
    const view = await vault.setFor(place.caller, { name: 'KEY', value: canary });
    const audit = await db.database.forTenant(place.tenant.id).transaction((tx) => listAudit(tx, { limit: 10 }));
    expect(audit.map((row) => row.action)).toEqual(['secret.set', 'secret.deleted', 'secret.set']);
    const kept = await db.sql<{ row: string }>(
      `select s::text as row from secrets s union all select k::text from tenant_keys k union all select a::text
       from audit a`,
    );
    const refusal = await vault
      .setFor(place.caller, { name: 'no name', value: canary })
      .catch((thrown: unknown) => thrown);
    for (const shown of [view, audit, kept, refusal, (refusal as Error).message]) {
      expect(JSON.stringify(shown)).not.toContain(canary);
      expect(JSON.stringify(shown)).not.toContain(Buffer.from(canary).toString('hex'));
    }
  });

  it('are refused with every fault when name, value or hosts are hostile or huge', async () => {
    const place = await makePlace();
    await expect(
      vault.setFor(place.caller, { name: '__proto__.x', value: '', allowedHosts: ['*', 'http://x', 'ok.example'] }),
    ).rejects.toMatchObject({
      code: 'INVALID_SECRET',
      errors: [
        { pointer: '/name' },
        { pointer: '/value' },
        { pointer: '/allowed_hosts/0' },
        { pointer: '/allowed_hosts/1' },
      ],
    });
    await expect(vault.setFor(place.caller, { name: 'A', value: '\ud800' })).rejects.toMatchObject({
      code: 'INVALID_SECRET',
    });
    await expect(vault.setFor(place.caller, { name: 'A', value: 'é'.repeat(32 * 1024 + 1) })).rejects.toMatchObject({
      code: 'INVALID_SECRET',
    });
    await expect(vault.deleteFor(place.caller, { name: '\u0000' })).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
    await expect(vault.listFor(place.caller, { plugin: '\u0000' })).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    const largest = 'é'.repeat(32 * 1024);
    await vault.setFor(place.caller, { name: 'A', value: largest });
    expect((await read(place, ['A'])).A).toBe(largest);
  });

  it('do not open when a row was moved to another tenant, plugin or name, or an old value put back', async () => {
    const [one, two] = [await makePlace(), await makePlace()];
    for (const place of [one, two])
      for (const name of ['A', 'B'])
        await vault.setFor(place.caller, { plugin: place.slug, name, value: `${name} of it` });
    const cold = (): Vault =>
      createVault({
        database: db.database,
        findInstallation,
        keyring: createKeyring({ current: key }),
        clock: systemClock,
      });
    const [oneUuid, twoUuid] = [uuidFromId(one.tenant.id), uuidFromId(two.tenant.id)];

    await db.sql(
      `update secrets s set nonce = o.nonce, ciphertext = o.ciphertext from secrets o
       where s.tenant_id = $1 and s.name = 'A' and o.tenant_id = $1 and o.name = 'B'`,
      [oneUuid],
    );
    await expect(read(one, ['A'], cold())).rejects.toMatchObject({ code: 'SECRET_DAMAGED' });
    expect(await read(one, ['B'], cold())).toEqual({ B: 'B of it' });

    await db.sql(
      'update tenant_keys k set wrapped = o.wrapped from tenant_keys o where k.tenant_id = $1 and o.tenant_id = $2',
      [twoUuid, oneUuid],
    );
    await expect(read(two, ['B'], cold())).rejects.toMatchObject({ code: 'SECRET_DAMAGED' });

    const before = await db.sql('select nonce, ciphertext from secrets where tenant_id = $1 and name = $2', [
      oneUuid,
      'B',
    ]);
    await vault.setFor(one.caller, { plugin: one.slug, name: 'B', value: 'newer' });
    await db.sql('update secrets set nonce = $2, ciphertext = $3 where tenant_id = $1 and name = $4', [
      oneUuid,
      before[0]?.nonce,
      before[0]?.ciphertext,
      'B',
    ]);
    await expect(read(one, ['B'], cold())).rejects.toMatchObject({ code: 'SECRET_DAMAGED' });
  });

  it('say which names have no value', async () => {
    const place = await makePlace();
    await vault.setFor(place.caller, { name: 'A', value: 'x' });
    await vault.setFor(place.caller, { plugin: place.slug, name: 'C', value: 'x' });
    const missing = (names: string[]): Promise<string[]> =>
      db.database.forTenant(place.tenant.id).transaction((tx) => vault.missing(tx, place.installation, names));
    expect(await missing(['D', 'A', 'B', 'C'])).toEqual(['D', 'B']);
    expect(await missing([])).toEqual([]);
  });

  it('are not set when the transaction around them fails', async () => {
    const place = await makePlace();
    const dying = db.database.forTenant(place.tenant.id).transaction(async (tx) => {
      await vault.set(tx, { installationId: null, name: 'KEY', value: 'x', actor: 'usr_x' });
      throw new Error('it died right here');
    });
    await expect(dying).rejects.toThrow('it died right here');
    expect(await vault.listFor(place.caller)).toEqual([]);
    expect(await db.sql('select 1 from audit where tenant_id = $1', [uuidFromId(place.tenant.id)])).toEqual([]);
  });

  it('are at most 200 in one place', async () => {
    const place = await makePlace();
    await vault.setFor(place.caller, { name: 'S_0', value: 'x' });
    await db.sql(
      `insert into secrets (tenant_id, name, key_version, nonce, ciphertext)
       select tenant_id, 'S_' || n, key_version, nonce, ciphertext from secrets, generate_series(1, 199) n
       where tenant_id = $1`,
      [uuidFromId(place.tenant.id)],
    );
    await expect(vault.setFor(place.caller, { name: 'ONE_MORE', value: 'x' })).rejects.toMatchObject({
      code: 'SECRET_LIMIT',
    });
    await vault.setFor(place.caller, { name: 'S_7', value: 'known names still change' });
  });

  it('have at most a megabyte together in one place', async () => {
    const place = await makePlace();
    const large = 'x'.repeat(64 * 1024);
    for (let index = 0; index < 15; index += 1) await vault.setFor(place.caller, { name: `L_${index}`, value: large });
    await expect(vault.setFor(place.caller, { name: 'ONE_MORE', value: large.repeat(1) })).rejects.toMatchObject({
      code: 'SECRET_LIMIT',
      detail: expect.stringContaining('1048576'),
    });
    await vault.setFor(place.caller, { name: 'L_7', value: large });
  });
});

describe('a new master key', () => {
  it('opens everything once the data keys are wrapped anew, and the old one is needed no longer', async () => {
    const own = await openTestDatabase();
    try {
      const [before, after] = [masterKey(randomBytes(32)), masterKey(randomBytes(32))];
      const make = (current: typeof before, old: (typeof before)[] = []): Vault =>
        createVault({
          database: own.database,
          findInstallation,
          keyring: createKeyring({ current, old }),
          clock: systemClock,
        });
      const tenant = await own.makeTenant();
      const caller = { actor: 'usr_x', tenant: { id: tenant.id, slug: 'test' }, requestId: 'req_1' };
      await make(before).setFor(caller, { name: 'KEY', value: 'kept' });
      const installation = newId('installation');
      const value = async (from: Vault): Promise<unknown> =>
        (await from.readForRun(tenant.id, installation, ['KEY'])).get('KEY');

      await expect(value(make(after))).rejects.toMatchObject({ code: 'MASTER_KEY_MISSING' });
      const both = make(after, [before]);
      expect(await value(both)).toBe('kept');
      expect(await both.rewrap()).toBe(1);
      expect(await both.rewrap()).toBe(0);
      expect(await value(make(after))).toBe('kept');
      await expect(value(make(before))).rejects.toMatchObject({ code: 'MASTER_KEY_MISSING' });
    } finally {
      await own.close();
    }
  });

  it('must have 32 bytes', () => {
    expect(() => masterKey(Buffer.alloc(31))).toThrow(RangeError);
  });
});
