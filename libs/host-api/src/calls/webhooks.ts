import { maxPayloadBytes } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { json, jsonUpTo, line } from '../wire.js';

/** Webhooks of the package. */
export const webhookCalls = {
  'webhooks.send': row({
    args: z.tuple([line(200), jsonUpTo(json, maxPayloadBytes)]),
    result: z.object({ delivery_id: z.string(), status: z.string() }),
    permission: 'emit_webhook',
    meter: 'webhook_sends',
    doc: 'Delivers a payload to a webhook of this package (`webhooks/<name>.yaml`), now.',
    example: "await ctx.webhooks.send('build_completed', { id })",
  }),
};
