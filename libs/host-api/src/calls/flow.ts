import { maxPayloadBytes } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { json, jsonObject, jsonUpTo, line, optional } from '../wire.js';

/** Events and jobs. */
export const flowCalls = {
  emit: row({
    args: z.tuple([
      line(200),
      jsonUpTo(json, maxPayloadBytes)
        .nullish()
        .transform((data) => data ?? {}),
      optional(
        z.strictObject({
          id: optional(line(200)),
          subject: optional(line(512)),
          source: optional(line(512)),
          severity: optional(line(20)),
          tags: optional(z.array(z.string().max(1000)).max(1000)),
          attributes: optional(jsonUpTo(jsonObject, 65_536)),
        }),
      ),
    ]),
    result: z.object({ event_id: z.string() }),
    meter: 'emits',
    doc: 'Puts an event into the tenant’s bus. At most 100 a run and 10 deep. The same `id` again is the same event.',
    example: "await ctx.emit('email.welcome_sent', { user_email })",
  }),
  'jobs.runNow': row({
    args: z.tuple([
      line(200),
      jsonUpTo(json, maxPayloadBytes)
        .nullish()
        .transform((payload) => payload ?? null),
    ]),
    result: z.object({ run_id: z.string(), status: z.string() }),
    meter: 'job_starts',
    doc: 'Starts a job of this plugin now and answers without waiting for it.',
    example: "await ctx.jobs.runNow('rebuild', { full: true })",
  }),
};
