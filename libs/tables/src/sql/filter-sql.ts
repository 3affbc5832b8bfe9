/**
 * Filters and sort orders as SQL. No name and no value of a caller becomes part of the text: paths go in as parameters
 * of type `jsonpath`, values as `jsonb`. A JSON path in lax mode looks into lists as the filters do, and compares
 * numbers with numbers and texts with texts by code point. Each condition is true or false, never null, so that `not`
 * means what it says.
 */
import type { ColumnTest, FieldTest, Filter, RowColumn, SortKey } from '@annex/host-api';
import { isRowColumn } from '@annex/host-api';
import type { Json, JsonObject } from '@annex/kernel';

/** What a query reads rows from, as SQL of our own: constants, or identifiers that were quoted. */
export interface RowSource {
  /** The body of FROM. */
  from: string;
  /** Limits the rows to the tenant's; `$1` is what {@link tenantValue} answers. */
  where: string;
  id: string;
  createdAt: string;
  updatedAt: string;
  /** The row's fields, a `jsonb` object. */
  data: string;
  /** The bytes of `data` as text, if that is known without writing it out. */
  size?: string;
  /** SQL type of `id`. */
  idType: 'uuid' | 'text';
  /** Reads an id as callers write it; `undefined`: no row has such a one. */
  readId(text: string): string | undefined;
  /** Writes an id as callers see it. */
  writeId(id: string): string;
  /**
   * Columns that hold a field as text as it is: an equality on one is asked of the column too, so that its index can be
   * used.
   */
  textColumns?: Readonly<Record<string, string>>;
  /** Whether times are whole milliseconds in the database. */
  exactTimes: boolean;
  /** For rows of which many may be kept in one: conditions that leave those of others unopened. They change nothing. */
  opened?: {
    /** Ids in a range, ends included. */
    within(range: { least?: string; greatest?: string }, bind: (value: unknown) => string): string[];
    /** The first rows of all in the order of their ids, or in the other: `rows` of them, behind `after`. */
    first(page: { rows: number; back: boolean; after: string | undefined }, bind: (value: unknown) => string): string[];
  };
  /** The order without one of the caller's. Default: by id. */
  defaultOrder?: readonly SortKey[];
  /**
   * For ids that hold the time at which their row was made (`createdAt`, in milliseconds): the least or the greatest id
   * of a millisecond.
   */
  idAt?: (ms: number, end: 'first' | 'last') => string;
}

/** Collects what a statement's placeholders stand for. */
export class Parameters {
  readonly values: unknown[] = [];

  /** The placeholder of one more value. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Longer lists of values are looked up in a hash table: a JSON path would compare each with each item of a list. */
const hashedFrom = 20;
const orderSigns = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** The condition that a filter is. */
export function filterSql(filter: Filter, source: RowSource, parameters: Parameters): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      if (filter.filters.length === 0) return 'true';
      return `(${filter.filters.map((one) => filterSql(one, source, parameters)).join(` ${filter.kind} `)})`;
    case 'not':
      return `not ${filterSql(filter.filter, source, parameters)}`;
    case 'never':
      return 'false';
    case 'column':
      return filter.column === 'id'
        ? idSql(filter.test, source, parameters)
        : timeSql(filter.column, filter.test, source, parameters);
    case 'field':
      return fieldSql(filter.path, filter.test, source, parameters);
  }
}

/** Conditions on plain columns that follow from a filter: they change nothing but which index is used. */
export function columnHints(filter: Filter, source: RowSource, parameters: Parameters): string[] {
  if (filter.kind === 'and') return filter.filters.flatMap((one) => columnHints(one, source, parameters));
  if (filter.kind === 'column' && filter.column === 'id') return idHints(filter.test, source, parameters);
  if (filter.kind === 'column' && filter.column === 'created_at') return ageHints(filter.test, source, parameters);
  if (
    filter.kind !== 'field' ||
    filter.path.length !== 1 ||
    filter.test.op !== 'eq' ||
    typeof filter.test.value !== 'string'
  )
    return [];
  const columns = source.textColumns ?? {};
  const [name = ''] = filter.path;
  return Object.hasOwn(columns, name) ? [`${columns[name]} = ${parameters.add(filter.test.value)}`] : [];
}

/** Which rows are opened for some ids. */
function idHints(test: ColumnTest, { opened, readId }: RowSource, parameters: Parameters): string[] {
  if (!opened || test.op === 'exists') return [];
  const given = test.op === 'in' ? test.values : [test.value];
  const ids = given.flatMap((text) => readId(text) ?? []).sort();
  const [least, greatest] = [ids[0], ids.at(-1)];
  if (least === undefined || greatest === undefined) return [];
  const isBelow = test.op === 'lt' || test.op === 'lte';
  const isAbove = test.op === 'gt' || test.op === 'gte';
  const range = { ...(!isBelow && { least }), ...(!isAbove && { greatest }) };
  return opened.within(range, (value) => parameters.add(value));
}

/** Times bound the ids of a source whose ids hold them, or the column itself. */
function ageHints(test: ColumnTest, { id, createdAt, idAt }: RowSource, parameters: Parameters): string[] {
  if (test.op === 'exists' || test.op === 'in') return [];
  const [from, to] = [test.op !== 'lt' && test.op !== 'lte', test.op !== 'gt' && test.op !== 'gte'];
  if (!idAt) return from ? [`${createdAt} >= ${parameters.add(test.value)}::timestamptz`] : [];
  const bound = (end: 'first' | 'last'): string => `${parameters.add(idAt(Date.parse(test.value), end))}::uuid`;
  return [...(from ? [`${id} >= ${bound('first')}`] : []), ...(to ? [`${id} <= ${bound('last')}`] : [])];
}

function fieldSql(path: string[], test: FieldTest, source: RowSource, parameters: Parameters): string {
  const { data } = source;
  const steps = jsonPath(path);
  const matches = (predicate: string, variables: JsonObject): string =>
    `coalesce(jsonb_path_match(${data}, ${parameters.add(`${steps} ${predicate}`)}::jsonpath, ` +
    `${parameters.add(JSON.stringify(variables))}::jsonb, true), false)`;
  const exists = (): string => `jsonb_path_exists(${data}, ${parameters.add(steps)}::jsonpath)`;
  const hashed = (values: readonly Json[]): string =>
    `exists (select from jsonb_path_query(${data}, ${parameters.add(`${steps}[*]`)}::jsonpath) found
     where found = any(${parameters.add(values.map((value) => JSON.stringify(value)))}::jsonb[]))`;
  const orNull = (): string => `not ${exists()} or ${matches('== null', {})}`;
  switch (test.op) {
    case 'eq': {
      if (test.value === null) return `(${orNull()})`;
      if (typeof test.value !== 'object') return matches('== $v', { v: test.value });
      const value = parameters.add(JSON.stringify(test.value));
      const found = (of: string): string =>
        `exists (select from jsonb_path_query(${data}, ${parameters.add(of)}::jsonpath) found
         where found = ${value}::jsonb)`;
      return `(${found(steps)} or ${found(`${steps}[*]`)})`;
    }
    case 'in': {
      const among =
        test.values.length > hashedFrom
          ? hashed(test.values)
          : test.values.length > 0
            ? matches('== $v[*]', { v: test.values })
            : 'false';
      return test.orNull ? `(${among} or ${orNull()})` : among;
    }
    case 'like':
      return `exists (select from jsonb_path_query(${data}, ${parameters.add(`${steps}[*]`)}::jsonpath) found
        where jsonb_typeof(found) = 'string' and (found #>> '{}') collate "C" like ${parameters.add(test.pattern)})`;
    case 'exists':
      return exists();
    default:
      return matches(`${orderSigns[test.op]} $v`, { v: test.value });
  }
}

/** Member names are JSON texts in a path expression too, so nothing in one can end it. */
function jsonPath(path: readonly string[]): string {
  return `$${path.map((name) => `.${JSON.stringify(name)}`).join('')}`;
}

function idSql(test: ColumnTest, source: RowSource, parameters: Parameters): string {
  const read = (text: string): string[] => {
    const id = source.readId(text);
    return id === undefined ? [] : [id];
  };
  switch (test.op) {
    case 'exists':
      return 'true';
    case 'eq':
    case 'in': {
      const ids = (test.op === 'eq' ? [test.value] : test.values).flatMap(read);
      return ids.length === 0 ? 'false' : `${source.id} = any(${parameters.add(ids)}::${source.idType}[])`;
    }
    default: {
      const [id] = read(test.value);
      return id === undefined ? 'false' : `${source.id} ${orderSigns[test.op]} ${parameters.add(id)}::${source.idType}`;
    }
  }
}

function timeSql(column: RowColumn, test: ColumnTest, source: RowSource, parameters: Parameters): string {
  const plain = column === 'created_at' ? source.createdAt : source.updatedAt;
  const time = source.exactTimes ? plain : `date_trunc('milliseconds', ${plain})`;
  switch (test.op) {
    case 'exists':
      return `${plain} is not null`;
    case 'eq':
    case 'in':
      return (
        `coalesce(${time} = any(${parameters.add(test.op === 'eq' ? [test.value] : test.values)}::timestamptz[]), ` +
        'false)'
      );
    default: {
      const condition = `${time} ${orderSigns[test.op]} ${parameters.add(test.value)}::timestamptz`;
      return source.exactTimes ? condition : `coalesce(${condition}, false)`;
    }
  }
}

/**
 * A sort order: what FROM needs beside the rows, and the body of ORDER BY. Rows that are equal so far are told apart by
 * their ids.
 */
export function orderSql(
  keys: readonly SortKey[],
  source: RowSource,
  parameters: Parameters,
): { joins: string; orderBy: string } {
  const joins: string[] = [];
  // The order of the times is that of the ids, which has an index.
  if (source.idAt && keys.length === 1 && keys[0]?.path.length === 1 && keys[0].path[0] === 'created_at')
    return orderSql([{ ...keys[0], path: ['id'] }], source, parameters);
  const parts = keys.flatMap(({ path, descending }) => {
    const direction = descending ? 'desc' : 'asc';
    const [name = ''] = path;
    if (path.length === 1 && isRowColumn(name))
      return [`${{ id: source.id, created_at: source.createdAt, updated_at: source.updatedAt }[name]} ${direction}`];
    const key = `key_${joins.length}`;
    joins.push(
      `cross join lateral (select jsonb_path_query_first(${source.data}, ` +
        `${parameters.add(jsonPath(path))}::jsonpath) as value offset 0) ${key}`,
    );
    return [
      `case coalesce(jsonb_typeof(${key}.value), 'null') when 'null' then 0 when 'number' then 1 when 'string' ` +
        `then 2 when 'object' then 3 when 'array' then 4 else 5 end ${direction}`,
      `case when jsonb_typeof(${key}.value) = 'number' then (${key}.value)::numeric end ${direction}`,
      `case when jsonb_typeof(${key}.value) in ('string', 'boolean') then (${key}.value #>> '{}') collate "C" end ` +
        `${direction}`,
    ];
  });
  if (!keys.some(({ path }) => path.length === 1 && path[0] === 'id'))
    parts.push(`${source.id} ${keys.at(-1)?.descending ? 'desc' : 'asc'}`);
  return { joins: joins.join(' '), orderBy: parts.join(', ') };
}
