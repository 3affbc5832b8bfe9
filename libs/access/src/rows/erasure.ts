/** How a deleted tenant goes, portion by portion, and the receipt that stays. */
import { appendPlatformAudit } from '@annex/audit';
import type { PlatformTransaction } from '@annex/database';
import { uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { closeTenantSpend } from '@annex/spend';
import { countKept, countRest, countUnfinished } from './erasure-counts.js';
import { TenantRow } from './tenant-row.js';
import { changedWholly } from './tenants.js';

/** Tables that can grow so large that one cascading DELETE would outlive its time limit. */
const largeTables = [
  'mails',
  'document_values',
  'documents',
  'files',
  'run_logs',
  'recorded_calls',
  'webhook_attempts',
  'webhook_deliveries',
  'runs',
  'run_chunks',
  'events',
  'event_states',
  'correlation_states',
  'kv',
  'usage',
  'tracked',
  'release_files',
  'audit',
  'idempotency_keys',
] as const;

/**
 * How one portion of an erasure went. `busy`: another process has the tenant at this moment. `gone`: nothing is left of
 * it, or it was taken back.
 */
export type ErasedPortion = 'more' | 'busy' | 'gone';

/**
 * Erases one portion of a tenant whose time of grace is over, at most `portion` rows of one large table. Call in a
 * transaction of its own, again and again, until it answers `gone`. Dying in between loses nothing but time, nor does a
 * second process that does the same.
 */
export async function eraseTenantPortion(
  tx: PlatformTransaction,
  id: Id<'tenant'>,
  portion = 5000,
): Promise<ErasedPortion> {
  const uuid = uuidFromId(id);
  const due = 'id = $1 and erase_after <= now()';
  const [held] = await tx.query<{ erasing_since: Date | null }>(
    `select erasing_since from tenants where ${due} for update skip locked`,
    [uuid],
  );
  if (!held) return (await tx.query(`select 1 from tenants where ${due}`, [uuid])).length > 0 ? 'busy' : 'gone';
  if (held.erasing_since === null) {
    await beginErasure(tx, id);
    return 'more';
  }
  for (const table of largeTables) {
    const gone = await tx.execute(
      `delete from ${table} where tenant_id = $1
         and ctid = any (array(select ctid from ${table} where tenant_id = $1 limit $2))`,
      [uuid, portion],
    );
    if (gone === 0) continue;
    await tx.query(
      `update tenants set erased = erased || jsonb_build_object($2::text,
         coalesce((erased->>$2::text)::bigint, 0) + $3::bigint) where id = $1`,
      [uuid, table, gone],
    );
    return 'more';
  }
  const rest = await countRest(tx, uuid);
  const [gone] = await tx.query<{
    slug: string;
    name: string;
    deleted_at: Date;
    deleted_by: string | null;
    erased: JsonObject;
  }>('delete from tenants where id = $1 returning slug, name, deleted_at, deleted_by, erased', [uuid]);
  if (gone) {
    const { unfinished_runs: unfinished = 0, ...rows } = gone.erased;
    const { slug, name, deleted_at: deletedAt, deleted_by: deletedBy } = gone;
    const detail = {
      ...{ slug, name, deleted_by: deletedBy, deleted_at: deletedAt.toISOString() },
      ...{
        began_at: held.erasing_since.toISOString(),
        rows: { ...rest.rows, ...rows },
        unfinished_runs: unfinished,
        ...rest.held,
      },
      kept: await countKept(tx, id),
    };
    await appendPlatformAudit(tx, {
      actor: 'system',
      email: null,
      action: 'tenant.erased',
      target: id,
      detail,
      requestId: null,
    });
  }
  // Nothing leads from these to their tenant; what a transaction under way had still written is committed or refused by
  // now.
  for (const table of ['document_values', 'runs', 'run_chunks', 'quota_use', 'log_trims'] as const)
    await tx.query(`delete from ${table} where tenant_id = $1`, [uuid]);
  await tx.changed(id, 'tenant');
  return 'gone';
}

/** From here there is no way back: what could start something or let somebody in goes first. */
async function beginErasure(tx: PlatformTransaction, id: Id<'tenant'>): Promise<void> {
  const uuid = uuidFromId(id);
  // Its usage goes with it, and somebody may still have to pay for today.
  await closeTenantSpend(tx, id);
  await tx.repository(TenantRow).update({ id }, { erasingSince: () => 'now()' });
  await tx.query(
    `update installations set status = 'disabled', updated_at = now() where tenant_id = $1 and status <> 'disabled'`,
    [uuid],
  );
  const counted = await countUnfinished(tx, uuid);
  for (const table of ['subscriptions', 'schedules', 'api_tokens'] as const)
    counted[table] = await tx.execute(`delete from ${table} where tenant_id = $1`, [uuid]);
  await tx.query('update tenants set erased = erased || $2::jsonb where id = $1', [uuid, JSON.stringify(counted)]);
  await changedWholly(tx, id);
}
