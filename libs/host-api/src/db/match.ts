/**
 * What a filter and a sort order mean, in JavaScript: for rows that are in memory (the SDK's tests), and as the measure
 * for the SQL that libs/tables makes of them.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { SortKey } from './document.js';
import { isRowColumn, type ColumnTest, type FieldTest, type Filter, type OrderOperator } from './filter.js';

/** A row as plugin code sees it. */
export type TableRow = JsonObject & { id: string; created_at: string; updated_at: string };

/**
 * What may be looked at while rows are judged. A filter and a row of strangers can make that dear: many conditions on a
 * path through a long list, or a pattern on a long text.
 */
export class MatchBudget {
  /** `steps`: values that are looked at, and pieces of {@link charsPerStep} characters that are compared. */
  constructor(private steps: number) {}

  /** Throws {@link MatchTooDear} when nothing is left. */
  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) throw new MatchTooDear();
  }
}

/** A row needed more work than its budget gave. */
export class MatchTooDear extends Error {
  constructor() {
    super('The filters and the row together need more steps than one row may take.');
  }
}

const charsPerStep = 16;
const stepsOfText = (chars: number): number => 1 + Math.floor(chars / charsPerStep);

/** Whether a row passes. Throws {@link MatchTooDear} with a budget that does not do. Default: no limit. */
export function matchesFilter(filter: Filter, row: TableRow, budget?: MatchBudget): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matchesFilter(one, row, budget));
    case 'or':
      return filter.filters.some((one) => matchesFilter(one, row, budget));
    case 'not':
      return !matchesFilter(filter.filter, row, budget);
    case 'never':
      return false;
    case 'column':
      return passesColumn(filter.test, row[filter.column]);
    case 'field':
      return passesField(filter.test, valuesAt(row, filter.path, budget), budget);
  }
}

/** The values that a path leads to: a name in a list is looked for in each object of the list. */
function valuesAt(value: Json, path: readonly string[], budget?: MatchBudget): Json[] {
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  const holders = Array.isArray(value) ? value : [value];
  budget?.spend(1 + holders.length);
  return holders.flatMap((holder) => {
    const inner = isJsonObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
    return inner === undefined ? [] : valuesAt(inner, rest, budget);
  });
}

function passesField(test: FieldTest, found: Json[], budget?: MatchBudget): boolean {
  // A condition on a list asks whether one of its items passes.
  const items = found.flat();
  budget?.spend(items.length);
  switch (test.op) {
    case 'eq':
      if (test.value === null) return found.length === 0 || items.includes(null);
      if (typeof test.value === 'object')
        return [...found, ...items].some((item) => isSameJson(item, test.value, budget));
      return items.includes(test.value);
    case 'in':
      budget?.spend(items.length * stepsOfText(test.values.length));
      return (
        items.some((item) => (test.values as Json[]).includes(item)) ||
        (test.orNull && (found.length === 0 || items.includes(null)))
      );
    case 'like':
      return items.some((item) => typeof item === 'string' && isLike(item, test.pattern, budget));
    case 'exists':
      return found.length > 0;
    default:
      return items.some((item) => {
        if (typeof item === 'string') budget?.spend(stepsOfText(item.length));
        return passesOrder(test.op, item, test.value);
      });
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
function isSameJson(one: Json, other: Json, budget?: MatchBudget): boolean {
  budget?.spend(1);
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSameJson(item, other[index] ?? null, budget))
    );
  }
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name] ?? null, other[name] ?? null, budget))
  );
}

/**
 * SQL's LIKE, by characters. After a mismatch it goes back to the last `%` only, so a pattern takes at most as many
 * steps as it and the text have characters, multiplied, and no more than the budget.
 */
function isLike(text: string, pattern: string, budget?: MatchBudget): boolean {
  budget?.spend(stepsOfText(text.length));
  const [chars, parts] = [[...text], partsOfLike(pattern)];
  let at = 0;
  let part = 0;
  let [anyPart, anyAt] = [-1, 0];
  let pending = 0;
  while (at < chars.length) {
    pending += 1;
    if (pending % 256 === 0) budget?.spend(256 / charsPerStep);
    const wanted = parts[part];
    if (wanted === anyChars) {
      [anyPart, anyAt] = [part, at];
      part += 1;
    } else if (wanted === oneChar || (wanted !== undefined && wanted === chars[at])) {
      part += 1;
      at += 1;
    } else if (anyPart >= 0) {
      anyAt += 1;
      [part, at] = [anyPart + 1, anyAt];
    } else return false;
  }
  while (parts[part] === anyChars) part += 1;
  return part === parts.length;
}

const anyChars = Symbol('%');
const oneChar = Symbol('_');

function partsOfLike(pattern: string): (string | symbol)[] {
  return [...pattern.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain = '']) => {
    if (escaped !== undefined) return escaped;
    return plain === '%' ? anyChars : plain === '_' ? oneChar : plain;
  });
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
