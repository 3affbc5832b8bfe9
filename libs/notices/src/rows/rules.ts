import { idFromUuid, uuidFromId, type Id, type SealedValue } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { MoreThan } from 'typeorm';
import { NoticeRuleRow } from './notice-rule-row.js';

/** A page of rules by name. */
export function listRules(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<NoticeRuleRow[]> {
  return tx.repository(NoticeRuleRow).find({
    where: { tenantId: tx.tenantId, ...(after !== undefined && { name: MoreThan(after) }) },
    order: { name: 'ASC' },
    take: limit,
  });
}

export function findRule(tx: TenantTransaction, name: string): Promise<NoticeRuleRow | null> {
  return tx.repository(NoticeRuleRow).findOneBy({ tenantId: tx.tenantId, name });
}

/** By id, across tenants. */
export function findRuleById(
  tx: PlatformTransaction,
  tenantId: Id<'tenant'>,
  id: Id<'noticeRule'>,
): Promise<NoticeRuleRow | null> {
  return tx.repository(NoticeRuleRow).findOneBy({ tenantId, id });
}

export function countRules(tx: TenantTransaction): Promise<number> {
  return tx.repository(NoticeRuleRow).countBy({ tenantId: tx.tenantId });
}

/** What a rule says. */
export type RuleContent = Pick<
  NoticeRuleRow,
  'id' | 'name' | 'kinds' | 'channel' | 'recipients' | 'shown' | 'failures' | 'maxPerHour' | 'enabled'
> & { sealed: SealedValue | null };

/** Writes a rule, whether it was there or not. Kinds that it tells of no more are forgotten, and nobody is told. */
export async function saveRule(tx: TenantTransaction, rule: RuleContent): Promise<void> {
  const id = uuidFromId(rule.id);
  await tx.execute(
    `insert into notice_rules (tenant_id, id, name, kinds, channel, recipients, shown, failures, max_per_hour, enabled,
       key_version, nonce, ciphertext)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (tenant_id, id) do update set kinds = excluded.kinds, channel = excluded.channel,
       recipients = excluded.recipients, shown = excluded.shown, failures = excluded.failures,
       max_per_hour = excluded.max_per_hour, enabled = excluded.enabled, key_version = excluded.key_version,
       nonce = excluded.nonce, ciphertext = excluded.ciphertext, updated_at = now()`,
    [
      tx.tenantUuid,
      ...[id, rule.name, rule.kinds, rule.channel, rule.recipients, rule.shown, rule.failures, rule.maxPerHour],
      ...[rule.enabled, rule.sealed?.keyVersion ?? null, rule.sealed?.nonce ?? null, rule.sealed?.ciphertext ?? null],
    ],
  );
  await tx.execute('delete from notice_states where tenant_id = $1 and rule_id = $2 and (kind <> all($3) or not $4)', [
    ...[tx.tenantUuid, id, rule.kinds, rule.enabled],
  ]);
  await tx.execute(
    `update notices set channel = $3 where tenant_id = $1 and rule_id = $2 and sent_at is null and failed_at is null`,
    [tx.tenantUuid, id, rule.channel],
  );
}

/** Removes a rule, what it has seen, and what it has not sent yet. `false`: there was none. */
export async function deleteRule(tx: TenantTransaction, name: string): Promise<boolean> {
  const [row] = await tx.query<{ id: string }>(
    'delete from notice_rules where tenant_id = $1 and name = $2 returning id',
    [tx.tenantUuid, name],
  );
  if (!row) return false;
  await tx.execute('delete from notice_states where tenant_id = $1 and rule_id = $2', [tx.tenantUuid, row.id]);
  await tx.execute(
    `update notices set failed_at = now(), next_attempt_at = null, last_error = 'Its rule was deleted.'
     where tenant_id = $1 and rule_id = $2 and sent_at is null and failed_at is null`,
    [tx.tenantUuid, row.id],
  );
  return true;
}

/** The rule whose rows carry the nil UUID. */
export const operatorRule: Id<'noticeRule'> = idFromUuid('noticeRule', '00000000-0000-0000-0000-000000000000');
