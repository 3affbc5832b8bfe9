import { explainIssue } from '@annex/host-api';
import {
  isJsonObject,
  parseId,
  type Id,
  type IdKind,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';
import { restLimits } from '@annex/limits';
import type { PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { apiErrors } from './errors.js';

/** Checks a body or query against a schema and answers all faults together, each with its JSON pointer. */
export class InputPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.infer<Schema>> {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.infer<Schema> {
    return readInput(this.schema, value);
  }
}

/** `@Body(input(schema))`, `@Query(input(schema))`. */
export function input<Schema extends z.ZodType>(schema: Schema): InputPipe<Schema> {
  return new InputPipe(schema);
}

/** Throws `INVALID_INPUT` unless the value fits the schema. */
export function readInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, restLimits.faults).flatMap(faults).slice(0, restLimits.faults);
  throw apiErrors.error(
    'INVALID_INPUT',
    errors
      .map((fault) => `${fault.pointer || 'body'}: ${fault.detail}`)
      .join('; ')
      .slice(0, 1000),
    { errors },
  );
}

function faults(issue: z.core.$ZodIssue): InputFault[] {
  const pointer = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${key}`,
      code: 'UNKNOWN_KEY',
      detail: 'is not a field of this request',
    }));
  }
  return [
    { pointer, code: issue.code === 'custom' ? 'INVALID' : issue.code.toUpperCase(), detail: explainIssue(issue) },
  ];
}

/**
 * Any JSON. A body came out of `JSON.parse`, so there is nothing to check, and a walk over it would cost more than
 * reading it did.
 */
export const anyJson = z.custom<Json>(() => true).meta({ description: 'Any JSON' });

/** Any JSON object. */
export const anyObject = z.custom<JsonObject>(isJsonObject, 'must be an object').meta({ type: 'object' });

/** An object with at most so many members: counted before any of them is looked at. */
export function smallRecord<Value extends z.ZodType>(key: z.ZodString, value: Value, max: number) {
  return z
    .custom<Record<string, unknown>>(isJsonObject, 'must be an object')
    .refine((given) => Object.keys(given).length <= max, { error: `must have at most ${max} members`, abort: true })
    .pipe(z.record(key, value))
    .meta({ type: 'object', maxProperties: max });
}

/** Text to look something up by: 1 to `max` characters without U+0000, which nothing is called. */
export const lookup = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/, { error: 'must not hold U+0000' });

/** `?limit=&cursor=` of every list. */
export const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Items a page, 1 to 200'),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before'),
});

/** The same of a list that always comes whole, so that whoever reads every list alike is not refused. */
export const wholeListSchema = z.object({
  limit: z.string().optional().describe('Changes nothing: the list comes whole'),
  cursor: z.string().optional().describe('Changes nothing: the list comes whole'),
});

/** Refuses a value that fits its schema, and not what else is asked for. Throws `INVALID_INPUT`. */
export function refuse(pointer: string, detail: string): never {
  throw apiErrors.error('INVALID_INPUT', `${pointer}: ${detail}`, { errors: [{ pointer, code: 'INVALID', detail }] });
}

/** An instant in a query: RFC 3339. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text));

/** An id that came in a path or body. One that is not well-formed names nothing, so it is `NOT_FOUND`. */
export function requireId<K extends IdKind>(kind: K, text: string): Id<K> {
  const id = parseId(kind, text);
  if (id === undefined)
    throw apiErrors.error('NOT_FOUND', `There is no ${kind} ${JSON.stringify(text.slice(0, 60))} here.`);
  return id;
}
