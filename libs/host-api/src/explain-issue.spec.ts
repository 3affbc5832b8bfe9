import { expect, it } from 'vitest';
import { z } from 'zod';
import { explainIssue } from './explain-issue.js';

it.each<[z.ZodType, unknown, string]>([
  [z.string(), 5, 'must be text'],
  [z.string(), undefined, 'is required and must be text'],
  [z.coerce.number(), 'soon', 'must be a number'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.array(z.string()), {}, 'must be a list'],
  [z.record(z.string(), z.json()), [], 'must be an object'],
  [z.unknown().nonoptional(), undefined, 'is required'],
  [z.int().min(1), 0, 'must be at least 1'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().max(200), 201, 'must be at most 200'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().max(3), 'abcd', 'must have at most 3 characters'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 items'],
  [z.enum(['skip', 'queue']), 'never', 'must be one of "skip", "queue"'],
  [z.literal('v1'), 'v2', 'must be "v1"'],
  [z.strictObject({}), { tpyo: 1 }, 'has no member "tpyo"'],
  [z.union([z.string(), z.array(z.string())]), 5, 'must be text or a list'],
  [z.union([z.string(), z.strictObject({ a: z.string() })]), { a: 1 }, 'has none of the forms that are taken'],
  [z.string().startsWith('/'), 'x', 'must begin with "/"'],
  [z.string({ error: 'must be a key' }), 5, 'must be a key'],
])('a value that does not fit %# is explained by what to write instead', (schema, value, text) => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  expect(issue && explainIssue(issue)).toBe(text);
});
