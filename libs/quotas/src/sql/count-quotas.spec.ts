import { newId, newUuid, uuidFromId, type Id } from '@annex/kernel';
import { quotaLimits, quotaNames, type QuotaLimits, type QuotaName } from '../quotas.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { deleteInstallation, storeBlobs } from '@annex/installations';
import { emitEvent } from '@annex/runs';
import { trimLogs } from '../../../dispatch/src/sql/trim-logs.js';
import type { TenantTransaction } from '@annex/database';
import { readQuotas, saveQuotaLimits, type QuotaUse } from './count-quotas.js';
import { completeIdempotent, reserveIdempotent } from '../../../../apps/api/src/http/rows/idempotency.js';
import { updateTenant } from '../../../access/src/rows/tenants.js';
import { insertUser } from '../../../access/src/rows/users.js';
import { deleteKv, incrementKv, setKv } from '../../../execution/src/rows/kv.js';
import { insertLogs } from '../../../execution/src/rows/logs.js';
import { deleteMail, takeMail } from '../../../mail/src/rows/mails.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.database.platform((tx) => saveQuotaLimits(tx, quotaLimits()));
});
afterAll(() => db.close());

const today = (): string => new Date().toISOString().slice(0, 10);
const inside = <T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);
const use = async (tenantId: Id<'tenant'>, quota: QuotaName): Promise<QuotaUse> =>
  (await inside(tenantId, (tx) => readQuotas(tx, today())))[quota];
const allow = (tenantId: Id<'tenant'>, quotas: Partial<QuotaLimits>): Promise<boolean> =>
  db.database.platform((tx) => updateTenant(tx, tenantId, { quotas }));
const put = (at: TestInstallation, key: string, value = 'x'): Promise<void> =>
  inside(at.tenantId, (tx) => setKv(tx, { installationId: at.id, key, value, ttlS: undefined }));
const emit = (tenantId: Id<'tenant'>, data: string, source = 'me'): Promise<unknown> =>
  inside(tenantId, (tx) => emitEvent(tx, { type: 'a.b', source, data }));
const refusal = (quota: QuotaName, used: number, max: number): object => ({
  code: 'QUOTA_EXCEEDED',
  kind: { status: 413, fault: 'limit' },
  extra: { quota, used, max },
  detail: expect.stringContaining(`PATCH /api/tenants/<slug> {"quotas":{"${quota}":`) as string,
});

async function withPlugin(quotas: Partial<QuotaLimits> = {}): Promise<TestInstallation> {
  const { id } = await db.makeTenant();
  await allow(id, quotas);
  return makeInstallation(db, id);
}

describe('a quota', () => {
  it('is the operator’s for every tenant, or what was said of one; taken back, the first counts again', async () => {
    const { id } = await db.makeTenant();
    expect(await use(id, 'kv_keys')).toEqual({ used: 0, max: 1_000_000 });
    await allow(id, { kv_keys: 7, users: 3 });
    expect([await use(id, 'kv_keys'), await use(id, 'users'), await use(id, 'files')]).toMatchObject([
      { max: 7 },
      { max: 3 },
      { max: 100_000 },
    ]);
    await allow(id, { kv_keys: null });
    expect([await use(id, 'kv_keys'), await use(id, 'users')]).toMatchObject([{ max: 1_000_000 }, { max: 3 }]);
    expect(await use(id, 'llm_tokens_per_day')).toEqual({ used: 0, max: null });
    await db.database.platform((tx) => saveQuotaLimits(tx, quotaLimits({ secrets: 5, llm_tokens_per_day: 9 })));
    expect([await use(id, 'secrets'), await use(id, 'llm_tokens_per_day')]).toMatchObject([{ max: 5 }, { max: 9 }]);
    await db.database.platform((tx) => saveQuotaLimits(tx, quotaLimits()));
    expect(await use(id, 'llm_tokens_per_day')).toEqual({ used: 0, max: null });
    expect(Object.keys(await inside(id, (tx) => readQuotas(tx, today())))).toEqual(quotaNames);
  });

  it('refuses what would pass it, names itself, its use and who gives more, and never what does not grow', async () => {
    const at = await withPlugin({ kv_keys: 2, kv_bytes: 60 });
    await put(at, 'a', 'x'.repeat(10));
    await put(at, 'b', 'x'.repeat(10));
    await expect(put(at, 'c')).rejects.toMatchObject(refusal('kv_keys', 2, 2));
    await expect(put(at, 'a', 'x'.repeat(60))).rejects.toMatchObject(refusal('kv_bytes', 26, 60));
    await put(at, 'a', 'y'.repeat(10));
    await put(at, 'a', 'y');
    await allow(at.tenantId, { kv_keys: 1, kv_bytes: 1 });
    await put(at, 'a', 'z');
    await put(at, 'b', '');
    expect(await inside(at.tenantId, (tx) => deleteKv(tx, { installationId: at.id, key: 'b' }))).toBe(true);
    expect(await use(at.tenantId, 'kv_keys')).toEqual({ used: 1, max: 1 });
    await expect(
      inside(at.tenantId, (tx) => incrementKv(tx, { installationId: at.id, key: 'n', by: 1, ttlS: undefined })),
    ).rejects.toMatchObject(refusal('kv_keys', 1, 1));
    expect(await use(at.tenantId, 'kv_bytes')).toMatchObject({ used: 4 });
  });

  it('belongs to one tenant: another one’s use is not counted in, nor seen', async () => {
    const [one, two] = [await withPlugin({ kv_keys: 1 }), await withPlugin({ kv_keys: 1 })];
    await put(one, 'a');
    await put(two, 'a');
    await expect(put(two, 'b')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const seen = await inside(one.tenantId, (tx) =>
      tx.query<{ tenant_id: string }>('select distinct tenant_id from quota_use'),
    );
    expect(seen).toEqual([{ tenant_id: uuidFromId(one.tenantId) }]);
    await expect(
      inside(one.tenantId, (tx) => tx.query('insert into quota_defaults values ($1, 1)', ['x'])),
    ).rejects.toThrow(/permission denied/);
    expect(
      await inside(one.tenantId, (tx) => tx.execute('update tenants set quotas = $1', ['{"kv_keys":99}'])).catch(
        () => 0,
      ),
    ).toBe(0);
  });

  it('holds when many write at once, but for what was on its way; the count is right afterwards', async () => {
    const at = await withPlugin({ kv_keys: 50 });
    const writers = 12;
    const answers = await Promise.allSettled(
      Array.from({ length: writers }, async (_, writer) => {
        for (let n = 0; n < 20; n += 1) await put(at, `${writer}-${n}`);
      }),
    );
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    const [kept] = await db.sql<{ n: number }>('select count(*)::int as n from kv where tenant_id = $1', [
      uuidFromId(at.tenantId),
    ]);
    expect(kept?.n).toBeGreaterThanOrEqual(50);
    expect(kept?.n).toBeLessThan(50 + writers);
    expect(await use(at.tenantId, 'kv_keys')).toMatchObject({ used: kept?.n });
    await expect(put(at, 'one-more')).rejects.toMatchObject(refusal('kv_keys', kept?.n ?? 0, 50));
  });

  it('counts what is there, whatever comes and goes in one transaction or many, and whoever removes it', async () => {
    const at = await withPlugin();
    const kv = async (): Promise<unknown> =>
      (
        await db.sql(
          `select count(*)::int as n, coalesce(sum(octet_length(key) + octet_length(value::text)), 0)::int as bytes
           from kv where tenant_id = $1`,
          [uuidFromId(at.tenantId)],
        )
      )[0];
    const counted = async (): Promise<unknown> => ({
      n: (await use(at.tenantId, 'kv_keys')).used,
      bytes: (await use(at.tenantId, 'kv_bytes')).used,
    });
    await inside(at.tenantId, async (tx) => {
      for (let n = 0; n < 30; n += 1)
        await setKv(tx, {
          installationId: at.id,
          key: `k${n}`,
          value: 'v'.repeat(n),
          ttlS: n % 3 === 0 ? 0.001 : undefined,
        });
      for (let n = 0; n < 30; n += 4) await deleteKv(tx, { installationId: at.id, key: `k${n}` });
      for (let n = 0; n < 30; n += 5)
        await setKv(tx, { installationId: at.id, key: `k${n}`, value: 'w'.repeat(3 * n), ttlS: undefined });
      for (let n = 0; n < 12; n += 1)
        await incrementKv(tx, { installationId: at.id, key: 'n', by: 1, ttlS: undefined });
    });
    expect(await counted()).toEqual(await kv());
    await inside(at.tenantId, async (tx) => {
      await setKv(tx, { installationId: at.id, key: 'undone', value: 'x', ttlS: undefined });
      throw new Error('rolled back');
    }).catch(() => undefined);
    expect(await counted()).toEqual(await kv());
    await db.sql('delete from kv where tenant_id = $1 and expires_at < now()', [uuidFromId(at.tenantId)]);
    expect(await counted()).toEqual(await kv());
    await inside(at.tenantId, (tx) => deleteInstallation(tx, at.id));
    expect(await counted()).toEqual({ n: 0, bytes: 0 });
    expect(await use(at.tenantId, 'plugins')).toMatchObject({ used: 0 });
  });
});

describe('quotas of', () => {
  it('events bind everybody but the platform itself, which must be able to tell what it does', async () => {
    const { id } = await db.makeTenant();
    await allow(id, { events: 2, event_bytes: 500 });
    await emit(id, 'x');
    await expect(emit(id, 'x'.repeat(500))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      extra: { quota: 'event_bytes', max: 500 },
    });
    await emit(id, 'x');
    await expect(emit(id, 'x')).rejects.toMatchObject(refusal('events', 2, 2));
    await emit(id, 'x', 'annex:platform');
    expect(await use(id, 'events')).toEqual({ used: 3, max: 2 });
    await db.sql('delete from events where tenant_id = $1', [uuidFromId(id)]);
    expect([await use(id, 'events'), await use(id, 'event_bytes')]).toMatchObject([{ used: 0 }, { used: 0 }]);
  });

  it('idempotency keys refuse a further key, and never the answer of work that is done', async () => {
    const { id } = await db.makeTenant();
    await allow(id, { idempotency_keys: 2, idempotency_bytes: 100 });
    const reserve = (key: string): Promise<unknown> =>
      inside(id, (tx) => reserveIdempotent(tx, { actor: 'usr_x', key, fingerprint: 'f' }));
    await reserve('a');
    await inside(id, (tx) =>
      completeIdempotent(tx, { actor: 'usr_x', key: 'a', claim: 1, status: 200, body: 'x'.repeat(500) }),
    );
    expect(await use(id, 'idempotency_bytes')).toEqual({ used: 502, max: 100 });
    await expect(reserve('b')).rejects.toMatchObject(refusal('idempotency_bytes', 502, 100));
    await allow(id, { idempotency_bytes: 10_000 });
    await reserve('b');
    await expect(reserve('c')).rejects.toMatchObject(refusal('idempotency_keys', 2, 2));
    expect(await reserve('a')).toMatchObject({ state: 'replay' });
  });

  it('packages count stored contents once; users and plugins count heads', async () => {
    const at = await withPlugin({ package_bytes: 150, users: 1, plugins: 1 });
    const store = (name: string, size: number): Promise<void> =>
      inside(at.tenantId, (tx) => storeBlobs(tx, new Map([[name, new Uint8Array(size)]])));
    const before = (await use(at.tenantId, 'package_bytes')).used;
    await allow(at.tenantId, { package_bytes: before + 150 });
    await store('one', 100);
    await store('one', 100);
    await expect(store('two', 51)).rejects.toMatchObject(refusal('package_bytes', before + 100, before + 150));
    const user = (email: string): Promise<unknown> =>
      inside(at.tenantId, (tx) =>
        insertUser(tx, { id: newId('user'), email, name: null, passwordHash: null, role: 'member' }),
      );
    await user('a@b.test');
    await expect(user('c@d.test')).rejects.toMatchObject(refusal('users', 1, 1));
    await expect(makeInstallation(db, at.tenantId)).rejects.toThrow(/quota exceeded/);
  });

  it('mails count by day, and one that is deleted was sent all the same', async () => {
    const at = await withPlugin({ mails_per_day: 2 });
    const send = (key: string): Promise<{ id: Id<'mail'> }> =>
      inside(at.tenantId, (tx) =>
        takeMail(
          tx,
          {
            id: newId('mail'),
            installationId: at.id,
            plugin: at.slug,
            runId: newId('run'),
            dedupeKey: key,
            messageId: key,
            sender: 'a@b.test',
            recipients: { to: [], cc: [], bcc: [], reply_to: null },
            subject: 's',
            sizeBytes: 1,
          },
          90,
        ),
      );
    const { id } = await send('one');
    await send('one').catch(() => undefined);
    await send('two');
    await inside(at.tenantId, (tx) => deleteMail(tx, id));
    const refused = await send('three').catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ ...refusal('mails_per_day', 2, 2), retryAfterS: expect.any(Number) as number });
    await db.sql(`update quota_days set day = day - 1 where tenant_id = $1`, [uuidFromId(at.tenantId)]);
    await send('three');
    expect(await use(at.tenantId, 'mails_per_day')).toEqual({ used: 1, max: 2 });
  });

  it('logs make the oldest lines give way, and leave lines out at a quarter more', async () => {
    const at = await withPlugin({ log_bytes: 1000 });
    const other = await withPlugin({ log_bytes: 1000 });
    const log = (to: TestInstallation, message: string): Promise<void> =>
      inside(to.tenantId, (tx) =>
        insertLogs(tx, [
          {
            runId: newId('run'),
            installationId: to.id,
            plugin: to.slug,
            timeMs: Date.now(),
            level: 'info',
            message,
            fields: null,
          },
        ]),
      );
    const lines = async (): Promise<string[]> =>
      (
        await db.sql<{ message: string }>('select message from run_logs where tenant_id = $1 order by id', [
          uuidFromId(at.tenantId),
        ])
      ).map(({ message }) => message.slice(0, 2));
    for (let n = 10; n < 30; n += 1) await log(at, `${n}${'x'.repeat(94)}`);
    await log(other, 'kept');
    expect((await lines()).length).toBeLessThanOrEqual(14);
    expect((await lines()).length).toBeGreaterThan(10);
    while (await db.database.platform(trimLogs));
    const left = (await use(at.tenantId, 'log_bytes')).used;
    expect(left).toBeLessThanOrEqual(900);
    expect(left).toBeGreaterThan(800);
    expect(await db.sql('select 1 from log_trims')).toEqual([]);
    await log(at, 'new');
    expect((await lines()).at(-1)).toBe('ne');
    expect((await use(other.tenantId, 'log_bytes')).used).toBeGreaterThan(0);
  });
});

it('counting keeps no transaction waiting for another one that writes something else', async () => {
  const at = await withPlugin();
  await inside(at.tenantId, async (tx) => {
    await setKv(tx, { installationId: at.id, key: 'mine', value: 'x', ttlS: undefined });
    await emitEvent(tx, { type: 'a.b', source: 'me', data: null });
    // All others of the pool come and go while this one is open.
    await Promise.all(Array.from({ length: 40 }, (_, n) => put(at, `other-${n}`)));
    await Promise.all(Array.from({ length: 40 }, () => emit(at.tenantId, newUuid())));
  });
  expect(await use(at.tenantId, 'kv_keys')).toMatchObject({ used: 41 });
});
