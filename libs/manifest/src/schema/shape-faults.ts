import { closest, jsonPointer, quote, type InputFault } from '@annex/kernel';
import type { z } from 'zod';
import { manifestJsonSchema } from './shape.js';

type SchemaNode = Record<string, unknown>;
type Issue = z.core.$ZodIssue;

/** What is judged. */
interface Judged {
  source: unknown;
  /** JSON Schema whose descriptions and examples say what to write. */
  schema: SchemaNode;
  /** What people call the document. */
  name: string;
}

/**
 * Says the faults of a shape as people can use them: where, what is wrong with which value, what to write instead.
 * `schema` and `name`: of another document than the manifest.
 */
export function shapeFaults(
  issues: readonly Issue[],
  source: unknown,
  { schema = manifestJsonSchema(), name = 'the manifest' }: Partial<Omit<Judged, 'source'>> = {},
): InputFault[] {
  return issues.flatMap((issue) => explain(issue, [], { source, schema, name }));
}

function explain(issue: Issue, above: readonly PropertyKey[], judged: Judged): InputFault[] {
  const { source } = judged;
  const path = [...above, ...issue.path].map((part) => (typeof part === 'number' ? part : String(part)));
  const value = valueAt(source, path);
  if (issue.code === 'invalid_union') {
    // The branch that was meant is the one whose type fits: its own faults are the ones to report.
    const meant = issue.errors.find(
      (branch) => !branch.some((each) => each.path.length === 0 && isTypeMismatch(each, value)),
    );
    if (meant !== undefined) return meant.flatMap((each) => explain(each, path, judged));
    return [
      { pointer: jsonPointer(...path), code: 'TYPE', detail: `must be a text or an object, not ${show(value)}.` },
    ];
  }
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((nodeAt(path, judged)?.['properties'] as SchemaNode | undefined) ?? {});
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const instead =
        near === undefined
          ? `Known keys: ${known.filter((name) => name !== '$schema').join(', ')}.`
          : `Did you mean "${near}"?`;
      return {
        pointer: jsonPointer(...path, key),
        code: 'UNKNOWN_KEY',
        detail: `is not a key of ${judged.name} here. ${instead}`,
      };
    });
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        pointer: jsonPointer(...path),
        code: 'FORMAT',
        detail: `the key must be ${describe(nodeAt(path.slice(0, -1), judged)?.['propertyNames'])}.`,
      },
    ];
  }
  const node = nodeAt(path, judged);
  return [{ pointer: jsonPointer(...path), ...detailOf(issue, value, node) }];
}

function detailOf(issue: Issue, value: unknown, node: SchemaNode | undefined): { code: string; detail: string } {
  const instead = describe(node);
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return { code: 'REQUIRED', detail: `is required: ${instead}.` };
      return { code: 'TYPE', detail: `must be ${typeName(issue.expected)}, not ${show(value)}: ${instead}.` };
    case 'invalid_value': {
      if (value === undefined) return { code: 'REQUIRED', detail: `is required: ${instead}.` };
      const near = typeof value === 'string' ? closest(value, issue.values.map(String)) : undefined;
      return {
        code: 'VALUE',
        detail:
          `${show(value)} is not ` +
          'allowed. ' +
          (near === undefined ? `Write one of: ${issue.values.map(String).join(', ')}.` : `Did you mean "${near}"?`),
      };
    }
    case 'too_small':
      return {
        code: 'RANGE',
        detail:
          issue.origin === 'string'
            ? `must not be empty: ${instead}.`
            : `${sizeOf(value)} is too few; at least ${issue.minimum}: ${instead}.`,
      };
    case 'too_big':
      return {
        code: 'RANGE',
        detail:
          `${sizeOf(value)} is too many; at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}: ` +
          `${instead}.`,
      };
    case 'invalid_format':
      return { code: 'FORMAT', detail: `${show(value)} does not fit; write ${instead}.` };
    default:
      return { code: 'INVALID', detail: `${show(value)} does not fit; write ${instead}.` };
  }
}

function isTypeMismatch(issue: Issue, value: unknown): boolean {
  if (issue.code === 'invalid_type') return true;
  return issue.code === 'invalid_value' && typeof value !== 'string';
}

function sizeOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return String(typeof value === 'string' || Array.isArray(value) ? value.length : show(value));
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
    int: 'a whole number',
    number: 'a number',
  };
  return names[expected] ?? expected;
}

function show(value: unknown): string {
  if (typeof value === 'string') return quote(value, 60);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The schema's own words for what belongs here, and an example. */
function describe(node: unknown): string {
  if (typeof node !== 'object' || node === null) return 'a value of the kind that the contract names';
  const { description, examples, items } = node as SchemaNode;
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const itemExample = (items as SchemaNode | undefined)?.['examples'];
  const shown = example ?? (Array.isArray(itemExample) ? [itemExample[0]] : undefined);
  const about = typeof description === 'string' ? description : 'a value';
  return shown === undefined ? about : `${about}, such as ${JSON.stringify(shown)}`;
}

function valueAt(source: unknown, path: readonly (string | number)[]): unknown {
  let value = source;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** The node of the published schema that judges a place, the branch of a choice that fits the value there. */
function nodeAt(path: readonly (string | number)[], { source, schema }: Judged): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  let value = source;
  for (const part of path) {
    value = valueAt(value, [part]);
    const next: unknown =
      typeof part === 'number'
        ? node['items']
        : ((node['properties'] as SchemaNode | undefined)?.[part] ?? node['additionalProperties']);
    if (typeof next !== 'object' || next === null) return undefined;
    node = next as SchemaNode;
    const branches: unknown = node['anyOf'];
    if (Array.isArray(branches)) {
      const wanted = typeof value === 'object' ? 'object' : 'string';
      node = (branches as SchemaNode[]).find((branch) => branch['type'] === wanted) ?? node;
    }
  }
  return node;
}
