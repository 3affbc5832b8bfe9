/** Reading rows: of the tenants' own tables by way of their index entries, of every other source as it stands. */
import type { Filter, SortKey, TableRow } from '@annex/host-api';
import type { JsonObject } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { columnHints, filterSql, orderSql, Parameters, type RowSource } from './filter-sql.js';
import { lookupsOf, unindexed, type Lookup } from './index-entries.js';

/** A tenant's own table, or another source with what `$1` stands for. */
export type RowsOf = { table: string; source: RowSource } | { tenantValue: string; source: RowSource };

export interface RowQuery {
  filter: Filter;
  /** None: by the source's own order, or by id, which is the order in which documents were made. */
  order: readonly SortKey[];
  limit: number;
  offset: number;
  /**
   * Only rows behind this id (in the direction of the order, which is then by id). As {@link RowSource.readId} answers
   * it.
   */
  after?: string | undefined;
  /** Bytes of all rows together, as text; the first row comes whatever it has. */
  maxBytes: number;
  /** So many documents are looked at one by one rather than in the order of the table. Default 1000. */
  fewIds?: number;
}

export interface RowPage {
  rows: TableRow[];
  /** Rows that matched within limit and offset; more than there are in `rows` when `maxBytes` cut them. */
  matched: number;
}

const defaultFewIds = 1000;
/** Lookups that are tried before the table is read in its order. */
const maxTries = 4;

interface FoundRow {
  id: string;
  created_at: Date | null;
  updated_at: Date | null;
  data: JsonObject;
  /** Bytes of this row and those before it. */
  running: string;
  matched: string;
}

/** One row by its id, as callers write it. */
export async function findRow(tx: TenantTransaction, rows: RowsOf, id: string): Promise<TableRow | null> {
  const { filter, order } = {
    filter: { kind: 'column', column: 'id', test: { op: 'eq', value: id } } as const,
    order: [],
  };
  const page = await queryRows(tx, rows, { filter, order, limit: 1, offset: 0, maxBytes: Number.MAX_SAFE_INTEGER });
  return page.rows[0] ?? null;
}

/** Rows that pass a filter, in order. */
export async function queryRows(tx: TenantTransaction, rows: RowsOf, query: RowQuery): Promise<RowPage> {
  const { source } = rows;
  const plan = 'table' in rows ? await planSearch(tx, rows.table, query) : everyRow;
  if (plan.kind === 'ids' && plan.ids.length === 0) return { rows: [], matched: 0 };
  const parameters = start(tx, rows);
  const order = orderSql(query.order.length > 0 ? query.order : (source.defaultOrder ?? []), source, parameters);
  const conditions = [
    source.where,
    ...columnHints(query.filter, source, parameters),
    filterSql(query.filter, source, parameters),
  ];
  if (plan.kind === 'ids') conditions.push(`${source.id} = any(${parameters.add(plan.ids)}::uuid[])`);
  const [firstKey] = query.order;
  const back = firstKey?.descending === true;
  const behind = (id: string): string[] =>
    query.after === undefined ? [] : [`${id} ${back ? '<' : '>'} ${parameters.add(query.after)}::${source.idType}`];
  if (plan.kind === 'all') conditions.push(...openedForPage(query, source, parameters));
  const size = source.size ?? `octet_length((${source.data})::text)`;
  const columns =
    `${source.id} as id, ${source.createdAt} as created_at, ${source.updatedAt} as updated_at, ${source.data} as ` +
    `data, ${size} as size`;
  const page = `limit ${parameters.add(query.limit)} offset ${parameters.add(query.offset)}`;
  // The index is read in the order of the ids, and each document looked at once its turn comes: `offset 0` keeps it so.
  const selected =
    plan.kind === 'walk'
      ? `select document.* from (
           select v.document_id from document_values v
           where v.tenant_id = $1 and v.table_name = $2 and v.value = ${parameters.add(plan.value)} ${behind(
             'v.document_id',
           )
             .map((one) => `and ${one}`)
             .join('')}
           order by v.document_id ${back ? 'desc' : 'asc'} offset 0
         ) entry cross join lateral (select ${columns} from ${source.from}
         where ${conditions.join(' and ')} and ${source.id} = entry.document_id offset 0) document
         order by entry.document_id ${back ? 'desc' : 'asc'} ${page}`
      : `select ${columns} from ${source.from} ${order.joins}
        where ${[...conditions, ...behind(source.id)].join(' and ')} order by ${order.orderBy} ${page}`;
  // A window without an order of its own counts in the order in which the rows come.
  const found = await tx.query<FoundRow>(
    `with page as materialized (${selected}),
       counted as (select page.*, sum(size) over (rows unbounded preceding) as running,
         row_number() over (rows unbounded preceding) as place, count(*) over () as matched from page)
     select id, created_at, updated_at, data, running, matched from counted
     where running <= ${parameters.add(query.maxBytes)} or place = 1 order by place`,
    parameters.values,
  );
  return { rows: found.map((row) => tableRow(row, source)), matched: Number(found[0]?.matched ?? 0) };
}

/** Which rows are opened for a page in the order of the ids. */
function openedForPage(
  { filter, order, limit, offset, after }: RowQuery,
  { opened, defaultOrder }: RowSource,
  parameters: Parameters,
): string[] {
  const [first] = order;
  const isById = first === undefined || (order.length === 1 && first.path.length === 1 && first.path[0] === 'id');
  if (!opened || !isById || defaultOrder) return [];
  const back = first?.descending === true;
  const bind = (value: unknown): string => parameters.add(value);
  const behind = after === undefined ? [] : opened.within(back ? { greatest: after } : { least: after }, bind);
  const isEverything = filter.kind === 'and' && filter.filters.length === 0;
  return isEverything ? [...behind, ...opened.first({ rows: limit + offset, back, after }, bind)] : behind;
}

/** How many rows pass a filter. */
export async function countRows(tx: TenantTransaction, rows: RowsOf, filter: Filter): Promise<number> {
  const { source } = rows;
  const plan =
    'table' in rows
      ? await planSearch(tx, rows.table, { filter, order: [{ path: ['updated_at'], descending: false }] })
      : everyRow;
  if (plan.kind === 'ids' && plan.ids.length === 0) return 0;
  const parameters = start(tx, rows);
  const conditions = [source.where, ...columnHints(filter, source, parameters), filterSql(filter, source, parameters)];
  if (plan.kind === 'ids') conditions.push(`${source.id} = any(${parameters.add(plan.ids)}::uuid[])`);
  const [row] = await tx.query<{ count: string }>(
    `select count(*) as count from ${source.from} where ${conditions.join(' and ')}`,
    parameters.values,
  );
  return Number(row?.count ?? 0);
}

function start(tx: TenantTransaction, rows: RowsOf): Parameters {
  const parameters = new Parameters();
  if ('table' in rows) {
    parameters.add(tx.tenantUuid);
    parameters.add(rows.table);
  } else parameters.add(rows.tenantValue);
  return parameters;
}

/**
 * How a table is searched: these documents; those with an entry, in the order of their ids; or all of them in the order
 * that is asked for. It is decided by looking into the index, because the planner knows no tenant's values: its
 * statistics are those of all tenants together.
 */
type SearchPlan = { kind: 'ids'; ids: string[] } | { kind: 'walk'; value: Buffer } | { kind: 'all' };
const everyRow: SearchPlan = { kind: 'all' };

async function planSearch(
  tx: TenantTransaction,
  table: string,
  { filter, order, fewIds = defaultFewIds }: Pick<RowQuery, 'filter' | 'order' | 'fewIds'>,
): Promise<SearchPlan> {
  const lookups = lookupsOf(filter).slice(0, maxTries);
  for (const lookup of lookups) {
    const ids = await findIds(tx, table, lookup, fewIds);
    if (ids) return { kind: 'ids', ids };
  }
  const walk = lookups.find(({ equal, ranges }) => equal.length === 1 && ranges.length === 0)?.equal[0];
  if (walk === undefined || !isByAge(order) || (await hasUnindexed(tx, table))) return everyRow;
  return { kind: 'walk', value: walk };
}

/** Ids are made in the order of time, so an order by either is one by the other. */
function isByAge(order: readonly SortKey[]): boolean {
  const [first] = order;
  return (
    first === undefined ||
    (order.length === 1 && first.path.length === 1 && (first.path[0] === 'id' || first.path[0] === 'created_at'))
  );
}

/** The documents that a lookup finds, if they are few. */
async function findIds(
  tx: TenantTransaction,
  table: string,
  { equal, ranges }: Lookup,
  fewIds: number,
): Promise<string[] | undefined> {
  if (equal.length === 0 && ranges.length === 0) return [];
  const parameters = new Parameters();
  const [tenant, name, limit] = [tx.tenantUuid, table, fewIds + 1].map((value) => parameters.add(value));
  const part = (condition: string): string =>
    `(select document_id from document_values where tenant_id = ${tenant} and table_name = ${name} and ${condition}
     limit ${limit})`;
  const parts = [
    part(`value = any(${parameters.add([...equal, unindexed])}::bytea[])`),
    ...ranges.map(({ from, to }) => part(`value between ${parameters.add(from)} and ${parameters.add(to)}`)),
  ];
  const rows = await tx.query<{ document_id: string }>(
    `select document_id from (${parts.join(' union all ')}) found limit ${limit}`,
    parameters.values,
  );
  return rows.length > fewIds ? undefined : [...new Set(rows.map((row) => row.document_id))];
}

async function hasUnindexed(tx: TenantTransaction, table: string): Promise<boolean> {
  const rows = await tx.query(
    'select 1 from document_values where tenant_id = $1 and table_name = $2 and value = $3 limit 1',
    [tx.tenantUuid, table, unindexed],
  );
  return rows.length > 0;
}

function tableRow(found: FoundRow, source: RowSource): TableRow {
  return {
    ...found.data,
    id: source.writeId(found.id),
    created_at: found.created_at?.toISOString() ?? (null as unknown as string),
    updated_at: found.updated_at?.toISOString() ?? (null as unknown as string),
  };
}
