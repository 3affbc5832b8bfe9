import type { TablesPort } from '@annex/execution';
import { compareRows, matchesFilter, type Filter, type TableRow } from '@annex/host-api';
import { newUuid, quote, type Clock, type Json, type JsonObject } from '@annex/kernel';
import { tableLimits } from '@annex/limits';
import { systemTables, tableErrors } from '@annex/tables';

const readOnly: ReadonlySet<string> = new Set(systemTables);
const everyRow: Filter = { kind: 'and', filters: [] };
const defaultLimit = 100;

/**
 * The tenant's tables in memory: what the plugin keeps with `ctx.db`, open to the test. System tables (`users`,
 * `files`, `events`, `runs`) hold what the test puts there.
 * @example
 * const addUser = (tables: MemoryTables) => tables.insert('users', { email: 'ada@example.com', role: 'member' })
 */
export class MemoryTables {
  readonly #tables = new Map<string, Map<string, TableRow>>();

  constructor(private readonly clock: Clock) {}

  /** Rows of a table, oldest first. */
  rows(table: string): TableRow[] {
    return structuredClone([...(this.#tables.get(table)?.values() ?? [])]);
  }

  /** Forgets all rows of all tables. */
  clear(): void {
    this.#tables.clear();
  }

  /** One row, if it is there. */
  get(table: string, id: string): TableRow | undefined {
    return structuredClone(this.#tables.get(table)?.get(id));
  }

  /** Puts a row in, also into a system table. `id`, `created_at` and `updated_at` are made where they are not given. */
  insert(table: string, fields: { [field: string]: Json }): TableRow {
    const now = this.clock.now();
    const at = new Date(now).toISOString();
    const row: TableRow = {
      created_at: at,
      updated_at: at,
      ...structuredClone(fields),
      id: typeof fields['id'] === 'string' ? fields['id'] : newUuid(now),
    };
    const rows = this.#tables.get(table) ?? new Map<string, TableRow>();
    this.#tables.set(table, rows.set(row.id, row));
    return structuredClone(row);
  }

  /** Changes fields of a row; `undefined`: there is none. */
  update(
    table: string,
    id: string,
    { set, unset }: { set: JsonObject; unset: readonly string[] },
  ): TableRow | undefined {
    const row = this.#tables.get(table)?.get(id);
    if (!row) return undefined;
    const kept = Object.fromEntries(
      Object.entries({ ...row, ...structuredClone(set) }).filter(([name]) => !unset.includes(name)),
    );
    const changed: TableRow = {
      ...kept,
      id,
      created_at: row.created_at,
      updated_at: new Date(this.clock.now()).toISOString(),
    };
    this.#tables.get(table)?.set(id, changed);
    return structuredClone(changed);
  }

  /** Whether there was one. */
  delete(table: string, id: string): boolean {
    return this.#tables.get(table)?.delete(id) ?? false;
  }
}

/**
 * Answers `ctx.db` from memory, as the platform does from PostgreSQL. Quotas of tenants and the time limit are not
 * looked at.
 */
export function memoryTablesPort(tables: MemoryTables): TablesPort {
  const find = (table: string, filter: Filter = everyRow): TableRow[] =>
    tables.rows(table).filter((row) => matchesFilter(filter, row));
  return {
    query: async (_tenant, table, { filter, orderBy = [], limit = defaultLimit, offset = 0 }) =>
      find(table, filter)
        .sort((one, other) => compareRows(orderBy, one, other))
        .slice(offset, offset + limit),
    get: async (_tenant, table, id) => tables.get(table, id) ?? null,
    count: async (_tenant, table, filter) => find(table, filter).length,
    insert: async (_tenant, table, document) => {
      requireOwn(table);
      return tables.insert(table, document);
    },
    update: async (_tenant, table, id, patch) => {
      requireOwn(table);
      const { id: _id, created_at: _created, updated_at: _updated, ...before } = tables.get(table, id) ?? {};
      const size = Buffer.byteLength(JSON.stringify({ ...before, ...patch.set }));
      if (size > tableLimits.rowBytes)
        throw tableErrors.error(
          'ROW_TOO_LARGE',
          `The row would be ${size} bytes of JSON; the limit of a row is ${tableLimits.rowBytes}. Split it.`,
        );
      return tables.update(table, id, patch) ?? null;
    },
    delete: async (_tenant, table, id) => {
      requireOwn(table);
      return tables.delete(table, id);
    },
  };
}

function requireOwn(table: string): void {
  if (readOnly.has(table))
    throw tableErrors.error(
      'TABLE_READ_ONLY',
      `${quote(table)} is a system table and can only be read. Choose another name for a table of your own.`,
    );
  if (/^(?:annex|pg)_/.test(table))
    throw tableErrors.error(
      'TABLE_NAME_RESERVED',
      `${quote(table)}: names that begin with annex_ and pg_ are kept for the platform. Choose another name.`,
    );
}
