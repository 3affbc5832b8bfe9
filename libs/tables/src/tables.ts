/**
 * Rows of a tenant's tables: those it makes by inserting, the platform's own as tenants may read them, and views of the
 * operator's. Each call is one transaction of the tenant with a limit on each of its statements.
 */
import { type DocumentPatch, type Filter, type SortKey, type TableRow } from '@annex/host-api';
import {
  FairGate,
  newUuid,
  quote,
  type Clock,
  type Id,
  type JsonObject,
  type Page,
  type PageRequest,
  type TenantActor,
} from '@annex/kernel';
import { tableLimits } from '@annex/limits';
import { quotaExtra, quotas, whoRaises } from '@annex/quotas';
import { appendAudit } from '@annex/audit';
import { countRows, findRow, queryRows, type RowPage, type RowQuery, type RowsOf } from './sql/read-documents.js';
import {
  deleteDocument,
  dropTablePortion,
  insertDocument,
  limitStatements,
  listDocumentTables,
  readDocumentUsage,
  updateDocument,
  type DocumentQuota,
  type Refusal,
  type StoredDocument,
} from './sql/write-documents.js';
import {
  documentSource,
  readUuid,
  systemSources,
  systemTables,
  type CheckedView,
  type SystemTable,
} from './sql/sources.js';
import { isStatementTimeout, type Database, type TenantTransaction } from '@annex/database';
import { readCursor, writeCursor } from './cursor.js';
import { tableErrors } from './errors.js';

/** What the operator decides. */
export interface TableLimits extends DocumentQuota {
  /** Milliseconds of one statement. */
  timeoutMs: number;
}

/** Room for some millions of rows; a statement has two seconds. */
export const defaultTableLimits: TableLimits = {
  tables: quotas.tables.default,
  documents: quotas.rows.default,
  bytes: quotas.row_bytes.default,
  timeoutMs: tableLimits.statementMs,
};

export interface TablesOptions {
  database: Pick<Database, 'forTenant'>;
  clock: Clock;
  /** Default: {@link defaultTableLimits}. */
  limits?: TableLimits;
  /** The operator's own views by table name, checked. Default: none. */
  views?: ReadonlyMap<string, CheckedView>;
}

/** Whose rows. */
export interface TableTenant {
  id: Id<'tenant'>;
  slug: string;
}

/** One question to a table. */
export interface TableQuery {
  filter?: Filter | undefined;
  orderBy?: SortKey[] | undefined;
  /** 1 to 1000. Default 100. */
  limit?: number | undefined;
  /** Default 0. */
  offset?: number | undefined;
}

/** A table as people see it. */
export interface TableListing {
  name: string;
  /** Whose it is: made by the tenant, the platform's, or the operator's. */
  kind: 'table' | 'system' | 'view';
  read_only: boolean;
  /** When its first row was inserted; `null`: it was always there. */
  created_at: string | null;
}

const atOnce = 8;
/** How much longer than the limit of a row its stored form may be: numbers are kept with all their digits. */
const writtenOut = 2;

const everything: Filter = { kind: 'and', filters: [] };
const systemNames: ReadonlySet<string> = new Set(systemTables);

export class Tables {
  readonly #gate = new FairGate({ atOnce, atOncePerKey: tableLimits.atOnce });
  readonly #limits: TableLimits;
  readonly #views: ReadonlyMap<string, CheckedView>;

  constructor(private readonly options: TablesOptions) {
    this.#limits = options.limits ?? defaultTableLimits;
    this.#views = options.views ?? new Map();
  }

  /** Rows that pass a filter. Throws `RESULT_TOO_LARGE`, `DB_TIMEOUT`. */
  async query(tenant: TableTenant, table: string, query: TableQuery, signal?: AbortSignal): Promise<TableRow[]> {
    const { rows, matched } = await this.#page(tenant, table, query, signal);
    if (rows.length === matched) return rows;
    throw tableErrors.error(
      'RESULT_TOO_LARGE',
      `The ${matched} rows are together larger than the limit of an answer (${tableLimits.answerBytes} bytes); ` +
        'the first ' +
        `${rows.length} would fit. Ask with a smaller limit and go on with offset.`,
    );
  }

  /** Throws `DB_TIMEOUT`. */
  get(tenant: TableTenant, table: string, id: string, signal?: AbortSignal): Promise<TableRow | null> {
    return this.#read(tenant, table, (tx, rows) => findRow(tx, rows, id), signal);
  }

  /** Throws `DB_TIMEOUT`. */
  count(tenant: TableTenant, table: string, filter: Filter = everything, signal?: AbortSignal): Promise<number> {
    return this.#read(tenant, table, (tx, rows) => countRows(tx, rows, filter), signal);
  }

  /** One page of a list; a page may hold fewer rows than its limit. Throws `CURSOR_INVALID`, `DB_TIMEOUT`. */
  async list(
    tenant: TableTenant,
    table: string,
    { filter, orderBy = [], limit = 100, cursor }: Omit<TableQuery, 'offset'> & Pick<PageRequest, 'cursor'>,
  ): Promise<Page<TableRow>> {
    const byId =
      orderBy.length === 0
        ? !(this.isSystem(table) && systemSources[table].defaultOrder)
        : orderBy.length === 1 && orderBy[0]?.path.length === 1 && orderBy[0].path[0] === 'id';
    const from = cursor === undefined ? {} : readCursor(cursor, byId ? 'after' : 'offset');
    const { rows, matched } = await this.#page(tenant, table, { filter, orderBy, limit: limit + 1, ...from });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    if (!last || items.length >= matched) return { items, next_cursor: null };
    return {
      items,
      next_cursor: writeCursor(
        byId ? { after: last.id } : { offset: ('offset' in from ? (from.offset ?? 0) : 0) + items.length },
      ),
    };
  }

  /**
   * Inserts a row; the first one makes the table. Throws `TABLE_READ_ONLY`, `TABLE_NAME_RESERVED`, `TABLE_LIMIT`,
   * `ROW_LIMIT`, `ROW_TOO_LARGE`, `DB_TIMEOUT`.
   */
  async insert(tenant: TableTenant, table: string, data: JsonObject, signal?: AbortSignal): Promise<TableRow> {
    this.#requireOwn(table);
    const id = newUuid(this.options.clock.now());
    // The time inside the id, so that both put rows into one order.
    const at = new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16));
    const { timeoutMs: _, ...quota } = this.#limits;
    await this.#transaction(tenant, signal, async (tx) => {
      this.#requireAccepted(
        await insertDocument(tx, { table, id, data, at, quota, maxSize: writtenOut * tableLimits.rowBytes }),
      );
      signal?.throwIfAborted();
    });
    return rowOf({ id, data, createdAt: at, updatedAt: at });
  }

  /** Sets and removes fields of a row; `null`: there is none of that id. Throws as {@link insert} does. */
  async update(
    tenant: TableTenant,
    table: string,
    id: string,
    patch: DocumentPatch,
    signal?: AbortSignal,
  ): Promise<TableRow | null> {
    this.#requireOwn(table);
    const uuid = readUuid(id);
    if (uuid === undefined) return null;
    const { timeoutMs: _, ...quota } = this.#limits;
    const at = new Date(this.options.clock.now());
    return this.#transaction(tenant, signal, async (tx) => {
      const stored = await updateDocument(tx, {
        table,
        id: uuid,
        change: (data) => merge(data, patch),
        at,
        quota,
        maxSize: writtenOut * tableLimits.rowBytes,
      });
      if (stored === null) return null;
      if ('refused' in stored) throw this.#refusal(stored);
      signal?.throwIfAborted();
      return rowOf(stored);
    });
  }

  /** Deletes a row; answers whether there was one. Throws `TABLE_READ_ONLY`, `DB_TIMEOUT`. */
  async delete(tenant: TableTenant, table: string, id: string, signal?: AbortSignal): Promise<boolean> {
    this.#requireOwn(table);
    const uuid = readUuid(id);
    if (uuid === undefined) return false;
    return this.#transaction(tenant, signal, async (tx) => {
      const gone = await deleteDocument(tx, { table, id: uuid });
      signal?.throwIfAborted();
      return gone;
    });
  }

  /** Every table that can be read, by name, and what the tenant's own ones come to. */
  async tables(tenant: TableTenant): Promise<{
    items: TableListing[];
    usage: { tables: number; rows: number; bytes: number };
    limits: { tables: number; rows: number; bytes: number };
  }> {
    const { own, usage } = await this.#transaction(tenant, undefined, async (tx) => ({
      own: await listDocumentTables(tx),
      usage: await readDocumentUsage(tx),
    }));
    const items: TableListing[] = [
      ...own
        .filter(({ name }) => !this.#views.has(name))
        .map(({ name, createdAt }): TableListing => ({
          name,
          kind: 'table',
          read_only: false,
          created_at: createdAt.toISOString(),
        })),
      ...systemTables.map((name): TableListing => ({ name, kind: 'system', read_only: true, created_at: null })),
      ...[...this.#views.keys()].map((name): TableListing => ({
        name,
        kind: 'view',
        read_only: true,
        created_at: null,
      })),
    ].sort((one, other) => (one.name < other.name ? -1 : 1));
    const shown = ({ tables, documents, bytes }: DocumentQuota) => ({ tables, rows: documents, bytes });
    return { items, usage: shown(usage), limits: shown(this.#limits) };
  }

  /**
   * Removes a table with all of its rows, in portions: after a failure some are gone. Throws `TABLE_NOT_FOUND`,
   * `TABLE_READ_ONLY`.
   */
  async drop(caller: TenantActor, table: string): Promise<void> {
    this.#requireOwn(table);
    const scope = this.options.database.forTenant(caller.tenant.id);
    let found = false;
    for (let done = false; !done;) {
      done = await this.#gate.run(caller.tenant.id, () =>
        scope.transaction(async (tx) => {
          const portion = await dropTablePortion(tx, table);
          found ||= portion.gone;
          if (portion.done && found)
            await appendAudit(tx, {
              actor: caller.actor,
              action: 'table.deleted',
              target: table,
              ...(caller.requestId !== undefined && { requestId: caller.requestId }),
            });
          return portion.done;
        }),
      );
    }
    if (!found)
      throw tableErrors.error(
        'TABLE_NOT_FOUND',
        `This tenant has no table ${quote(table)}. GET /api/data lists its tables.`,
      );
  }

  /** Whether a table is one of the platform's own. */
  isSystem(table: string): table is SystemTable {
    return systemNames.has(table);
  }

  #page(
    tenant: TableTenant,
    table: string,
    { filter = everything, orderBy = [], limit = 100, offset = 0, after }: TableQuery & { after?: string },
    signal?: AbortSignal,
  ): Promise<RowPage> {
    return this.#read(
      tenant,
      table,
      (tx, rows) => {
        const query: RowQuery = { filter, order: orderBy, limit, offset, maxBytes: tableLimits.answerBytes };
        if (after === undefined) return queryRows(tx, rows, query);
        const id = rows.source.readId(after);
        if (id === undefined)
          throw tableErrors.error(
            'CURSOR_INVALID',
            'The cursor is not one that this list answered. Leave it out to begin at the first row.',
          );
        return queryRows(tx, rows, { ...query, after: id });
      },
      signal,
    );
  }

  #read<T>(
    tenant: TableTenant,
    table: string,
    work: (tx: TenantTransaction, rows: RowsOf) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const isOwn = !this.#views.has(table) && !this.isSystem(table);
    return this.#transaction(tenant, signal, (tx) => work(tx, this.#rowsOf(tenant, table, tx)), isOwn);
  }

  #rowsOf(tenant: TableTenant, table: string, tx: TenantTransaction): RowsOf {
    const view = this.#views.get(table);
    if (view)
      return {
        source: view.source,
        tenantValue: { slug: tenant.slug, id: tenant.id, uuid: tx.tenantUuid }[view.tenantValue],
      };
    if (this.isSystem(table)) return { source: systemSources[table], tenantValue: tx.tenantUuid };
    return { source: documentSource, table };
  }

  async #transaction<T>(
    tenant: TableTenant,
    signal: AbortSignal | undefined,
    work: (tx: TenantTransaction) => Promise<T>,
    byIndex = true,
  ): Promise<T> {
    const { timeoutMs } = this.#limits;
    try {
      return await this.#gate.run(
        tenant.id,
        () =>
          this.options.database.forTenant(tenant.id).transaction(async (tx) => {
            signal?.throwIfAborted();
            await limitStatements(tx, { timeoutMs, byIndex });
            return work(tx);
          }),
        signal,
      );
    } catch (thrown) {
      if (!isStatementTimeout(thrown)) throw thrown;
      throw tableErrors.error(
        'DB_TIMEOUT',
        `The database did not answer within ${timeoutMs} ms, the limit of one call. Filter by equality or a range ` +
          'of a field, order by id, created_at or updated_at, or ask for fewer rows.',
        { cause: thrown, retryAfterS: 1 },
      );
    }
  }

  /** Only tables of the tenant's own can be changed. */
  #requireOwn(table: string): void {
    if (this.isSystem(table))
      throw tableErrors.error(
        'TABLE_READ_ONLY',
        `${quote(table)} is a system table and can only be read. Choose another name for a table of your own.`,
      );
    if (this.#views.has(table))
      throw tableErrors.error(
        'TABLE_READ_ONLY',
        `${quote(table)} is a view of the operator's and can only be read. Choose another name for a table of your ` +
          'own.',
      );
    if (/^(?:annex|pg)_/.test(table))
      throw tableErrors.error(
        'TABLE_NAME_RESERVED',
        `${quote(table)}: names that begin with annex_ and pg_ are kept for the platform. Choose another name.`,
      );
  }

  #requireAccepted(refusal: Refusal | null): void {
    if (refusal) throw this.#refusal(refusal);
  }

  #refusal(refusal: Refusal): Error {
    switch (refusal.refused) {
      case 'size':
        return tableErrors.error(
          'ROW_TOO_LARGE',
          `The row takes ${refusal.size} bytes once its numbers are written out; the limit is ` +
            `${writtenOut * tableLimits.rowBytes}. Send very large or small numbers as text.`,
        );
      case 'tables':
        return tableErrors.error(
          'TABLE_LIMIT',
          `This tenant has ${refusal.max} tables, the limit of a tenant. Delete one (DELETE /api/data/<table>), or ` +
            `keep several kinds of rows in one table. ${whoRaises('tables')}`,
          { extra: quotaExtra({ ...refusal, quota: 'tables' }) },
        );
      case 'documents':
        return tableErrors.error(
          'ROW_LIMIT',
          `This tenant keeps ${refusal.used} rows; the limit of all its tables together is ${refusal.max} rows. ` +
            `Delete rows. ${whoRaises('rows')}`,
          { extra: quotaExtra({ ...refusal, quota: 'rows' }) },
        );
      case 'bytes':
        return tableErrors.error(
          'ROW_LIMIT',
          `This tenant keeps ${refusal.used} bytes of rows and this would add ${refusal.more}; the limit of all ` +
            `its tables together is ${refusal.max} bytes. Delete rows. ${whoRaises('row_bytes')}`,
          { extra: quotaExtra({ ...refusal, quota: 'row_bytes' }) },
        );
    }
  }
}

/** Each given field replaces the whole field. */
function merge(data: JsonObject, { set, unset }: DocumentPatch): JsonObject {
  const merged = { ...data, ...set };
  const kept =
    unset.length === 0 ? merged : Object.fromEntries(Object.entries(merged).filter(([name]) => !unset.includes(name)));
  const size = Buffer.byteLength(JSON.stringify(kept));
  if (size <= tableLimits.rowBytes) return kept;
  throw tableErrors.error(
    'ROW_TOO_LARGE',
    `The row would be ${size} bytes of JSON; the limit of a row (document_bytes) is ${tableLimits.rowBytes}. Remove ` +
      'fields with $unset, or split the row.',
  );
}

function rowOf({ id, data, createdAt, updatedAt }: StoredDocument): TableRow {
  return { ...data, id, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}
