import { MiB } from '@annex/kernel';
import { z } from 'zod';
import { slugPattern } from '../names.js';
import { row } from '../row.js';
import { headerList, httpBody, optional, query } from '../wire.js';

const slug = z.string().regex(slugPattern, 'must be a plugin’s slug');

/** Routes of other plugins of the same tenant. */
export const pluginCalls = {
  'plugins.call': row({
    args: z.tuple([
      slug,
      z.string().max(8192).startsWith('/'),
      optional(
        z.strictObject({
          method: z.string().min(1).max(32).nullish(),
          headers: headerList.nullish(),
          query: query.nullish(),
          body: httpBody.nullish(),
          timeout_ms: z.number().positive().nullish(),
        }),
      ),
    ]),
    result: z.object({ status: z.int(), headers: headerList, body: httpBody.nullable() }),
    meter: 'plugin_calls',
    maxArgsBytes: 4 * MiB,
    maxResultBytes: 14 * MiB,
    doc:
      'Calls a route of a plugin named in the manifest’s `dependencies`, in the same tenant, as a run of its own ' +
      'that ends with this one. At most 5 calls deep, never in a circle. Answers status, headers and body whatever ' +
      'the status is.',
    example: "await ctx.plugins.call('price-list', '/prices', { query: { sku } })",
  }),
};
