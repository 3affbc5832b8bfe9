import { idFromUuid, newId, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { LessThan } from 'typeorm';
import { QuarantineRow } from './quarantine-row.js';

/** What is quarantined: a slug, or an archive by its hash. */
export type QuarantineSubject = { slug: string } | { sha256: string };

/** Writes one, or another reason into the one that is there. */
export async function saveQuarantine(
  tx: PlatformTransaction,
  subject: QuarantineSubject,
  { reason, by }: { reason: string; by: string },
): Promise<QuarantineRow> {
  const [column, value] = 'slug' in subject ? (['slug', subject.slug] as const) : (['sha256', subject.sha256] as const);
  const [row] = await tx.rows(
    QuarantineRow,
    `insert into quarantines (id, ${column}, reason, created_by) values ($1, $2, $3, $4)
     on conflict (${column}) do update set reason = excluded.reason returning *`,
    [uuidFromId(newId('quarantine')), value, reason, by],
  );
  if (!row) throw new Error('a quarantine was not written');
  return row;
}

export async function deleteQuarantine(
  tx: PlatformTransaction,
  id: Id<'quarantine'>,
): Promise<QuarantineRow | undefined> {
  const [row] = await tx.rows(QuarantineRow, 'delete from quarantines where id = $1 returning *', [uuidFromId(id)]);
  return row;
}

/** A page, the newest first. */
export function listQuarantines(
  tx: PlatformTransaction,
  { limit, before }: { limit: number; before?: Id<'quarantine'> | undefined },
): Promise<QuarantineRow[]> {
  return tx
    .repository(QuarantineRow)
    .find({ where: before ? { id: LessThan(before) } : {}, order: { id: 'DESC' }, take: limit });
}

/** The quarantine that keeps a release from running; `undefined`: none. */
export async function findQuarantine(
  tx: TenantTransaction,
  { slug, sha256 }: { slug: string | null; sha256: string },
): Promise<QuarantineRow | undefined> {
  const [row] = await tx.rows(QuarantineRow, 'select * from quarantines where slug = $1 or sha256 = $2 limit 1', [
    slug,
    sha256,
  ]);
  return row;
}

/** Installations that are on and may not be. */
export async function listQuarantinedOnes(
  tx: PlatformTransaction,
  limit: number,
): Promise<{ tenantId: Id<'tenant'>; installationId: Id<'installation'> }[]> {
  const rows = await tx.query<{ tenant_id: string; id: string }>(
    `select distinct i.tenant_id, i.id from installations i
     left join releases r on r.tenant_id = i.tenant_id and r.id in (i.release_id, i.next_release_id)
     where i.status in ('enabled', 'starting') and exists (select 1 from quarantines)
       and exists (select 1 from quarantines q where q.slug = i.slug or q.sha256 = r.sha256)
     order by i.tenant_id, i.id limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    tenantId: idFromUuid('tenant', row.tenant_id),
    installationId: idFromUuid('installation', row.id),
  }));
}
