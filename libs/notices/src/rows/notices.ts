import type { Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { Equal, LessThan, Not } from 'typeorm';
import { NoticeRow } from './notice-row.js';
import { operatorRule } from './rules.js';

/** A page of what a tenant's rules told, the newest first. */
export function listNotices(
  tx: TenantTransaction,
  { limit, before }: { limit: number; before?: Id<'notice'> | undefined },
): Promise<NoticeRow[]> {
  return tx.repository(NoticeRow).find({
    where: { tenantId: tx.tenantId, ruleId: Not(Equal(operatorRule)), ...(before && { id: LessThan(before) }) },
    order: { id: 'DESC' },
    take: limit,
  });
}

/** A page of what operators were told of all tenants, the newest first. */
export function listOperatorNotices(
  tx: PlatformTransaction,
  { limit, before }: { limit: number; before?: Id<'notice'> | undefined },
): Promise<NoticeRow[]> {
  return tx.repository(NoticeRow).find({
    where: { ruleId: operatorRule, ...(before && { id: LessThan(before) }) },
    order: { id: 'DESC' },
    take: limit,
  });
}
