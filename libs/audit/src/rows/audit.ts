import { createHash } from 'node:crypto';
import type { Json } from '@annex/kernel';
import { takeTurn, storableJson, storableText, type TenantTransaction } from '@annex/database';

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
  const [last] = await tx.query<{ seq: string; hash: Buffer }>(
    'select seq, hash from audit where tenant_id = $1 order by seq desc limit 1',
    [tx.tenantUuid],
  );
  const seq = Number(last?.seq ?? 0) + 1;
  const previousHash = last?.hash ?? Buffer.alloc(32);
  const at = new Date();
  const row = {
    seq,
    at,
    actor: entry.actor,
    action: entry.action,
    target: entry.target === undefined ? null : storableText(entry.target),
    detail: JSON.parse(storableJson(entry.detail ?? {})) as Record<string, Json>,
    request_id: entry.requestId ?? null,
  };
  await tx.query(
    `insert into audit (tenant_id, seq, at, actor, action, target, detail, request_id, previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tx.tenantUuid,
      seq,
      at,
      row.actor,
      row.action,
      row.target,
      JSON.stringify(row.detail),
      row.request_id,
      previousHash,
      chainHash(previousHash, row),
    ],
  );
}

export interface AuditRow {
  seq: number;
  at: Date;
  actor: string;
  action: string;
  target: string | null;
  detail: Record<string, Json>;
  request_id: string | null;
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

/** A page of the audit trail, newest first. `before`: the `seq` of the last row of the page before. */
export async function listAudit(
  tx: TenantTransaction,
  { limit, before, actor, action, target, since, until }: AuditFilter & { limit: number; before?: number | undefined },
): Promise<AuditRow[]> {
  const rows = await tx.query<AuditRow & { seq: string }>(
    `select seq, at, actor, action, target, detail, request_id from audit
     where tenant_id = $1 and seq < $2 and ($4::text is null or actor = $4) and ($5::text is null or action = $5 or starts_with(action, $5 || '.'))
       and ($6::text is null or target = $6) and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
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
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/** The `seq` of the first row whose hash does not follow from the row before it, or `null` when the chain holds. */
export async function verifyAuditChain(tx: TenantTransaction): Promise<number | null> {
  const rows = await tx.query<AuditRow & { seq: string; previous_hash: Buffer; hash: Buffer }>(
    'select * from audit where tenant_id = $1 order by seq',
    [tx.tenantUuid],
  );
  let previous: Buffer | undefined;
  for (const row of rows) {
    const { at, actor, action, target, detail, request_id } = row;
    const expected = chainHash(row.previous_hash, {
      seq: Number(row.seq),
      at,
      actor,
      action,
      target,
      detail,
      request_id,
    });
    // Retention may have removed the oldest rows: the first one left is taken at its word.
    if (!expected.equals(row.hash) || (previous && !previous.equals(row.previous_hash))) return Number(row.seq);
    previous = row.hash;
  }
  return null;
}

function chainHash(previous: Buffer, row: AuditRow): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonical({ ...row, at: row.at.toISOString() }))
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
