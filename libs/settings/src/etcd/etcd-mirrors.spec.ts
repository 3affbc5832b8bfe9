/** Mirrors against a real etcd, which is the oracle: the same final state, and the same order for each key. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Etcd3 } from 'etcd3';
import { newUuid, silentLogger, uuidFromId, type Id, type Json } from '@annex/kernel';
import { mayLeaveOutEtcd, startEtcd, type EtcdServer } from '../../../../test/support/etcd-server.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { claimMirror, type HeldMirror } from '../sql/mirror-leases.js';
import { readSettingLag } from '../sql/setting-lag.js';
import { EtcdMirrors } from './etcd-mirrors.js';

let db: TestDatabase;
let etcd: EtcdServer;
let client: Etcd3;
let tenant: { id: Id<'tenant'>; slug: string };
let prefix: string;
const open: EtcdMirrors[] = [];
beforeAll(async () => {
  if (mayLeaveOutEtcd) return;
  [db, etcd] = await Promise.all([openTestDatabase(), startEtcd()]);
  client = new Etcd3({ hosts: etcd.url });
});
afterAll(async () => {
  client?.close();
  await etcd?.close();
  await db?.close();
});
beforeEach(async () => {
  if (mayLeaveOutEtcd) return;
  tenant = await db.makeTenant();
  prefix = `/${tenant.slug}/`;
  return async () => {
    await Promise.all(open.splice(0).map((mirrors) => mirrors.stop()));
  };
});

function mirrors(leaseMs = 1000): EtcdMirrors {
  const made = new EtcdMirrors({
    database: db.database,
    address: { hosts: [etcd.url] },
    mirrors: [{ tenant: tenant.slug, prefix, into: 'net/' }],
    findTenant: (slug) => Promise.resolve(slug === tenant.slug ? tenant.id : undefined),
    ownerId: newUuid(),
    logger: silentLogger,
    leaseMs,
  });
  open.push(made);
  made.start();
  return made;
}

async function tree(): Promise<Record<string, Json>> {
  const rows = await db.sql<{ key: string; value: Json }>('select key, value from settings where tenant_id = $1', [
    uuidFromId(tenant.id),
  ]);
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
/** What etcd holds now, as the tree should. */
async function oracle(): Promise<Record<string, Json>> {
  const all = await client.getAll().prefix(prefix).strings();
  return Object.fromEntries(
    Object.entries(all).map(([key, text]) => [`net/${key.slice(prefix.length)}`, JSON.parse(text) as Json]),
  );
}
/** Waits until the tree is what etcd holds. */
async function settled(): Promise<Record<string, Json>> {
  const wanted = await oracle();
  for (;;) {
    const found = await tree();
    if (JSON.stringify(sorted(found)) === JSON.stringify(sorted(wanted))) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
}
const sorted = (value: Record<string, Json>): [string, Json][] =>
  Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
const put = (key: string, value: unknown): Promise<unknown> =>
  client
    .put(prefix + key)
    .value(JSON.stringify(value))
    .exec();
const remove = (key: string): Promise<unknown> =>
  client
    .delete()
    .key(prefix + key)
    .exec();
const mirrorRow = async (): Promise<{ last_error: string | null; revision: string | null; token: string }> =>
  (
    await db.sql<{ last_error: string | null; revision: string | null; token: string }>(
      'select last_error, revision, token from setting_mirrors where tenant_id = $1',
      [uuidFromId(tenant.id)],
    )
  )[0] ?? { last_error: null, revision: null, token: '0' };

/** Always the same numbers, so that what fails fails again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

describe.skipIf(mayLeaveOutEtcd)('a prefix of etcd', { timeout: 120_000 }, () => {
  it('is there as a whole at first, and then change by change', async () => {
    await put('dns/a', { n: 1 });
    await put('dns/b', [1]);
    for (let n = 0; n < 120; n += 1) await put(`many/${n}`, n);
    mirrors();
    expect(Object.keys(await settled())).toHaveLength(122);
    await put('dns/a', { n: 2 });
    await remove('dns/b');
    expect((await settled())['net/dns/a']).toEqual({ n: 2 });
  });

  it('is not late while it is followed, changes or not, and is late once nobody follows it', async () => {
    const lag = (): Promise<number> =>
      db.database
        .platform((tx) => readSettingLag(tx, [{ tenant: tenant.slug, prefix }]))
        .then(({ mirrorLagS }) => mirrorLagS);
    const until = async (is: (seconds: number) => boolean): Promise<void> => {
      while (!is(await lag())) await new Promise((done) => setTimeout(done, 50));
    };
    await put('a', 1);
    const first = mirrors();
    await settled();
    await until((seconds) => seconds === 0);
    await first.stop();
    await until((seconds) => seconds > 0);
    const none = await db.database.platform((tx) => readSettingLag(tx, []));
    expect(none).toEqual({ watchLagS: 0, mirrorLagS: 0 });
    // Nothing changes in etcd, and the next one is followed all the same.
    mirrors();
    await until((seconds) => seconds === 0);
  });

  it.each([1, 2, 3])('ends as etcd does, and tells each key in etcd’s order (seed %d)', async (seed) => {
    const random = seeded(seed);
    const told: Record<string, (Json | undefined)[]> = {};
    mirrors();
    // Only what is told after the first look can be told in full.
    await put('begin', 0);
    await settled();
    for (let step = 0; step < 150; step += 1) {
      const key = `k${Math.floor(random() * 6)}`;
      const before = told[key]?.at(-1);
      if (random() < 0.3) {
        if (before === undefined) continue;
        await remove(key);
        (told[key] ??= []).push(undefined);
      } else {
        await put(key, step);
        (told[key] ??= []).push(step);
      }
    }
    await settled();
    const log = await db.sql<{ key: string; op: string; value: Json }>(
      `select key, op, value from setting_changes where tenant_id = $1 and key like 'net/k%' order by revision`,
      [uuidFromId(tenant.id)],
    );
    const heard: Record<string, (Json | undefined)[]> = {};
    for (const { key, op, value } of log)
      (heard[key.slice('net/'.length)] ??= []).push(op === 'delete' ? undefined : value);
    expect(heard).toEqual(told);
  });

  it('goes on where it was when its worker is gone, whatever happened meanwhile', async () => {
    await put('a', 1);
    await put('b', 1);
    const first = mirrors();
    await settled();
    await first.stop();
    await put('a', 2);
    await remove('b');
    await put('c', 1);
    mirrors();
    expect(await settled()).toEqual({ 'net/a': 2, 'net/c': 1 });
  });

  it('reads all again when etcd has compacted what was to come', async () => {
    await put('a', 1);
    await put('b', 1);
    const first = mirrors();
    await settled();
    await first.stop();
    for (let n = 0; n < 5; n += 1) await put('a', n);
    await remove('b');
    const { header } = await client.kv.range({ key: Buffer.from('x') });
    await client.kv.compact({ revision: header.revision, physical: true });
    mirrors();
    expect(await settled()).toEqual({ 'net/a': 4 });
  });

  it('is followed by one worker at a time, and one that lost it writes nothing', async () => {
    await put('a', 1);
    mirrors();
    await settled();
    mirrors();
    const { token } = await mirrorRow();
    // As if the first one had stood still for longer than its lease.
    await db.sql(`update setting_mirrors set token = token + 1, lease_until = null where tenant_id = $1`, [
      uuidFromId(tenant.id),
    ]);
    await put('a', 2);
    await settled();
    expect(Number((await mirrorRow()).token)).toBeGreaterThan(Number(token) + 1);
    const log = await db.sql(`select value from setting_changes where tenant_id = $1 order by revision`, [
      uuidFromId(tenant.id),
    ]);
    expect(log).toEqual([{ value: 1 }, { value: 2 }]);
  });

  it('is claimed again at once by the worker that lost it without a word, and by no other', async () => {
    const claim = (owner: string): Promise<HeldMirror | undefined> =>
      db.database.platform((tx) =>
        claimMirror(tx, { tenantId: tenant.id, prefix, into: '' }, { owner, leaseMs: 60_000 }),
      );
    const [one, other] = [newUuid(), newUuid()];
    const first = await claim(one);
    expect(await claim(other)).toBeUndefined();
    expect(await claim(one)).toMatchObject({ token: (first?.token ?? 0) + 1 });
  });

  it('leaves alone what others set, and leaves out what no tree can keep', async () => {
    await db.sql(
      `insert into settings (tenant_id, key, value, revision, updated_by) values ($1, 'net/own', '1', 1, 'usr_1')`,
      [uuidFromId(tenant.id)],
    );
    await db.sql('insert into setting_heads (tenant_id, revision) values ($1, 1)', [uuidFromId(tenant.id)]);
    await client.put(`${prefix}text`).value('zone "x" {');
    await client.put(`${prefix}a//b`).value('1');
    await client.put(`${prefix}large`).value(JSON.stringify('x'.repeat(70_000)));
    await client.put(`${prefix}bytes`).value(Buffer.from([0xff, 0xfe]));
    await put('last', 1);
    mirrors();
    for (;;) {
      const found = await tree();
      if ('net/last' in found && 'net/text' in found && (await mirrorRow()).revision !== null) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(await tree()).toEqual({ 'net/own': 1, 'net/text': 'zone "x" {', 'net/last': 1 });
    expect((await mirrorRow()).last_error).toContain('was left out');
  });
});
