/**
 * What plugins keep between runs (`ctx.kv`): private to an installation, JSON values with an optional time to live.
 * Times are the database's, so that processes with different clocks agree on what has run out. An entry that ran out is
 * gone for every reader at once; its row goes later ({@link deleteExpiredKv}). SQL by hand: plugins ask within their
 * runs, and whether an entry is there is a question of the database's clock.
 */
import { uuidFromId, type Id, type Json } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { KvRow } from './kv-row.js';

/** Names one entry. */
export type KvKey = Pick<KvRow, 'installationId' | 'key'>;

const live = '(expires_at is null or expires_at > clock_timestamp())';

/** The value of a key, or `undefined` when there is none or it ran out. */
export async function getKv(tx: TenantTransaction, { installationId, key }: KvKey): Promise<Json | undefined> {
  const [row] = await tx.query<{ value: Json }>(
    `select value from kv where tenant_id = $1 and installation_id = $2 and key = $3 and ${live}`,
    [tx.tenantUuid, uuidFromId(installationId), key],
  );
  return row?.value;
}

/**
 * Writes a value. `ttlS`: seconds until it is gone, fractions allowed; `undefined`: it stays, whatever time it had
 * before.
 */
export async function setKv(
  tx: TenantTransaction,
  { installationId, key, value, ttlS }: KvKey & { value: Json; ttlS: number | undefined },
): Promise<void> {
  await tx.query(
    `insert into kv (tenant_id, installation_id, key, value, expires_at)
     values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
     on conflict (tenant_id, installation_id, key) do update
     set value = excluded.value, expires_at = excluded.expires_at, updated_at = now()`,
    [tx.tenantUuid, uuidFromId(installationId), key, JSON.stringify(value), ttlS ?? null],
  );
}

/** Forgets a key; answers whether there was one that had not run out. */
export async function deleteKv(tx: TenantTransaction, { installationId, key }: KvKey): Promise<boolean> {
  const [row] = await tx.query<{ live: boolean }>(
    `delete from kv where tenant_id = $1 and installation_id = $2 and key = $3 returning ${live} as live`,
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
  { installationId, key, by, ttlS }: KvKey & { by: number; ttlS: number | undefined },
): Promise<number | undefined> {
  const [row] = await tx.query<{ value: number }>(
    `insert into kv as have (tenant_id, installation_id, key, value, expires_at)
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
  { installationId, prefix, after, limit }: KvRange,
): Promise<Result[]> {
  return tx.rows<KvRow, Result>(
    KvRow,
    `select ${columns} from kv
     where tenant_id = $1 and installation_id = $2 and key >= $3 and starts_with(key, $3)
       and ($4::text is null or key > $4) and ${live}
     order by key limit $5`,
    [tx.tenantUuid, uuidFromId(installationId), prefix, after ?? null, limit],
  );
}

/**
 * Deletes up to `limit` entries that ran out, of every tenant; answers how many. Several processes may do it at once.
 */
export async function deleteExpiredKv(tx: PlatformTransaction, limit: number): Promise<number> {
  return tx.execute(
    `delete from kv using (
       select tenant_id, installation_id, key from kv where expires_at <= clock_timestamp() order by expires_at limit $1
       for update skip locked
     ) as gone where kv.tenant_id = gone.tenant_id and kv.installation_id = gone.installation_id and kv.key = gone.key`,
    [limit],
  );
}
