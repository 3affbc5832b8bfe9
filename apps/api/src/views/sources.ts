import { sourceTypes } from '@annex/manifest';
import { sourceStates } from '@annex/sources';
import { z } from 'zod';
import { fault, json, jsonObject, runStatus, time } from './shared.js';

export const Source = z
  .object({
    name: z.string().describe('A package’s is called `<slug>.<name>`'),
    type: z.enum([...sourceTypes, 'webhook']).describe('`webhook`: set at /api/hooks'),
    plugin: z.string().nullable().describe('The slug of its package; `null`: the tenant’s own'),
    enabled: z.boolean(),
    state: z
      .enum(sourceStates)
      .describe('`starting`: nothing was taken yet. `backoff`: it failed, and is tried again. `failed`: restart it'),
    reason: z.string().nullable().describe('Why it does not run; `null` while it does'),
    with: jsonObject.describe('What its connection needs, as it was written'),
    auth: z
      .object({
        kind: z.enum(['public', 'hmac', 'token']),
        scheme: z.string().nullable().describe('The form of the proof, such as `github` or `bearer`'),
        secret: z.string().nullable().describe('Names the secret; nobody is told what it holds'),
      })
      .nullable()
      .describe('How senders prove who they are; `null`: nobody sends'),
    events: z.array(z.string()).describe('Patterns of the events that it may emit'),
    require: z
      .array(z.string())
      .describe('Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody'),
    schedule: z.string().nullable(),
    timezone: z.string().nullable(),
    path: z.string().nullable().describe('Where others send: below the address of this Annex'),
    cursor: json.describe('Where it goes on; `null`: at the beginning'),
    owner: z.string().nullable().describe('The worker that holds its connection'),
    lag_s: z.number().int().nullable().describe('Seconds since something was taken last, be it nothing'),
    last_error: fault.extend({ at: time.nullable(), run_id: z.string().nullable() }).nullable(),
    restarts: z.number().int().describe('Times that its connection broke within the last hour'),
    counts: z
      .object({ events: z.number().int(), duplicates: z.number().int(), rejected: z.number().int() })
      .nullable()
      .describe('`null`: nobody counts, of webhooks'),
    next_at: time.nullable().describe('When it polls next, or opens its connection again'),
    last_event_at: time.nullable(),
    last_run: z.object({ id: z.string(), status: runStatus }).nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Source', description: 'Where events come from' });
export type Source = z.infer<typeof Source>;

export const SourceTest = z
  .object({
    ok: z.boolean(),
    run_id: z.string().nullable(),
    events: z
      .array(
        z.object({
          type: z.string(),
          id: z.string().nullable(),
          subject: z.string().nullable(),
          data: json,
          missing: z.array(z.string()).describe('Required paths at which it has nothing'),
        }),
      )
      .describe('The first ones'),
    event_count: z.number().int(),
    cursor: json,
    more: z.boolean(),
    error: fault.nullable(),
  })
  .meta({ id: 'SourceTest', description: 'What a source would give now: nothing was emitted' });
export type SourceTest = z.infer<typeof SourceTest>;
