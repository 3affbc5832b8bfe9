/**
 * The one way in which a tree changes. Whoever changes it holds the row of its head until the commit, so revisions are
 * committed in their order, without gaps: a reader that goes on behind the last one it saw misses nothing.
 */
import type { TenantTransaction } from '@annex/database';
import type { Json } from '@annex/kernel';
import { settingTreeLimits } from '@annex/limits';
import { findSetting } from '../rows/settings.js';
import type { SettingRow } from '../rows/setting-row.js';

/** What a change is to become. `undefined`: the key goes. */
export interface SettingContent {
  key: string;
  value: Json | undefined;
}

/** What came of it. `revision`: of the change, or of the key as it stays. */
export type SettingChange =
  | { outcome: 'created' | 'changed' | 'deleted'; revision: number; previous: Json | null }
  | { outcome: 'same'; revision: number }
  /** It was not what the caller had read. `found`: the revision that the key has; `null`: there is no such key. */
  | { outcome: 'refused'; found: number | null }
  | { outcome: 'missing' };

/**
 * Changes one key. `expects`: the revision that it must have, `null` for none; left out: whatever there is. The value
 * that it has already changes nothing.
 */
export async function changeSetting(
  tx: TenantTransaction,
  { key, value }: SettingContent,
  { expects, actor }: { expects?: number | null | undefined; actor: string | null },
): Promise<SettingChange> {
  await holdHead(tx);
  const before = await findSetting(tx, key);
  const found = before?.revision ?? null;
  if (expects !== undefined && expects !== found) return { outcome: 'refused', found };
  if (value === undefined && !before) return { outcome: 'missing' };
  const text = value === undefined ? null : JSON.stringify(value);
  if (before && text === JSON.stringify(before.value)) return { outcome: 'same', revision: before.revision };
  const revision = await nextRevision(tx);
  await writeValue(tx, { key, text, revision, actor });
  await logChange(tx, { key, text, revision, actor, before });
  await tx.notify('annex_settings', tx.tenantUuid);
  return {
    outcome: text === null ? 'deleted' : before ? 'changed' : 'created',
    revision,
    previous: before?.value ?? null,
  };
}

/** Waits for the tenant's turn at its tree, and holds it until the transaction ends. */
async function holdHead(tx: TenantTransaction): Promise<void> {
  await tx.execute(
    `insert into setting_heads as h (tenant_id) values ($1)
     on conflict (tenant_id) do update set revision = h.revision`,
    [tx.tenantUuid],
  );
}

async function nextRevision(tx: TenantTransaction): Promise<number> {
  const [row] = await tx.query<{ revision: string }>(
    'update setting_heads set revision = revision + 1 where tenant_id = $1 returning revision',
    [tx.tenantUuid],
  );
  return Number(row?.revision);
}

interface Written {
  key: string;
  text: string | null;
  revision: number;
  actor: string | null;
}

async function writeValue(tx: TenantTransaction, { key, text, revision, actor }: Written): Promise<void> {
  if (text === null) {
    await tx.execute('delete from settings where tenant_id = $1 and key = $2', [tx.tenantUuid, key]);
    return;
  }
  await tx.execute(
    `insert into settings (tenant_id, key, value, revision, updated_by) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, key) do update
     set value = excluded.value, revision = excluded.revision, updated_by = excluded.updated_by, updated_at = now()`,
    [tx.tenantUuid, key, text, revision, actor],
  );
}

/** Writes the change down, and forgets the ones that are too far back. */
async function logChange(
  tx: TenantTransaction,
  { key, text, revision, actor, before }: Written & { before: SettingRow | null },
): Promise<void> {
  await tx.execute(
    `insert into setting_changes (tenant_id, revision, key, op, value, previous, actor)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      tx.tenantUuid,
      revision,
      key,
      text === null ? 'delete' : 'put',
      text,
      before && JSON.stringify(before.value),
      actor,
    ],
  );
  await tx.execute('delete from setting_changes where tenant_id = $1 and revision <= $2', [
    tx.tenantUuid,
    revision - settingTreeLimits.changes,
  ]);
}
