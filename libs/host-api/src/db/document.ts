/** What a row of a tenant's table may hold, as the host calls and the REST API check it. */
import { isJsonObject, quote, type Json, type JsonObject } from '@annex/kernel';
import { filterLimits, tableLimits } from '@annex/limits';
import { z } from 'zod';
import { storageProblem, tooLargeCode } from '../wire.js';
import { isForbiddenName } from './forbidden-names.js';
import { isRowColumn, numberProblem, readFilter, rowColumns, type Filter } from './filter.js';

/** Names of a tenant's tables. */
export const tableNamePattern = /^[a-z][a-z0-9_]{0,62}$/;

/** The name of a table. */
export const tableName = z
  .string()
  .regex(tableNamePattern, 'must be a table name: a-z first, then a-z, 0-9 and _, at most 63 characters');

type AddIssue = (issue: {
  code: 'custom';
  path: (string | number)[];
  message: string;
  params?: { code: string };
}) => void;

function checkFields(value: JsonObject, add: AddIssue): void {
  const problem = storageProblem(value) ?? numberProblem(value);
  if (problem) return add({ code: 'custom', path: [], message: problem });
  const hostile = findForbidden(value, []);
  if (hostile)
    add({
      code: 'custom',
      path: hostile,
      message: 'is a name that no field may have: __proto__, constructor and prototype mean something to every object',
    });
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > tableLimits.rowBytes) {
    add({
      code: 'custom',
      path: [],
      message:
        `is ${bytes} bytes of JSON; the limit of a row (document_bytes) is ${tableLimits.rowBytes}. Split it, or ` +
        'keep ' +
        'the large part in ctx.files',
      params: { code: tooLargeCode },
    });
  }
}

function findForbidden(value: Json, at: (string | number)[]): (string | number)[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value) && isForbiddenName(key)) return [...at, key];
    const found = findForbidden(item, [...at, key]);
    if (found) return found;
  }
  return undefined;
}

const object = z.custom<JsonObject>(isJsonObject, 'must be an object').meta({ type: 'object' });

/**
 * A new row's fields. `id`, `created_at` and `updated_at` are the platform's, so they are refused rather than quietly
 * replaced.
 */
export const newDocument = object.superRefine((value, context) => {
  for (const name of rowColumns) {
    if (Object.hasOwn(value, name))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is set by the platform; leave it out, or use a field of another name',
      });
  }
  refuseOperators(value, [], (issue) => context.addIssue(issue));
  checkFields(value, (issue) => context.addIssue(issue));
});

/** What an update changes. */
export interface DocumentPatch {
  /** Fields that get these values; each replaces the whole field. */
  set: JsonObject;
  /** Fields that are removed, also when `set` names them. */
  unset: string[];
}

/**
 * A change of a row: fields to set, and `$unset` with a list of fields to remove. `id`, `created_at` and `updated_at`
 * are passed over, so that a row that was read may be changed and sent back.
 */
export const documentPatch = object.transform((value, context): DocumentPatch => {
  const { $unset: unset = [], ...rest } = value;
  const set = Object.fromEntries(Object.entries(rest).filter(([name]) => !isRowColumn(name)));
  const names = Array.isArray(unset) ? unset.filter((name): name is string => typeof name === 'string') : [];
  if (!Array.isArray(unset) || names.length < unset.length || names.length > 1000) {
    context.addIssue({ code: 'custom', path: ['$unset'], message: 'must be a list of field names, at most 1000' });
  }
  for (const name of names) {
    if (isRowColumn(name))
      context.addIssue({ code: 'custom', path: ['$unset'], message: `${quote(name)} cannot be removed` });
  }
  refuseOperators(set, ['$unset'], (issue) => context.addIssue(issue));
  checkFields(set, (issue) => context.addIssue(issue));
  return { set, unset: names };
});

/** Fields whose names begin with `$` could never be named in a filter. */
function refuseOperators(value: JsonObject, allowed: readonly string[], add: AddIssue): void {
  for (const name of Object.keys(value)) {
    if (name === '') add({ code: 'custom', path: [name], message: 'is an empty name; give the field a name' });
    if (name.startsWith('$')) {
      add({
        code: 'custom',
        path: [name],
        message:
          `begins with $, which is for operators${allowed.length > 0 ? ` (there is ${allowed.join(', ')})` : ''}; ` +
          'choose another name',
      });
    }
  }
}

/** A filter; handlers get it read. */
export const filterInput = object.transform((value, context): Filter => {
  const size = JSON.stringify(value).length;
  if (size > filterLimits.chars) {
    context.addIssue({
      code: 'custom',
      message: `is ${size} characters of JSON; the limit of a filter is ${filterLimits.chars}`,
    });
    return z.NEVER;
  }
  let faults = 0;
  const filter = readFilter(value, (path, message) => {
    faults += 1;
    if (faults <= 20) context.addIssue({ code: 'custom', path, message });
  });
  return faults > 0 ? z.NEVER : filter;
});

/** One sort key. */
export interface SortKey {
  path: string[];
  descending: boolean;
}

const oneKey = z.string().max(257);

/** `'value'`, `'-value'`, or a list of such; handlers get them read. */
export const sortInput = z
  .union([oneKey, z.array(oneKey).max(tableLimits.sortKeys)])
  .transform((value, context): SortKey[] =>
    [value].flat().map((text, index) => {
      const descending = text.startsWith('-');
      const path = text.slice(descending || text.startsWith('+') ? 1 : 0).split('.');
      const problem = path.includes('')
        ? 'must name a field, such as "total" or "-created_at"'
        : path.some(isForbiddenName) || path.some((name) => name.startsWith('$'))
          ? 'names something that no row holds'
          : path.length > filterLimits.pathSegments
            ? `is a path of ${path.length} names; the limit is ${filterLimits.pathSegments}`
            : storageProblem(text);
      if (problem) context.addIssue({ code: 'custom', path: Array.isArray(value) ? [index] : [], message: problem });
      return { path, descending };
    }),
  );
