/**
 * Files of packages, by content: two releases that share a file share its bytes, and no name that a tenant chose is
 * ever a name of ours. Blobs belong to one tenant, so that nobody learns from a shared one what others have uploaded.
 */
import { uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { ReleaseFileRow } from './release-file-row.js';

/** Bytes sent in one statement, about: so that no statement outlasts the connection's time limit. */
const batchBytes = 4 * 1024 * 1024;
const batchRows = 200;

/** Stores contents by their hex SHA-256; what is stored already is not sent again. */
export async function storeBlobs(tx: TenantTransaction, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const stored = await tx.query<{ sha256: string }>(
    'select sha256 from blobs where tenant_id = $1 and sha256 = any($2)',
    [tx.tenantUuid, [...blobs.keys()]],
  );
  const known = new Set(stored.map((row) => row.sha256));
  let batch: [string, Uint8Array][] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const rows = batch.map((_, index) => `($1, $${index * 2 + 2}, $${index * 2 + 3})`).join(', ');
    await tx.query(`insert into blobs (tenant_id, sha256, bytes) values ${rows} on conflict do nothing`, [
      tx.tenantUuid,
      ...batch.flatMap(([sha256, content]) => [
        sha256,
        Buffer.from(content.buffer, content.byteOffset, content.byteLength),
      ]),
    ]);
    batch = [];
    bytes = 0;
  };
  for (const [sha256, content] of blobs) {
    if (known.has(sha256)) continue;
    if (batch.length >= batchRows || (bytes > 0 && bytes + content.length > batchBytes)) await flush();
    batch.push([sha256, content]);
    bytes += content.length;
  }
  await flush();
}

/** One file of a release. */
export type ReleaseFile = Pick<ReleaseFileRow, 'path' | 'sha256' | 'size'>;

/** Names the files of a release; their blobs must be stored. */
export async function linkReleaseFiles(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
  files: readonly ReleaseFile[],
): Promise<void> {
  await tx.query(
    `insert into release_files (tenant_id, release_id, path, sha256, size)
     select $1, $2, f.path, f.sha256, f.size from unnest($3::text[], $4::text[], $5::int[]) as f (path, sha256, size)`,
    [
      tx.tenantUuid,
      uuidFromId(releaseId),
      files.map((file) => file.path),
      files.map((file) => file.sha256),
      files.map((file) => file.size),
    ],
  );
}

/** The files of a release, in order of path. */
export async function listReleaseFiles(tx: TenantTransaction, releaseId: Id<'release'>): Promise<ReleaseFile[]> {
  return tx.query<ReleaseFile>(
    `select path, sha256, size from release_files where tenant_id = $1 and release_id = $2 order by path collate "C"`,
    [tx.tenantUuid, uuidFromId(releaseId)],
  );
}

/** A file of a release by its exact path, or `undefined`. */
export async function readReleaseFile(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
  path: string,
): Promise<{ bytes: Uint8Array; sha256: string } | undefined> {
  const [row] = await tx.query<{ bytes: Buffer; sha256: string }>(
    `select b.bytes, b.sha256 from release_files f join blobs b on b.tenant_id = f.tenant_id and b.sha256 = f.sha256
     where f.tenant_id = $1 and f.release_id = $2 and f.path = $3`,
    [tx.tenantUuid, uuidFromId(releaseId), path],
  );
  return row;
}

/**
 * The files of a release below a folder, with their bytes, in order of path; `undefined` when they come to more than
 * `maxBytes`.
 * `folder`: ends in `/`.
 */
export async function readReleaseFolder(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
  { folder, maxBytes }: { folder: string; maxBytes: number },
): Promise<{ path: string; bytes: Uint8Array }[] | undefined> {
  const where = 'f.tenant_id = $1 and f.release_id = $2 and starts_with(f.path, $3)';
  const parameters = [tx.tenantUuid, uuidFromId(releaseId), folder];
  const [sum] = await tx.query<{ size: string | null }>(
    `select sum(size) as size from release_files f where ${where}`,
    parameters,
  );
  if (Number(sum?.size ?? 0) > maxBytes) return undefined;
  return tx.query<{ path: string; bytes: Buffer }>(
    `select f.path, b.bytes from release_files f join blobs b on b.tenant_id = f.tenant_id and b.sha256 = f.sha256
     where ${where} order by f.path`,
    parameters,
  );
}

/** A blob's bytes, or `undefined`. */
export async function readBlob(tx: TenantTransaction, sha256: string): Promise<Uint8Array | undefined> {
  const [row] = await tx.query<{ bytes: Buffer }>('select bytes from blobs where tenant_id = $1 and sha256 = $2', [
    tx.tenantUuid,
    sha256,
  ]);
  return row?.bytes;
}

/**
 * Removes the tenant's blobs that no release needs any more and answers how many went. Call under {@link
 * lockInstallations}.
 */
export async function removeUnusedBlobs(tx: TenantTransaction): Promise<number> {
  return tx.execute(
    `delete from blobs b where b.tenant_id = $1
       and not exists (select 1 from release_files f where f.tenant_id = $1 and f.sha256 = b.sha256)
       and not exists (select 1 from releases r
       where r.tenant_id = $1 and b.sha256 in (r.bundle_sha256, r.source_map_sha256, r.transforms_sha256))`,
    [tx.tenantUuid],
  );
}
