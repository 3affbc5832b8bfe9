import { createHash } from 'node:crypto';
import type { Actor, Json, JsonObject } from '@annex/kernel';
import { takeTurn, storableJson, storableText, type TenantTransaction } from '@annex/database';
import { AuditRow } from './audit-row.js';

export interface AuditEntry {
  /** Who: a user's, token's or operator's id, or `system`. */
  actor: string;
  /** What, as `<noun>.<verb>`: `plugin.enabled`, `secret.set`. */
  action: string;
  /** On what: an id or name. */
  target?: string;
  /** Never holds a secret's value. */
  detail?: Record<string, Json>;
  requestId?: string;
}

/**
 * Adds an audit row in the transaction that makes the change. Rows of a tenant form a chain: each hash is SHA-256 over
 * the previous hash and the row's canonical JSON, so that a row changed or removed later shows (see {@link
 * verifyAuditChain}).
 */
export async function appendAudit(tx: TenantTransaction, entry: AuditEntry): Promise<void> {
  // Two transactions of one tenant must not take the same place in the chain.
  await takeTurn(tx, 'audit');
  const trail = tx.repository(AuditRow);
  const last = await trail.findOne({
    select: { tenantId: true, seq: true, hash: true },
    where: { tenantId: tx.tenantId },
    order: { seq: 'DESC' },
  });
  const previousHash = last?.hash ?? Buffer.alloc(32);
  const row = {
    seq: (last?.seq ?? 0) + 1,
    at: new Date(),
    actor: entry.actor,
    action: entry.action,
    target: entry.target === undefined ? null : storableText(entry.target),
    detail: JSON.parse(storableJson(entry.detail ?? {})) as JsonObject,
    requestId: entry.requestId ?? null,
  };
  const hash = chainHash(previousHash, row);
  await trail.insert({ tenantId: tx.tenantId, ...row, previousHash, hash } as object);
}

/** The same, for what somebody did in the tenant. */
export function recordAct(
  tx: TenantTransaction,
  { actor, requestId }: Actor,
  act: Pick<AuditEntry, 'action' | 'target' | 'detail'>,
): Promise<void> {
  return appendAudit(tx, { ...act, actor, ...(requestId !== undefined && { requestId }) });
}

/** Which rows are wanted; what is left out matters not. */
export interface AuditFilter {
  actor?: string | undefined;
  /** A whole action, such as `plugin.enabled`, or a noun, such as `plugin`: all of its actions. */
  action?: string | undefined;
  target?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** A row as it is shown, with wire names. */
export interface AuditView extends Omit<AuditContent, 'requestId'> {
  request_id: string | null;
}

/** A page of the audit trail, newest first. `before`: the `seq` of the last row of the page before. */
export async function listAudit(
  tx: TenantTransaction,
  { limit, before, actor, action, target, since, until }: AuditFilter & { limit: number; before?: number | undefined },
): Promise<AuditView[]> {
  const rows = await tx.rows<AuditRow, AuditContent>(
    AuditRow,
    `select seq, at, actor, action, target, detail, request_id from audit
     where tenant_id = $1 and seq < $2 and ($4::text is null or actor = $4)
       and ($5::text is null or action = $5 or starts_with(action, $5 || '.'))
       and ($6::text is null or target = $6) and ($7::timestamptz is null or at >= $7)
         and ($8::timestamptz is null or at < $8)
     order by seq desc limit $3`,
    [
      tx.tenantUuid,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
      actor ?? null,
      action ?? null,
      target ?? null,
      since ?? null,
      until ?? null,
    ],
  );
  return rows.map(shown);
}

/** The `seq` of the first row whose hash does not follow from the row before it, or `null` when the chain holds. */
export async function verifyAuditChain(tx: TenantTransaction): Promise<number | null> {
  const rows = await tx.rows(AuditRow, 'select * from audit where tenant_id = $1 order by seq', [tx.tenantUuid]);
  let previous: Buffer | undefined;
  for (const row of rows) {
    const follows = chainHash(row.previousHash, row).equals(row.hash);
    // Retention may have removed the oldest rows: the first one left is taken at its word.
    if (!follows || (previous && !previous.equals(row.previousHash))) return row.seq;
    previous = row.hash;
  }
  return null;
}

/** What an entry says, and its hash covers. */
type AuditContent = Pick<AuditRow, 'seq' | 'at' | 'actor' | 'action' | 'target' | 'detail' | 'requestId'>;

function shown({ seq, at, actor, action, target, detail, requestId }: AuditContent): AuditView {
  return { seq, at, actor, action, target, detail, request_id: requestId };
}

function chainHash(previous: Buffer, row: AuditContent): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonical({ ...shown(row), at: row.at.toISOString() }))
    .digest();
}

/** JSON with sorted keys (RFC 8785 in spirit), since jsonb does not keep the order in which keys were written. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
