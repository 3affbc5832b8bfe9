/** Which change a plugin is to hear of next. */
import type { TenantTransaction } from '@annex/database';
import type { Json } from '@annex/kernel';
import { SettingChangeRow } from '../rows/setting-change-row.js';
import { findSetting } from '../rows/settings.js';

/** A change as a handler hears of it. */
export interface ToldChange {
  key: string;
  op: 'put' | 'delete';
  value: Json;
  revision: number;
  previous: Json;
}

/** Of a change only what is looked at first. */
interface Candidate {
  key: string;
  revision: number;
}

/** Keys that are looked at in one query. */
const looked = 500;

/** Behind where to look, and up to where. */
interface Range {
  after: number;
  until: number;
  isMeant: (key: string) => boolean;
}

/** The first change of the log in a range that is meant; each one counts. `undefined`: there is none. */
export function nextLogged(tx: TenantTransaction, range: Range): Promise<ToldChange | undefined> {
  return first(
    range,
    (after, until) =>
      tx.rows<SettingChangeRow, Candidate>(
        SettingChangeRow,
        `select key, revision from setting_changes where tenant_id = $1 and revision > $2 and revision <= $3
         order by revision limit ${looked}`,
        [tx.tenantUuid, after, until],
      ),
    ({ revision }) => readChange(tx, revision),
  );
}

/**
 * The first key of the tree in a range that is meant, as it is now; or one that went behind `known` and is not there
 * any more. `undefined`: there is none.
 */
export function nextKept(
  tx: TenantTransaction,
  { known, ...range }: Range & { known: number },
): Promise<ToldChange | undefined> {
  return first(
    range,
    (after, until) =>
      tx.rows<SettingChangeRow, Candidate>(
        SettingChangeRow,
        `select key, revision from (
           select key, revision from settings where tenant_id = $1 and revision > $2 and revision <= $3
           union all
           select c.key, max(c.revision) from setting_changes c
           where c.tenant_id = $1 and c.op = 'delete' and c.revision > greatest($2::bigint, $4::bigint)
             and c.revision <= $3
             and not exists (select 1 from settings s where s.tenant_id = $1 and s.key = c.key collate "C")
           group by c.key) as k
         order by revision limit ${looked}`,
        [tx.tenantUuid, after, until, known],
      ),
    async ({ key, revision }) => {
      const setting = await findSetting(tx, key);
      if (setting) return { key, op: 'put', value: setting.value, revision, previous: null };
      return readChange(tx, revision);
    },
  );
}

async function first(
  { after, until, isMeant }: Range,
  list: (after: number, until: number) => Promise<Candidate[]>,
  read: (found: Candidate) => Promise<ToldChange | undefined>,
): Promise<ToldChange | undefined> {
  for (let from = after; ;) {
    const candidates = await list(from, until);
    const found = candidates.find(({ key }) => isMeant(key));
    if (found) return read(found);
    const last = candidates.at(-1);
    if (last === undefined || candidates.length < looked) return undefined;
    from = last.revision;
  }
}

async function readChange(tx: TenantTransaction, revision: number): Promise<ToldChange | undefined> {
  const [row] = await tx.rows(
    SettingChangeRow,
    'select * from setting_changes where tenant_id = $1 and revision = $2',
    [tx.tenantUuid, revision],
  );
  return row && { key: row.key, op: row.op, value: row.value, revision, previous: row.previous };
}
