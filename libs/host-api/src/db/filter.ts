/**
 * The filters of `ctx.db` and `/api/data`, read from JSON into a small tree: what a field must be, joined by `$and` and
 * `$or`. docs/plugins.md ("Tables") describes the language. What each operator means for lists, `null` and missing
 * fields follows MongoDB; `matchesFilter` says the same in JavaScript, and libs/tables says it in SQL.
 */
import { didYouMean, isJsonObject, quote, type Json, type JsonObject } from '@annex/kernel';
import { filterLimits } from '@annex/limits';
import { storageProblem } from '../wire.js';
import { isForbiddenName } from './forbidden-names.js';

/** What every row has beside its own fields. */
export const rowColumns = ['id', 'created_at', 'updated_at'] as const;
export type RowColumn = (typeof rowColumns)[number];

export type Scalar = string | number | boolean;
export type OrderOperator = 'gt' | 'gte' | 'lt' | 'lte';

/** One condition on the values that a field path leads to. `ne` and `nin` are `not` around `eq` and `in`. */
export type FieldTest =
  | { op: 'eq'; value: Json }
  | { op: OrderOperator; value: string | number }
  /** `orNull`: `null` was among the values. */
  | { op: 'in'; values: Scalar[]; orNull: boolean }
  | { op: 'like'; pattern: string }
  | { op: 'exists' };

/** One condition on a column. The values of times are instants: RFC 3339 in UTC with milliseconds. */
export type ColumnTest =
  | { op: 'eq'; value: string }
  | { op: OrderOperator; value: string }
  | { op: 'in'; values: string[] }
  | { op: 'exists' };

/** A filter as it was understood. */
export type Filter =
  | { kind: 'and' | 'or'; filters: Filter[] }
  | { kind: 'not'; filter: Filter }
  | { kind: 'never' }
  | { kind: 'field'; path: string[]; test: FieldTest }
  | { kind: 'column'; column: RowColumn; test: ColumnTest };

/** Takes what is wrong: where, as the tokens of a JSON pointer, and what to write instead. */
export type FaultSink = (path: (string | number)[], detail: string) => void;

/** The operators of a condition, in the order of the contract. */
const operators = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$like', '$exists'] as const;
type Operator = (typeof operators)[number];
const known: ReadonlySet<string> = new Set(operators);
const orderOperators: Readonly<Record<string, OrderOperator>> = { $gt: 'gt', $gte: 'gte', $lt: 'lt', $lte: 'lte' };

/**
 * Reads a filter; every fault goes to `fault`, and the answer counts only when there was none. An empty filter is an
 * `and` of nothing: every row.
 */
export function readFilter(json: JsonObject, fault: FaultSink): Filter {
  return new FilterReader(fault).read(json, [], 0);
}

class FilterReader {
  #conditions = 0;

  constructor(private readonly fault: FaultSink) {}

  read(json: JsonObject, at: (string | number)[], depth: number): Filter {
    const filters = Object.entries(json).map(([name, value]) => {
      const here = [...at, name];
      if (name === '$and' || name === '$or') return this.#join(name, value, here, depth + 1);
      if (name.startsWith('$')) return this.#unknown(name, here);
      return this.#field(name, value, here);
    });
    return filters.length === 1 && filters[0] ? filters[0] : { kind: 'and', filters };
  }

  #join(name: '$and' | '$or', value: Json, at: (string | number)[], depth: number): Filter {
    if (depth > filterLimits.depth)
      return this.#refuse(
        at,
        `is nested ${depth} levels deep; the limit is ${filterLimits.depth} levels of $and and $or`,
      );
    if (!Array.isArray(value) || value.length === 0) return this.#refuse(at, 'must be a list of at least one filter');
    if (value.length > filterLimits.conditions)
      return this.#refuse(at, `has ${value.length} filters; the limit is ${filterLimits.conditions}`);
    const filters = value.map((item, index) =>
      isJsonObject(item)
        ? this.read(item, [...at, index], depth)
        : this.#refuse([...at, index], 'must be a filter, such as { "status": "open" }'),
    );
    return { kind: name === '$and' ? 'and' : 'or', filters };
  }

  /** A field's condition: `{ $op: value, … }`, or a bare value that stands for `$eq`. */
  #field(name: string, condition: Json, at: (string | number)[]): Filter {
    const path = this.#path(name, at);
    if (!path) return never;
    const entries = isJsonObject(condition) ? Object.entries(condition) : [];
    if (!entries.some(([key]) => key.startsWith('$'))) return this.#test(path, '$eq', condition, at);
    const filters = entries.map(([key, value]) => {
      const here = [...at, key];
      if (isOperator(key)) return this.#test(path, key, value, here);
      return key.startsWith('$')
        ? this.#unknown(key, here)
        : this.#refuse(here, 'stands beside operators; name a field inside a field as "a.b"');
    });
    return filters.length === 1 && filters[0] ? filters[0] : { kind: 'and', filters };
  }

  #path(name: string, at: (string | number)[]): string[] | undefined {
    const path = name.split('.');
    const detail =
      name.length > filterLimits.pathLength
        ? `is a path of ${name.length} characters; the limit is ${filterLimits.pathLength}`
        : path.length > filterLimits.pathSegments
          ? `is a path of ${path.length} names; the limit is ${filterLimits.pathSegments}`
          : path.includes('')
            ? 'has an empty name; write a path as "a.b"'
            : path.some(isForbiddenName)
              ? 'names __proto__, constructor or prototype, which no row holds'
              : storageProblem(name);
    if (detail !== undefined) return void this.fault(at, detail);
    if (path.length > 1 && isRowColumn(path[0] ?? ''))
      return void this.fault(at, `${quote(path[0] ?? '')} has no fields inside; it is one value`);
    return path;
  }

  #test(path: string[], operator: Operator, value: Json, at: (string | number)[]): Filter {
    this.#conditions += 1;
    if (this.#conditions > filterLimits.conditions) {
      // Said once; every further one would say the same.
      return this.#conditions === filterLimits.conditions + 1
        ? this.#refuse(at, `is condition ${this.#conditions}; the limit of one filter is ${filterLimits.conditions}`)
        : never;
    }
    const problem = storageProblem(value) ?? numberProblem(value);
    if (problem) return this.#refuse(at, problem);
    const [column] = path;
    const filter =
      isRowColumn(column ?? '') && path.length === 1
        ? this.#columnTest(column as RowColumn, operator, value, at)
        : this.#fieldTest(path, operator, value, at);
    return operator === '$ne' || operator === '$nin' || (operator === '$exists' && value === false)
      ? { kind: 'not', filter }
      : filter;
  }

  #fieldTest(path: string[], operator: Operator, value: Json, at: (string | number)[]): Filter {
    const test = (of: FieldTest): Filter => ({ kind: 'field', path, test: of });
    switch (operator) {
      case '$eq':
      case '$ne':
        return test({ op: 'eq', value });
      case '$in':
      case '$nin': {
        const list = this.#list(operator, value, at);
        if (!list) return never;
        const values = list.filter((item): item is Scalar => item !== null && typeof item !== 'object');
        list.forEach((item, index) => {
          if (typeof item === 'object' && item !== null)
            this.fault(
              [...at, index],
              `must be a text, a number, true, false or null; compare whole objects and lists with $eq`,
            );
        });
        return test({ op: 'in', values, orNull: list.includes(null) });
      }
      case '$like':
        return this.#pattern(value, at) ? test({ op: 'like', pattern: value as string }) : never;
      case '$exists':
        return typeof value === 'boolean' ? test({ op: 'exists' }) : this.#refuse(at, 'must be true or false');
      default:
        if (typeof value !== 'number' && typeof value !== 'string')
          return this.#refuse(
            at,
            `compares numbers with numbers and texts with texts; ${described(value)} has no order`,
          );
        return test({ op: orderOperators[operator] ?? 'gt', value });
    }
  }

  #columnTest(column: RowColumn, operator: Operator, value: Json, at: (string | number)[]): Filter {
    const test = (of: ColumnTest): Filter => ({ kind: 'column', column, test: of });
    const read = (item: Json, where: (string | number)[]): string | undefined =>
      column === 'id' ? this.#idValue(item, where) : this.#timeValue(item, where);
    switch (operator) {
      case '$eq':
      case '$ne': {
        if (value === null) return never;
        const text = read(value, at);
        return text === undefined ? never : test({ op: 'eq', value: text });
      }
      case '$in':
      case '$nin': {
        const list = this.#list(operator, value, at)?.filter((item) => item !== null);
        return list
          ? test({ op: 'in', values: list.flatMap((item, index) => read(item, [...at, index]) ?? []) })
          : never;
      }
      case '$exists':
        return typeof value === 'boolean' ? test({ op: 'exists' }) : this.#refuse(at, 'must be true or false');
      case '$like':
        return this.#refuse(at, `does not apply to ${quote(column)}; compare it with $gte and $lt`);
      default: {
        const text = read(value, at);
        return text === undefined ? never : test({ op: orderOperators[operator] ?? 'gt', value: text });
      }
    }
  }

  #idValue(value: Json, at: (string | number)[]): string | undefined {
    if (typeof value === 'string' && value.length <= 512) return value;
    return void this.fault(at, 'must be an id, a text');
  }

  #timeValue(value: Json, at: (string | number)[]): string | undefined {
    const match = typeof value === 'string' && value.length <= 64 ? rfc3339.exec(value) : null;
    const ms = match ? Date.parse(match[1] === undefined ? `${match[0]}T00:00:00Z` : match[0].toUpperCase()) : NaN;
    if (ms >= firstInstantMs && ms <= lastInstantMs) return new Date(ms).toISOString();
    return void this.fault(at, 'must be an RFC 3339 time such as "2026-01-31T12:00:00Z", or a date');
  }

  #list(operator: string, value: Json, at: (string | number)[]): Json[] | undefined {
    if (!Array.isArray(value))
      return void this.fault(at, `must be a list of values, such as { ${operator}: ["a", "b"] }`);
    if (value.length > filterLimits.values)
      return void this.fault(at, `has ${value.length} values; the limit is ${filterLimits.values}. Ask in parts`);
    return value;
  }

  #pattern(value: Json, at: (string | number)[]): boolean {
    const detail =
      typeof value !== 'string'
        ? 'must be a text in which % stands for any characters and _ for one'
        : value.length > filterLimits.patternLength
          ? `is a pattern of ${value.length} characters; the limit is ${filterLimits.patternLength}`
          : /(?:^|[^\\])(?:\\\\)*\\$/s.test(value)
            ? 'ends in a single backslash; write \\\\ for a backslash, \\% and \\_ for the characters themselves'
            : undefined;
    if (detail === undefined) return true;
    this.fault(at, detail);
    return false;
  }

  #unknown(name: string, at: (string | number)[]): Filter {
    return this.#refuse(
      at,
      `is no operator.${didYouMean(name, [...operators, '$and', '$or'])} There are ${operators.join(' ')} in a ` +
        `field's condition, and $and $or around filters`,
    );
  }

  #refuse(at: (string | number)[], detail: string): Filter {
    this.fault(at, detail);
    return never;
  }
}

const never: Filter = { kind: 'never' };
/** RFC 3339 §5.6, the time of day and its offset optional together. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}(?:(T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})))?$/i;
const firstInstantMs = Date.parse('0001-01-01T00:00:00Z');
const lastInstantMs = Date.parse('9999-12-31T23:59:59.999Z');

function isOperator(name: string): name is Operator {
  return known.has(name);
}

/** Whether a field's name is that of a column. */
export function isRowColumn(name: string): name is RowColumn {
  return (rowColumns as readonly string[]).includes(name);
}

/** `JSON.parse` makes `Infinity` of 1e999, and JSON has no way to write that. */
export function numberProblem(value: Json): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'is a number beyond what a double can hold (IEEE 754); send it as text';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const item of Object.values(value)) {
    const problem = numberProblem(item);
    if (problem) return problem;
  }
  return undefined;
}

function described(value: Json): string {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : String(value);
}
