import type { TenantTransaction } from '@annex/database';
import { MoreThan } from 'typeorm';
import { HookSourceRow } from './hook-source-row.js';

/** A page of sources by name. */
export function listHookSources(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<HookSourceRow[]> {
  return tx.repository(HookSourceRow).find({
    where: { tenantId: tx.tenantId, ...(after !== undefined && { source: MoreThan(after) }) },
    order: { source: 'ASC' },
    take: limit,
  });
}

/**
 * One source; with `lock` it stays as it is until the transaction ends. SQL by hand: each webhook that comes in asks.
 */
export async function findHookSource(
  tx: TenantTransaction,
  source: string,
  { lock = false } = {},
): Promise<HookSourceRow | undefined> {
  const [row] = await tx.rows(
    HookSourceRow,
    `select * from hook_sources where tenant_id = $1 and source = $2${lock ? ' for update' : ''}`,
    [tx.tenantUuid, source],
  );
  return row;
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
    `insert into hook_sources (tenant_id, source, preset, header, tolerance_s, key_version, nonce, ciphertext, options)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (tenant_id, source) do update
     set preset = excluded.preset, header = excluded.header, tolerance_s = excluded.tolerance_s,
       key_version = excluded.key_version, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
         options = excluded.options, updated_at = now()
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
  const { affected } = await tx.repository(HookSourceRow).delete({ tenantId: tx.tenantId, source });
  return affected === 1;
}

/** Remembers that a source sent something; to the minute, so that a busy one costs no write each time. */
export async function noteHookReceived(tx: TenantTransaction, source: string): Promise<void> {
  await tx.query(
    `update hook_sources set last_received_at = now()
     where tenant_id = $1 and source = $2
       and (last_received_at is null or last_received_at < now() - interval '1 minute')`,
    [tx.tenantUuid, source],
  );
}

export function countHookSources(tx: TenantTransaction): Promise<number> {
  return tx.repository(HookSourceRow).countBy({ tenantId: tx.tenantId });
}
