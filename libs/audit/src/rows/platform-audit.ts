import type { PlatformTransaction } from '@annex/database';
import { PlatformAuditRow } from './platform-audit-row.js';

/** What an operator did to a tenant. */
export type PlatformAuditEntry = Omit<PlatformAuditRow, 'id' | 'at'>;

/** One row, with wire names. */
export interface PlatformAuditView extends Omit<PlatformAuditRow, 'at' | 'requestId'> {
  at: string;
  request_id: string | null;
}

/** Adds a row in the transaction that does what it tells of. */
export async function appendPlatformAudit(tx: PlatformTransaction, entry: PlatformAuditEntry): Promise<void> {
  await tx.repository(PlatformAuditRow).insert(entry as object);
}

/** Rows, newest first. `before`: the id of the last row of the page before. */
export async function listPlatformAudit(
  tx: PlatformTransaction,
  {
    before,
    action,
    target,
    limit,
  }: { before?: string | undefined; action?: string | undefined; target?: string | undefined; limit: number },
): Promise<PlatformAuditView[]> {
  const rows = await tx.rows(
    PlatformAuditRow,
    `select * from platform_audit
     where ($1::bigint is null or id < $1) and ($2::text is null or action = $2)
       and ($3::text is null or $3 in (target, detail->>'slug')) order by id desc limit $4`,
    [before ?? null, action ?? null, target ?? null, limit],
  );
  return rows.map(({ id, at, requestId, ...row }) => ({ id, at: at.toISOString(), ...row, request_id: requestId }));
}
