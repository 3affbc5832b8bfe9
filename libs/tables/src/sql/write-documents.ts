/**
 * Changing the tables that tenants make. Document, index entries and the tenant's count change in one transaction, or
 * none does.
 */
import type { JsonObject } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { saidOf } from '@annex/quotas';
import type { DocumentRow } from '../rows/document-row.js';
import { DocumentTableRow } from '../rows/document-table-row.js';
import { DocumentUsageRow } from '../rows/document-usage-row.js';
import { indexEntries } from './index-entries.js';

/** What a tenant may keep in all of its tables together. */
export interface DocumentQuota {
  tables: number;
  documents: number;
  bytes: number;
}

/** The quota that a change would have passed: then the transaction must not be committed. */
export type QuotaPassed = keyof DocumentQuota;

/** A document as it is kept. */
export type StoredDocument = Pick<DocumentRow, 'id' | 'data' | 'createdAt' | 'updatedAt'>;

/** A document that is too large once its numbers are written out, or a quota that was passed. */
export type Refusal =
  { refused: QuotaPassed; used: number; more: number; max: number } | { refused: 'size'; size: number };

/** Tables of the tenant, by name. */
export function listDocumentTables(tx: TenantTransaction): Promise<DocumentTableRow[]> {
  return tx.repository(DocumentTableRow).find({ where: { tenantId: tx.tenantId }, order: { name: 'ASC' } });
}

/** What the tenant keeps in its tables. */
export async function readDocumentUsage(tx: TenantTransaction): Promise<DocumentQuota> {
  const row = await tx.repository(DocumentUsageRow).findOneBy({ tenantId: tx.tenantId });
  return { tables: row?.tables ?? 0, documents: row?.documents ?? 0, bytes: row?.bytes ?? 0 };
}

/**
 * Inserts a document made at `at` (whole milliseconds, those inside `id`) into a table, which is made when it is not
 * there. `maxSize`: bytes as kept.
 */
export async function insertDocument(
  tx: TenantTransaction,
  {
    table,
    id,
    data,
    at,
    quota,
    maxSize,
  }: { table: string; id: string; data: JsonObject; at: Date; quota: DocumentQuota; maxSize: number },
): Promise<Refusal | null> {
  const known = await tx.query('select 1 from document_tables where tenant_id = $1 and name = $2', [
    tx.tenantUuid,
    table,
  ]);
  const full = known.length === 0 ? await makeTable(tx, table, quota.tables) : null;
  if (full) return full;
  const [row] = await tx.query<{ size: number }>(
    `insert into documents (tenant_id, table_name, id, data, size, created_at, updated_at)
     select $1, $2, $3, data, octet_length(data::text), $5, $5 from (select $4::jsonb as data) given returning size`,
    [tx.tenantUuid, table, id, JSON.stringify(data), at],
  );
  const size = row?.size ?? 0;
  if (size > maxSize) return { refused: 'size', size };
  await addEntries(tx, table, id, indexEntries(data));
  return count(tx, { documents: 1, bytes: size }, quota);
}

/** Answers why not, when the tenant has as many tables as it may have. */
async function makeTable(tx: TenantTransaction, table: string, maxTables: number): Promise<Refusal | null> {
  await tx.query('insert into document_usage (tenant_id) values ($1) on conflict do nothing', [tx.tenantUuid]);
  // Whoever makes a table holds the count until the end, so two cannot both be the last.
  const [usage] = await tx.query<{ tables: number; said: string | null }>(
    `select tables, ${saidOf('tables')} as said from document_usage where tenant_id = $1 for update`,
    [tx.tenantUuid],
  );
  const max = Number(usage?.said ?? maxTables);
  const made = await tx.query(
    'insert into document_tables (tenant_id, name) values ($1, $2) on conflict do nothing returning 1',
    [tx.tenantUuid, table],
  );
  if (made.length === 0) return null;
  const counted = await tx.query(
    'update document_usage set tables = tables + 1 where tenant_id = $1 and tables < $2 returning 1',
    [tx.tenantUuid, max],
  );
  return counted.length > 0 ? null : { refused: 'tables', used: usage?.tables ?? 0, more: 1, max };
}

/**
 * Replaces a document's fields with what `change` makes of them; nobody else can change it in between. `null`: there is
 * none of that id. The answer's `updatedAt` is `at`, or later when the document was changed by a process whose clock is
 * ahead.
 */
export async function updateDocument(
  tx: TenantTransaction,
  {
    table,
    id,
    change,
    at,
    quota,
    maxSize,
  }: {
    table: string;
    id: string;
    change: (data: JsonObject) => JsonObject;
    at: Date;
    quota: DocumentQuota;
    maxSize: number;
  },
): Promise<StoredDocument | Refusal | null> {
  const key = [tx.tenantUuid, table, id];
  const [before] = await tx.query<{ data: JsonObject; size: number; created_at: Date }>(
    'select data, size, created_at from documents where tenant_id = $1 and table_name = $2 and id = $3 for update',
    key,
  );
  if (!before) return null;
  const data = change(before.data);
  const [after] = await tx.query<{ size: number; updated_at: Date }>(
    `update documents set data = given.data, size = octet_length(given.data::text),
       updated_at = greatest(documents.updated_at, $5)
     from (select $4::jsonb as data) given where tenant_id = $1 and table_name = $2 and id = $3
     returning size, updated_at`,
    [...key, JSON.stringify(data), at],
  );
  if (!after) return null;
  if (after.size > maxSize) return { refused: 'size', size: after.size };
  const [old, now] = [entryMap(before.data), entryMap(data)];
  await removeEntries(
    tx,
    table,
    id,
    [...old].flatMap(([name, entry]) => (now.has(name) ? [] : [entry])),
  );
  await addEntries(
    tx,
    table,
    id,
    [...now].flatMap(([name, entry]) => (old.has(name) ? [] : [entry])),
  );
  const refused = await count(tx, { documents: 0, bytes: after.size - before.size }, quota);
  return refused ?? { id, data, createdAt: before.created_at, updatedAt: after.updated_at };
}

/** Deletes a document; answers whether there was one. */
export async function deleteDocument(
  tx: TenantTransaction,
  { table, id }: { table: string; id: string },
): Promise<boolean> {
  const [gone] = await tx.query<{ data: JsonObject; size: number }>(
    'delete from documents where tenant_id = $1 and table_name = $2 and id = $3 returning data, size',
    [tx.tenantUuid, table, id],
  );
  if (!gone) return false;
  await removeEntries(tx, table, id, indexEntries(gone.data));
  await tx.query('update document_usage set documents = documents - 1, bytes = bytes - $2 where tenant_id = $1', [
    tx.tenantUuid,
    gone.size,
  ]);
  return true;
}

/**
 * Removes one portion of a table, at most 2000 documents and some 4 MiB; at the end the table itself. Call in a
 * transaction of its own, again and again, until it answers `done`. `gone`: whether there was anything to remove.
 */
export async function dropTablePortion(
  tx: TenantTransaction,
  table: string,
): Promise<{ done: boolean; gone: boolean }> {
  const of = [tx.tenantUuid, table];
  const removed = await tx.query<{ size: number; data: JsonObject; id: string }>(
    `delete from documents where tenant_id = $1 and table_name = $2 and id = any(array(
       select id from (
         select id, sum(size) over (order by id rows unbounded preceding) - size as before from documents
         where tenant_id = $1 and table_name = $2 order by id limit 2000
       ) first where before < 4194304)) returning id, size, data`,
    of,
  );
  if (removed.length > 0) {
    const pairs = removed.flatMap(({ id, data }) => indexEntries(data).map((entry) => ({ id, entry })));
    await tx.query(
      `delete from document_values v using unnest($3::bytea[], $4::uuid[]) as gone(value, id)
       where v.tenant_id = $1 and v.table_name = $2 and v.value = gone.value and v.document_id = gone.id`,
      [...of, pairs.map(({ entry }) => entry), pairs.map(({ id }) => id)],
    );
    const bytes = removed.reduce((sum, { size }) => sum + size, 0);
    await tx.query('update document_usage set documents = documents - $2, bytes = bytes - $3 where tenant_id = $1', [
      tx.tenantUuid,
      removed.length,
      bytes,
    ]);
    return { done: false, gone: true };
  }
  // From here nobody inserts into it (an insert holds the table's row), and what was inserted until now is seen by the
  // next look.
  const held = await tx.query('select 1 from document_tables where tenant_id = $1 and name = $2 for update', of);
  if (held.length === 0) return { done: true, gone: false };
  if ((await tx.query('select 1 from documents where tenant_id = $1 and table_name = $2 limit 1', of)).length > 0)
    return { done: false, gone: true };
  await tx.query('delete from document_tables where tenant_id = $1 and name = $2', of);
  await tx.query('update document_usage set tables = tables - 1 where tenant_id = $1', [tx.tenantUuid]);
  return { done: true, gone: true };
}

/** Last of all changes, because the row is one that all of the tenant's writers want. */
async function count(
  tx: TenantTransaction,
  more: { documents: number; bytes: number },
  quota: DocumentQuota,
): Promise<Refusal | null> {
  // Whatever does not grow is always allowed, also when the quota was lowered since.
  const [row] = await tx.query<{
    documents: string;
    bytes: string;
    max_documents: string | null;
    max_bytes: string | null;
  }>(
    `update document_usage set documents = documents + $2, bytes = bytes + $3 where tenant_id = $1
     returning documents, bytes, ${saidOf('rows')} as max_documents, ${saidOf('row_bytes')} as max_bytes`,
    [tx.tenantUuid, more.documents, more.bytes],
  );
  const [documents, bytes] = [Number(row?.documents), Number(row?.bytes)];
  const [maxDocuments, maxBytes] = [
    Number(row?.max_documents ?? quota.documents),
    Number(row?.max_bytes ?? quota.bytes),
  ];
  if (more.documents > 0 && documents > maxDocuments)
    return { refused: 'documents', used: documents - more.documents, more: more.documents, max: maxDocuments };
  if (more.bytes > 0 && bytes > maxBytes)
    return { refused: 'bytes', used: bytes - more.bytes, more: more.bytes, max: maxBytes };
  return null;
}

function entryMap(data: JsonObject): Map<string, Buffer> {
  return new Map(indexEntries(data).map((entry) => [entry.toString('latin1'), entry]));
}

async function addEntries(tx: TenantTransaction, table: string, id: string, entries: readonly Buffer[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into document_values (tenant_id, table_name, value, document_id) select $1, $2, value, $3
     from unnest($4::bytea[]) value`,
    [tx.tenantUuid, table, id, entries],
  );
}

async function removeEntries(
  tx: TenantTransaction,
  table: string,
  id: string,
  entries: readonly Buffer[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `delete from document_values where tenant_id = $1 and table_name = $2 and document_id = $3
       and value = any($4::bytea[])`,
    [tx.tenantUuid, table, id, entries],
  );
}

/**
 * Keeps a transaction's statements short and modest: `timeoutMs` each, on one processor. `byIndex`: only by the indexes
 * of tables that all tenants share. The planner, which takes every value for evenly spread, would read through the
 * whole table for one that is frequent.
 */
export async function limitStatements(
  tx: TenantTransaction,
  { timeoutMs, byIndex }: { timeoutMs: number; byIndex: boolean },
): Promise<void> {
  const whole = byIndex ? 'off' : 'on';
  await tx.query(
    `select set_config('statement_timeout', $1, true), set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true),
       set_config('enable_seqscan', $2, true), set_config('enable_bitmapscan', $2, true)`,
    [String(timeoutMs), whole],
  );
}
