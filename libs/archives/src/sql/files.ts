import type { PlatformTransaction } from '@annex/database';
import type { ArchivedFile } from '../format.js';
import { throughCursor } from './tables.js';

/** A file as it is written: its row, and where its bytes are. */
export interface WrittenFile extends ArchivedFile {
  object: string;
  size: number;
}

/** Every file of a tenant. */
export async function* readFiles(tx: PlatformTransaction, tenantUuid: string): AsyncGenerator<WrittenFile> {
  const rows = throughCursor<Omit<WrittenFile, 'size'> & { size: string }>(
    tx,
    `select key, object, size_bytes as size, content_type, sha256, created_by, created_at::text as created_at,
       updated_at::text as updated_at from files where tenant_id = '${tenantUuid}'::uuid order by key`,
    () => 10_000,
  );
  for await (const { size, ...row } of rows) yield { ...row, size: Number(size) };
}

/** Adds a file whose object was written, and takes the object. `false`: its time had run out, and it may be gone. */
export async function writeFile(
  tx: PlatformTransaction,
  tenantUuid: string,
  { object, size, ...row }: WrittenFile,
): Promise<boolean> {
  const taken = await tx.execute('delete from file_objects where object = $1 and owner = $2', [object, tenantUuid]);
  await tx.execute(
    `insert into files (tenant_id, key, object, size_bytes, content_type, sha256, created_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::timestamptz)`,
    [
      ...[tenantUuid, row.key, object, size, row.content_type],
      ...[row.sha256, row.created_by, row.created_at, row.updated_at],
    ],
  );
  return taken === 1;
}

/** Counts a tenant's files, as whoever writes one does. */
export async function countFiles(tx: PlatformTransaction, tenantUuid: string): Promise<void> {
  await tx.execute(
    `insert into file_usage (tenant_id, size_bytes, files)
     select $1::uuid, coalesce(sum(size_bytes), 0), count(*) from files where tenant_id = $1::uuid`,
    [tenantUuid],
  );
}
