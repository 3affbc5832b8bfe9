import type { JsonObject, SealedValue } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

/** Who may send to `POST /hooks/:tenant/:source`. */
export interface HookSourceRow {
  source: string;
  preset: string;
  /** Where the signature stands; `null`: where the preset says. */
  header: string | null;
  toleranceS: number;
  /** What else its sender's ways need; their meaning is the reader's. */
  options: JsonObject;
  /** The secrets, sealed; `null` for a source that does not sign. */
  sealed: SealedValue | null;
  lastReceivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

interface Raw {
  source: string;
  preset: string;
  header: string | null;
  tolerance_s: number;
  options: JsonObject;
  key_version: number | null;
  nonce: Buffer | null;
  ciphertext: Buffer | null;
  last_received_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** A page of sources by name. */
export async function listHookSources(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<HookSourceRow[]> {
  const rows = await tx.query<Raw>(
    'select * from hook_sources where tenant_id = $1 and ($2::text is null or source > $2) order by source limit $3',
    [tx.tenantUuid, after ?? null, limit],
  );
  return rows.map(fromRow);
}

export async function findHookSource(
  tx: TenantTransaction,
  source: string,
  { lock = false } = {},
): Promise<HookSourceRow | undefined> {
  const [row] = await tx.query<Raw>(
    `select * from hook_sources where tenant_id = $1 and source = $2${lock ? ' for update' : ''}`,
    [tx.tenantUuid, source],
  );
  return row && fromRow(row);
}

/** Writes a source, whether it was there or not. Answers whether it is new. */
export async function upsertHookSource(
  tx: TenantTransaction,
  {
    source,
    preset,
    header,
    toleranceS,
    options,
    sealed,
  }: Pick<HookSourceRow, 'source' | 'preset' | 'header' | 'toleranceS' | 'options' | 'sealed'>,
): Promise<boolean> {
  const [row] = await tx.query<{ created: boolean }>(
    `insert into hook_sources (tenant_id, source, preset, header, tolerance_s, key_version, nonce, ciphertext, options) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (tenant_id, source) do update set preset = excluded.preset, header = excluded.header, tolerance_s = excluded.tolerance_s,
       key_version = excluded.key_version, nonce = excluded.nonce, ciphertext = excluded.ciphertext, options = excluded.options, updated_at = now()
     returning xmax = 0 as created`,
    [
      tx.tenantUuid,
      source,
      preset,
      header,
      toleranceS,
      sealed?.keyVersion ?? null,
      sealed?.nonce ?? null,
      sealed?.ciphertext ?? null,
      JSON.stringify(options),
    ],
  );
  return row?.created ?? false;
}

export async function deleteHookSource(tx: TenantTransaction, source: string): Promise<boolean> {
  return (
    (await tx.execute('delete from hook_sources where tenant_id = $1 and source = $2', [tx.tenantUuid, source])) === 1
  );
}

/** Remembers that a source sent something; to the minute, so that a busy one costs no write each time. */
export async function noteHookReceived(tx: TenantTransaction, source: string): Promise<void> {
  await tx.query(
    `update hook_sources set last_received_at = now() where tenant_id = $1 and source = $2 and (last_received_at is null or last_received_at < now() - interval '1 minute')`,
    [tx.tenantUuid, source],
  );
}

export async function countHookSources(tx: TenantTransaction): Promise<number> {
  const [row] = await tx.query<{ n: number }>('select count(*)::int as n from hook_sources where tenant_id = $1', [
    tx.tenantUuid,
  ]);
  return row?.n ?? 0;
}

function fromRow(row: Raw): HookSourceRow {
  return {
    source: row.source,
    preset: row.preset,
    header: row.header,
    toleranceS: row.tolerance_s,
    options: row.options,
    sealed:
      row.key_version !== null && row.nonce && row.ciphertext
        ? { keyVersion: row.key_version, nonce: row.nonce, ciphertext: row.ciphertext }
        : null,
    lastReceivedAt: row.last_received_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
