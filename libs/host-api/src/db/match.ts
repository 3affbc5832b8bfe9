/**
 * What a filter and a sort order mean, in JavaScript: for rows that are in memory (the SDK's tests), and as the measure
 * for the SQL that libs/tables makes of them.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { SortKey } from './document.js';
import { isRowColumn, type ColumnTest, type FieldTest, type Filter, type OrderOperator } from './filter.js';

/** A row as plugin code sees it. */
export type TableRow = JsonObject & { id: string; created_at: string; updated_at: string };

/** Whether a row passes. */
export function matchesFilter(filter: Filter, row: TableRow): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matchesFilter(one, row));
    case 'or':
      return filter.filters.some((one) => matchesFilter(one, row));
    case 'not':
      return !matchesFilter(filter.filter, row);
    case 'never':
      return false;
    case 'column':
      return passesColumn(filter.test, row[filter.column]);
    case 'field':
      return passesField(filter.test, valuesAt(row, filter.path));
  }
}

/** The values that a path leads to: a name in a list is looked for in each object of the list. */
function valuesAt(value: Json, path: readonly string[]): Json[] {
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  const holders = Array.isArray(value) ? value : [value];
  return holders.flatMap((holder) => {
    const inner = isJsonObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
    return inner === undefined ? [] : valuesAt(inner, rest);
  });
}

function passesField(test: FieldTest, found: Json[]): boolean {
  // A condition on a list asks whether one of its items passes.
  const items = found.flat();
  switch (test.op) {
    case 'eq':
      if (test.value === null) return found.length === 0 || items.includes(null);
      if (typeof test.value === 'object') return [...found, ...items].some((item) => isSameJson(item, test.value));
      return items.includes(test.value);
    case 'in':
      return (
        items.some((item) => (test.values as Json[]).includes(item)) ||
        (test.orNull && (found.length === 0 || items.includes(null)))
      );
    case 'like': {
      const pattern = likePattern(test.pattern);
      return items.some((item) => typeof item === 'string' && pattern.test(item));
    }
    case 'exists':
      return found.length > 0;
    default:
      return items.some((item) => passesOrder(test.op, item, test.value));
  }
}

function passesColumn(test: ColumnTest, value: string): boolean {
  switch (test.op) {
    case 'eq':
      return value === test.value;
    case 'in':
      return test.values.includes(value);
    case 'exists':
      return true;
    default:
      return passesOrder(test.op, value, test.value);
  }
}

function passesOrder(operator: OrderOperator, item: Json, value: string | number): boolean {
  let order: number;
  if (typeof item === 'number' && typeof value === 'number') order = item - value;
  else if (typeof item === 'string' && typeof value === 'string') order = compareText(item, value);
  else return false;
  return operator === 'gt' ? order > 0 : operator === 'gte' ? order >= 0 : operator === 'lt' ? order < 0 : order <= 0;
}

/** By code point, which is also the order of the bytes of UTF-8; `<` of JavaScript would go by UTF-16 code units. */
function compareText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Equality of JSON values in which the order of an object's keys does not count. */
function isSameJson(one: Json, other: Json): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSameJson(item, other[index] ?? null))
    );
  }
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name] ?? null, other[name] ?? null))
  );
}

/**
 * SQL's LIKE as a regular expression; `%` becomes a lazy run of anything. For short texts of tests, not for strangers'
 * texts.
 */
function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)|[%_]|[^\\]/gsu, (part, escaped: string | undefined) => {
    if (part === '%') return '.*?';
    if (part === '_') return '.';
    return (escaped ?? part).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}

/** Places of the types in an order: what is missing counts as `null`. */
function rankOf(value: Json): number {
  if (value === null) return 0;
  return { number: 1, string: 2, object: Array.isArray(value) ? 4 : 3, boolean: 5 }[
    typeof value as 'number' | 'string' | 'object' | 'boolean'
  ];
}

/** Compares two rows by sort keys; equal ones by their ids, in the direction of the last key. */
export function compareRows(keys: readonly SortKey[], one: TableRow, other: TableRow): number {
  for (const { path, descending } of [...keys, { path: ['id'], descending: keys.at(-1)?.descending ?? false }]) {
    const [name = ''] = path;
    const pick = (row: TableRow): Json =>
      path.length === 1 && isRowColumn(name) ? row[name] : (valuesAt(row, path)[0] ?? null);
    const order = compareValues(pick(one), pick(other));
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function compareValues(one: Json, other: Json): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'string' && typeof other === 'string') return compareText(one, other);
  if (typeof one === 'boolean' && typeof other === 'boolean') return Number(one) - Number(other);
  return rankOf(one) - rankOf(other);
}
