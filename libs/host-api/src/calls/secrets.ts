import { z } from 'zod';
import { row } from '../row.js';
import { line } from '../wire.js';

/** Secrets named by the manifest. */
export const secretCalls = {
  'secrets.get': row({
    args: z.tuple([line(200)]),
    result: z.string().nullable(),
    doc: 'The plaintext of a declared secret, for this run, or `null` when the tenant has not set it.',
    example: "const key = await ctx.secrets.get('API_KEY')",
  }),
  'secrets.has': row({
    args: z.tuple([line(200)]),
    result: z.boolean(),
    doc:
      'Whether a declared secret has a value, without reading it. ' +
      'A name that the manifest does not declare has none.',
    example: "if (!(await ctx.secrets.has('API_KEY'))) return { skipped: 'API_KEY is not set' }",
  }),
};
