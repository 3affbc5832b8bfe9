import { DAY, HOUR, SECOND, silentLogger, type Id } from '@annex/kernel';
import type { Database, TenantTransaction } from '@annex/database';
import { quotaLimits, saveQuotaLimits, type QuotaLimits } from '@annex/quotas';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { updateTenant } from '../../../access/src/rows/tenants.js';
import { addUsage } from '../rows/usage.js';
import { DayQuotas } from './day-quotas.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
let nowMs: number;
let statements: string[];
let quotas: DayQuotas;
const midnight = Math.floor(Date.now() / DAY) * DAY;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.database.platform((tx) => saveQuotaLimits(tx, quotaLimits()));
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  installationId = (await makeInstallation(db, tenantId)).id;
  nowMs = midnight + 12 * HOUR;
  statements = [];
  quotas = make(db.database);
});

const make = (database: Pick<Database, 'forTenant' | 'listen'>): DayQuotas =>
  new DayQuotas({ database, clock: { now: () => nowMs }, logger: silentLogger });
const inside = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);
const allow = (limits: Partial<QuotaLimits>): Promise<boolean> =>
  db.database.platform((tx) => updateTenant(tx, tenantId, { quotas: limits }));
/** As a flush does. */
const use = (metric: string, value: number): Promise<void> =>
  inside(async (tx) => {
    const day = new Date(nowMs).toISOString().slice(0, 10);
    await addUsage(tx, [{ day, installationId, metric, value }]);
    await quotas.refresh(spied(tx));
  });
/** Remembers what is asked. */
function spied(tx: TenantTransaction): TenantTransaction {
  return new Proxy(tx, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === 'query') statements.push(String(args[0]));
        return Reflect.apply(value, of, args);
      };
    },
  });
}
const isSpentSoon = async (wanted: boolean): Promise<void> => {
  while (quotas.isSpent(tenantId) !== wanted) await new Promise((done) => setTimeout(done, 10));
};

describe('quotas of a day', () => {
  it('are none unless somebody set them, and refuse from the last that was allowed on', async () => {
    await use('runs', 1_000_000);
    expect(quotas.isSpent(tenantId)).toBe(false);
    await allow({ runs_per_day: 1_000_002 });
    nowMs += SECOND;
    await use('runs', 1);
    expect([quotas.isSpent(tenantId), quotas.waitMs(tenantId)]).toEqual([false, undefined]);
    nowMs += SECOND;
    await use('runs', 1);
    expect(quotas.isSpent(tenantId)).toBe(true);
    expect(() => quotas.require(tenantId, { isInside: true })).toThrow(
      expect.objectContaining({
        code: 'QUOTA_EXCEEDED',
        kind: expect.objectContaining({ status: 429 }) as object,
        retryAfterS: 12 * 3600 - 2,
        extra: { quota: 'runs_per_day', used: 1_000_002, max: 1_000_002 },
      }),
    );
    expect(() => quotas.require(tenantId, { isInside: false })).toThrow(
      expect.objectContaining({ code: 'QUOTA_EXCEEDED', extra: undefined }),
    );
  });

  it.each([
    ['cpu_seconds_per_day', 'cpu_ms', 2, 1999, 1],
    ['egress_bytes_per_day', 'egress_bytes', 2000, 1999, 1],
  ] as const)('count %s from usage', async (quota, metric, max, first, more) => {
    await allow({ [quota]: max });
    await use(metric, first);
    expect(quotas.isSpent(tenantId)).toBe(false);
    nowMs += SECOND;
    await use(metric, more);
    expect(quotas.isSpent(tenantId)).toBe(true);
  });

  it('ask once a second at most, however often usage is written', async () => {
    for (let flushes = 0; flushes < 4; flushes += 1) {
      await use('runs', 1);
      nowMs += 250;
    }
    expect(statements).toHaveLength(1);
    await use('runs', 1);
    expect(statements).toHaveLength(2);
  });

  it('are over with the day, and with a quota that was raised', async () => {
    await allow({ runs_per_day: 0 });
    await use('runs', 1);
    expect(quotas.waitMs(tenantId)).toBe(600 * SECOND);
    await allow({ runs_per_day: 100 });
    nowMs += 5 * SECOND;
    await isSpentSoon(false);
    await allow({ runs_per_day: 1 });
    nowMs = midnight + DAY - 5 * SECOND;
    await use('runs', 1);
    expect(quotas.waitMs(tenantId)).toBe(5 * SECOND);
    nowMs += 5 * SECOND;
    expect(quotas.isSpent(tenantId)).toBe(false);
  });

  it('go on to refuse while nobody can be asked', async () => {
    quotas = make({
      forTenant: () => ({ transaction: () => Promise.reject(new Error('the database is away')) }) as never,
      listen: (channel, handler) => db.database.listen(channel, handler),
    });
    await allow({ runs_per_day: 0 });
    await use('runs', 1);
    nowMs += HOUR;
    expect(quotas.isSpent(tenantId)).toBe(true);
    await new Promise((done) => setTimeout(done));
    expect(quotas.isSpent(tenantId)).toBe(true);
  });
});
