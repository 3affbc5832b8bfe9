import { readFileSync } from 'node:fs';
import { isQuotaName } from '@annex/quotas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { retentionSteps } from './retention.js';
import { tableBounds } from './table-bounds.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const tables = async (): Promise<string[]> =>
  (
    await db.sql<{ name: string }>(
      `select c.relname::text as name from pg_class c
       where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by 1`,
    )
  ).map(({ name }) => name);

describe('no table grows for ever', () => {
  it('each is named with what bounds it, and none is named that is not there', async () => {
    expect(Object.keys(tableBounds).sort()).toEqual(await tables());
  });

  it('what is named is there: the step of retention, the quota, the reference that takes rows along', async () => {
    const along = await db.sql<{ child: string; parent: string }>(
      `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
       where contype = 'f' and confdeltype = 'c'`,
    );
    for (const [table, bound] of Object.entries(tableBounds)) {
      expect(Object.keys(bound).length, table).toBeGreaterThan(0);
      if (bound.retention !== undefined) expect(retentionSteps, table).toContain(bound.retention);
      if (bound.quota !== undefined) expect(isQuotaName(bound.quota), table).toBe(true);
      if (bound.with !== undefined) expect(along, table).toContainEqual({ child: table, parent: bound.with });
    }
  });

  it('and the operator can read which it is', () => {
    const docs = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    for (const table of Object.keys(tableBounds)) expect(docs, table).toContain(`\`${table}\``);
  });
});
