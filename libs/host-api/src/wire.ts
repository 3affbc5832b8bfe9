/**
 * What may stand in the arguments and answers of host calls. Arguments arrive as one JSON array text chosen by plugin
 * code, so these schemas see only what `JSON.parse` makes: no prototypes, no functions, no cycles.
 */
import { jsonBytes, type Json, type JsonObject } from '@annex/kernel';
import { callLimits, httpLimits } from '@annex/limits';
import { z } from 'zod';

/**
 * Why a JSON value cannot be kept, or `undefined`: deeper than {@link callLimits.jsonLevels}, or text that PostgreSQL's
 * `jsonb` and `text` refuse (U+0000, unpaired surrogates).
 */
export function storageProblem(value: Json, depth = 0): string | undefined {
  if (typeof value === 'string') return textProblem(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= callLimits.jsonLevels) return `nested deeper than ${callLimits.jsonLevels} levels`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = storageProblem(item, depth + 1);
      if (problem) return problem;
    }
    return undefined;
  }
  for (const [key, item] of Object.entries(value)) {
    const problem = textProblem(key) ?? storageProblem(item, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'contains the character U+0000, which cannot be stored; send bytes instead';
  return text.isWellFormed() ? undefined : 'contains half of a surrogate pair, which is not text; send bytes instead';
}

/** Any JSON value that can be kept. */
export const json = z
  .custom<Json>((value) => value !== undefined, 'a value is missing')
  .superRefine((value, context) => {
    const problem = storageProblem(value);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** Any JSON object that can be kept. */
export const jsonObject = z
  .custom<JsonObject>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  )
  .superRefine((value, context) => {
    const problem = storageProblem(value);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** The code that a fault carries when something is well-formed but too large. */
export const tooLargeCode = 'PAYLOAD_TOO_LARGE';

/** A JSON value of at most `maxBytes` as UTF-8 JSON text. */
export function jsonUpTo<S extends z.ZodType<Json>>(schema: S, maxBytes: number): S {
  return schema.superRefine((value, context) => {
    const bytes = jsonBytes(value);
    if (bytes <= maxBytes) return;
    context.addIssue({
      code: 'custom',
      message: `is ${bytes} bytes of JSON; the limit is ${maxBytes}`,
      params: { code: tooLargeCode },
    });
  });
}

/** One line of text that can be kept, of 1 to `max` characters, without control characters. */
export function line(max: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text without control characters');
}

/** Bytes on the wire: `{"$bytes": "<base64>"}`; handlers see a `Uint8Array`. */
export const bytes = z.strictObject({ $bytes: z.string() }).transform((wire, context): Uint8Array => {
  const decoded = Buffer.from(wire.$bytes, 'base64');
  if (Math.ceil(decoded.length / 3) * 4 === wire.$bytes.length) return decoded;
  context.addIssue({ code: 'custom', message: '$bytes must be padded base64 (RFC 4648 §4)' });
  return z.NEVER;
});

/**
 * An argument that may be left out; `JSON.stringify` turns an `undefined` in an array into `null`, so `null` means the
 * same.
 */
export function optional<S extends z.ZodType>(
  schema: S,
): z.ZodType<z.output<S> | undefined, z.input<S> | null | undefined> {
  return schema.nullish().transform((value) => value ?? undefined) as z.ZodType<
    z.output<S> | undefined,
    z.input<S> | null | undefined
  >;
}

/** Text or bytes of an HTTP body; base64 when it is not valid UTF-8. */
export const httpBody = z.strictObject({ encoding: z.enum(['utf8', 'base64']), data: z.string() });

/** Header fields in order, repeated names allowed. */
export const headerList = z.array(z.tuple([z.string(), z.string()])).max(httpLimits.headerFields);

/** Parameters to add to a URL: as text, or by name, where a list repeats its name and `null` leaves it out. */
export const query = z.union([
  z.string().max(8192),
  z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number(), z.boolean()]))]),
  ),
]);

/** A position that a list answered as `next_cursor`; opaque to plugins. */
export const cursor = z.string().min(1).max(1024);
