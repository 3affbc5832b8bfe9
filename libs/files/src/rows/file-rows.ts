/**
 * What the platform knows of tenants' files: their keys, sizes and digests, and which object of the store holds their
 * bytes. Whoever writes announces the object first ({@link announceFileObject}), so that a crash leaves nothing behind
 * that is not known.
 */
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { saidOf } from '@annex/quotas';
import { In } from 'typeorm';
import { FileObjectRow } from './file-object-row.js';
import { FileRow } from './file-row.js';
import { FileUsageRow } from './file-usage-row.js';

/** What all files of a tenant come to. */
export interface FileUsage extends Pick<FileUsageRow, 'sizeBytes' | 'files'> {
  /** What the operator says of this tenant alone; `null`: nothing. */
  maxBytes: number | null;
  maxFiles: number | null;
}

/** A file by its key, or `undefined`. SQL by hand: each file that is served asks. */
export async function findFile(tx: TenantTransaction, key: string): Promise<FileRow | undefined> {
  const [row] = await tx.rows(FileRow, 'select * from files where tenant_id = $1 and key = $2', [tx.tenantUuid, key]);
  return row;
}

/** Files whose key begins with a prefix, in the order of the keys' bytes, after `after` (exclusive) when given. */
export function listFiles(
  tx: TenantTransaction,
  { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
): Promise<FileRow[]> {
  return tx.rows(
    FileRow,
    `select * from files where tenant_id = $1 and key >= $2 and starts_with(key, $2)
       and ($3::text is null or key > $3) order by key limit $4`,
    [tx.tenantUuid, prefix, after ?? null, limit],
  );
}

/** What the tenant's files come to now. `lock`: nobody else changes it until this transaction ends. */
export async function readFileUsage(tx: TenantTransaction, { lock = false } = {}): Promise<FileUsage> {
  if (lock) await tx.query('insert into file_usage (tenant_id) values ($1) on conflict do nothing', [tx.tenantUuid]);
  const [row] = await tx.rows<FileUsageRow, FileUsageRow & { max_bytes: string | null; max_files: string | null }>(
    FileUsageRow,
    `select size_bytes, files, ${saidOf('file_bytes')} as max_bytes, ${saidOf('files')} as max_files from file_usage
     where tenant_id = $1${lock ? ' for update' : ''}`,
    [tx.tenantUuid],
  );
  const said = (max: string | null | undefined): number | null => (typeof max === 'string' ? Number(max) : null);
  return {
    sizeBytes: row?.sizeBytes ?? 0,
    files: row?.files ?? 0,
    maxBytes: said(row?.max_bytes),
    maxFiles: said(row?.max_files),
  };
}

/**
 * Writes a file's row, replacing the one of the same key, and counts the difference. Call under {@link readFileUsage}
 * with `lock`.
 */
export async function putFile(
  tx: TenantTransaction,
  file: Pick<FileRow, 'key' | 'object' | 'sizeBytes' | 'contentType' | 'sha256' | 'createdBy'>,
  replaced: FileRow | undefined,
): Promise<FileRow> {
  const [row] = await tx.rows(
    FileRow,
    `insert into files (tenant_id, key, object, size_bytes, content_type, sha256, created_by)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, key) do update
     set object = excluded.object, size_bytes = excluded.size_bytes, content_type = excluded.content_type,
       sha256 = excluded.sha256, created_by = excluded.created_by, updated_at = now()
     returning *`,
    [tx.tenantUuid, file.key, file.object, file.sizeBytes, file.contentType, file.sha256, file.createdBy],
  );
  if (!row) throw new Error('a file’s row was not written');
  await count(tx, file.sizeBytes - (replaced?.sizeBytes ?? 0), replaced ? 0 : 1);
  return row;
}

/** Removes a file's row; its object is left for the sweeper. Call under {@link readFileUsage} with `lock`. */
export async function deleteFile(tx: TenantTransaction, file: FileRow): Promise<void> {
  await tx.repository(FileRow).delete({ tenantId: tx.tenantId, key: file.key });
  await count(tx, -file.sizeBytes, -1);
}

async function count(tx: TenantTransaction, bytes: number, files: number): Promise<void> {
  await tx.execute('update file_usage set size_bytes = size_bytes + $2, files = files + $3 where tenant_id = $1', [
    tx.tenantUuid,
    bytes,
    files,
  ]);
}

/**
 * Says that an object is about to be written. Unless a row of `files` names it by then, it is removed after `dueInS`
 * seconds.
 */
export async function announceFileObject(tx: TenantTransaction, object: string, dueInS: number): Promise<void> {
  await tx.query(
    'insert into file_objects (object, owner, due_at) values ($1, $2, now() + make_interval(secs => $3))',
    [object, tx.tenantUuid, dueInS],
  );
}

/** Takes an announced object for a row of `files`; `false` when its time had run out and it may be gone. */
export async function takeFileObject(tx: TenantTransaction, object: string): Promise<boolean> {
  const { affected } = await tx.repository(FileObjectRow).delete({ object, owner: tx.tenantId });
  return affected === 1;
}

/** Gives an announced object up: it may be removed at once, and sweepers are told. */
export async function dropFileObject(tx: TenantTransaction, object: string): Promise<void> {
  await tx.notify('annex_file_objects', '');
  await tx.repository(FileObjectRow).update({ object, owner: tx.tenantId }, { dueAt: () => 'now()' });
}

/** Objects to remove, at most `limit`, kept from other sweepers for `leaseS` seconds. */
export async function claimDueFileObjects(
  tx: PlatformTransaction,
  { limit, leaseS }: { limit: number; leaseS: number },
): Promise<string[]> {
  const rows = await tx.query<{ object: string }>(
    `update file_objects set due_at = now() + make_interval(secs => $2)
     where object in (select object from file_objects where due_at <= now() order by due_at limit $1
     for update skip locked) returning object`,
    [limit, leaseS],
  );
  return rows.map(({ object }) => object);
}

/** Forgets objects that are gone from the store. */
export async function forgetFileObjects(tx: PlatformTransaction, objects: readonly string[]): Promise<void> {
  await tx.repository(FileObjectRow).delete({ object: In([...objects]) });
}
