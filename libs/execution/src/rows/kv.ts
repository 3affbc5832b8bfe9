/**
 * What plugins keep between runs (`ctx.kv`): private to an installation, JSON values with an optional time to live.
 * Times are the database's, so that processes with different clocks agree on what has run out. An entry that ran out is
 * gone for every reader at once; its row goes later ({@link deleteExpiredKv}). SQL by hand: plugins ask within their
 * runs, and whether an entry is there is a question of the database's clock.
 */
import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { statement, type PlatformTransaction, type TenantTransaction } from '@annex/database';
import { KvRow } from './kv-row.js';

/** Where entries stand: what a plugin keeps for itself, or what it shares (its keys begin with the state's name). */
export type KvTable = 'kv' | 'shared_entries';

/** Names one entry. `table`: default `kv`. */
export type KvKey = Pick<KvRow, 'installationId' | 'key'> & { table?: KvTable | undefined };

const live = '(expires_at is null or expires_at > clock_timestamp())';

/** A value, and which one of the key's it is. */
export interface KvValue {
  value: Json;
  version: number;
}

/** Names an entry of a known table. */
export type KvAt = Pick<KvKey, 'installationId' | 'key'>;

/** One look at the primary key for each entry asked for, whatever the planner thinks of the table's size. */
const readStatement = (table: KvTable): ReturnType<typeof statement> =>
  statement(
    `select found.value, found.version
     from unnest($2::uuid[], $3::text[]) with ordinality as wanted (installation_id, key, place)
     left join lateral (
       select value, version from ${table} as kept
       where kept.tenant_id = $1 and kept.installation_id = wanted.installation_id and kept.key = wanted.key and ${live}
       limit 1
     ) as found on true
     order by wanted.place`,
  );
const reads = { kv: readStatement('kv'), shared_entries: readStatement('shared_entries') };

/** The values of several keys, in the order asked for; `undefined`: there is none, or it ran out. */
export async function readKv(
  tx: TenantTransaction,
  table: KvTable,
  keys: readonly KvAt[],
): Promise<(KvValue | undefined)[]> {
  const installations = keys.map(({ installationId }) => uuidFromId(installationId));
  const names = keys.map(({ key }) => key);
  const rows = await tx.query<{ value: Json; version: string | null }>(reads[table], [
    tx.tenantUuid,
    installations,
    names,
  ]);
  return rows.map(({ value, version }) => (version === null ? undefined : { value, version: Number(version) }));
}

/** A value to be kept. `ttlS`: seconds until it is gone; `undefined`: it stays. */
export type KvContent = KvKey & { value: Json; ttlS: number | undefined };

/**
 * Writes a value. `ttlS`: seconds until it is gone, fractions allowed; `undefined`: it stays, whatever time it had
 * before.
 */
export async function setKv(
  tx: TenantTransaction,
  { installationId, key, value, ttlS, table = 'kv' }: KvContent,
): Promise<void> {
  await tx.query(
    `insert into ${table} (tenant_id, installation_id, key, value, expires_at)
     values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
     on conflict (tenant_id, installation_id, key) do update
     set value = excluded.value, expires_at = excluded.expires_at, updated_at = now()`,
    [tx.tenantUuid, uuidFromId(installationId), key, JSON.stringify(value), ttlS ?? null],
  );
}

/**
 * Writes a value if the key has this version; 0: if there is none that has not run out. Answers the new version, or
 * `undefined`: nothing has changed.
 */
export async function setKvIf(
  tx: TenantTransaction,
  { installationId, key, value, ttlS, table = 'kv' }: KvContent,
  version: number,
): Promise<number | undefined> {
  const until = 'clock_timestamp() + make_interval(secs => $5)';
  const sql =
    version === 0
      ? `insert into ${table} as have (tenant_id, installation_id, key, value, expires_at)
         values ($1, $2, $3, $4, ${until})
         on conflict (tenant_id, installation_id, key) do update
         set value = excluded.value, expires_at = excluded.expires_at, updated_at = now()
         where have.expires_at <= clock_timestamp() returning version`
      : `update ${table} set value = $4, expires_at = ${until}, updated_at = now()
         where tenant_id = $1 and installation_id = $2 and key = $3 and version = $6 and ${live} returning version`;
  const values = [tx.tenantUuid, uuidFromId(installationId), key, JSON.stringify(value), ttlS ?? null];
  const [row] = await tx.query<{ version: string }>(sql, version === 0 ? values : [...values, version]);
  return row && Number(row.version);
}

/** Forgets a key; answers whether there was one that had not run out. */
export async function deleteKv(tx: TenantTransaction, { installationId, key, table = 'kv' }: KvKey): Promise<boolean> {
  const [row] = await tx.query<{ live: boolean }>(
    `delete from ${table} where tenant_id = $1 and installation_id = $2 and key = $3 returning ${live} as live`,
    [tx.tenantUuid, uuidFromId(installationId), key],
  );
  return row?.live ?? false;
}

/**
 * Adds to a number in one step that no other writer can come between; a key that is missing or ran out counts as 0.
 * `ttlS` applies when the key is made, not when it is counted up. Answers the sum, or `undefined` when the key holds
 * something else than a number: then nothing has changed.
 */
export async function incrementKv(
  tx: TenantTransaction,
  { installationId, key, by, ttlS, table = 'kv' }: KvKey & { by: number; ttlS: number | undefined },
): Promise<number | undefined> {
  const [row] = await tx.query<{ value: number }>(
    `insert into ${table} as have (tenant_id, installation_id, key, value, expires_at)
     values ($1, $2, $3, to_json($4::numeric), clock_timestamp() + make_interval(secs => $5))
     on conflict (tenant_id, installation_id, key) do update set
       value = case when have.expires_at is null
         or have.expires_at > clock_timestamp() then to_json((have.value #>> '{}')::numeric + $4::numeric)
         else excluded.value end,
       expires_at = case when have.expires_at is null
         or have.expires_at > clock_timestamp() then have.expires_at else excluded.expires_at end,
       updated_at = now()
     where json_typeof(have.value) = 'number' or have.expires_at <= clock_timestamp()
     returning value`,
    [tx.tenantUuid, uuidFromId(installationId), key, by, ttlS ?? null],
  );
  return row?.value;
}

/** A key, as plugins see it. */
export type KvListing = Pick<KvRow, 'key' | 'expiresAt'>;

/** A key, as people see it. */
export interface KvEntry extends Pick<KvRow, 'key' | 'expiresAt' | 'updatedAt'> {
  /** Of its value as JSON text. */
  bytes: number;
}

/** Which keys: those with a prefix in the order of their bytes, after `after` (exclusive) when given. */
export interface KvRange {
  installationId: Id<'installation'>;
  table?: KvTable | undefined;
  prefix: string;
  after: string | undefined;
  limit: number;
}

/** Keys of a range; entries that ran out are left out. */
export function listKv(tx: TenantTransaction, range: KvRange): Promise<KvListing[]> {
  return selectRange<KvListing>(tx, 'key, expires_at', range);
}

/** The same with sizes, for which every value is read: that is for people to wait for, not for plugins. */
export function browseKv(tx: TenantTransaction, range: KvRange): Promise<KvEntry[]> {
  return selectRange<KvEntry>(tx, entryColumns, range);
}

/** An entry with its value, or `undefined` when there is none or it ran out. */
export async function showKv(
  tx: TenantTransaction,
  { installationId, key }: KvKey,
): Promise<(KvEntry & { value: Json }) | undefined> {
  const [row] = await tx.rows<KvRow, KvEntry & { value: Json }>(
    KvRow,
    `select ${entryColumns}, value from kv where tenant_id = $1 and installation_id = $2 and key = $3 and ${live}`,
    [tx.tenantUuid, uuidFromId(installationId), key],
  );
  return row;
}

const entryColumns = 'key, octet_length(value::text) as bytes, expires_at, updated_at';

function selectRange<Result>(
  tx: TenantTransaction,
  columns: string,
  { installationId, prefix, after, limit, table = 'kv' }: KvRange,
): Promise<Result[]> {
  return tx.rows<KvRow, Result>(
    KvRow,
    `select ${columns} from ${table}
     where tenant_id = $1 and installation_id = $2 and key >= $3 and starts_with(key, $3)
       and ($4::text is null or key > $4) and ${live}
     order by key limit $5`,
    [tx.tenantUuid, uuidFromId(installationId), prefix, after ?? null, limit],
  );
}

/**
 * Deletes up to `limit` entries that ran out, of every tenant; answers how many. Several processes may do it at once.
 */
export async function deleteExpiredKv(tx: PlatformTransaction, limit: number, table: KvTable = 'kv'): Promise<number> {
  return tx.execute(
    `delete from ${table} as kv using (
       select tenant_id, installation_id, key from ${table} where expires_at <= clock_timestamp()
       order by expires_at limit $1 for update skip locked
     ) as gone where kv.tenant_id = gone.tenant_id and kv.installation_id = gone.installation_id and kv.key = gone.key`,
    [limit],
  );
}
