import type { Json, JsonObject } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';

/** What an operator did to a tenant, kept where the tenant's end does not reach. */
export interface PlatformAuditEntry {
  /** `usr_…` of an operator, `tok_…`, or `system`. */
  actor: string;
  /** The operator's e-mail address, since the account may be gone when somebody asks. */
  email: string | null;
  action: string;
  /** The tenant's id. */
  target: string;
  detail: Record<string, Json>;
  requestId: string | null;
}

/** One row, with wire names. `id` grows with time; a decimal number, as text. */
export interface PlatformAuditView {
  id: string;
  at: string;
  actor: string;
  email: string | null;
  action: string;
  target: string;
  detail: JsonObject;
  request_id: string | null;
}

/** Adds a row in the transaction that does what it tells of. */
export async function appendPlatformAudit(
  tx: PlatformTransaction,
  { actor, email, action, target, detail, requestId }: PlatformAuditEntry,
): Promise<void> {
  await tx.query(
    'insert into platform_audit (actor, email, action, target, detail, request_id) values ($1, $2, $3, $4, $5, $6)',
    [actor, email, action, target, JSON.stringify(detail), requestId],
  );
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
  const rows = await tx.query<Omit<PlatformAuditView, 'at'> & { at: Date }>(
    `select id::text, at, actor, email, action, target, detail, request_id from platform_audit
     where ($1::bigint is null or id < $1) and ($2::text is null or action = $2) and ($3::text is null or $3 in (target, detail->>'slug')) order by platform_audit.id desc limit $4`,
    [before ?? null, action ?? null, target ?? null, limit],
  );
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}
