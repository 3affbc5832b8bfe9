import { eventSeverities } from '@annex/events';
import { z } from 'zod';
import { fault, json, runStatus, time } from './shared.js';

const deliveryFields = {
  run_id: z.string(),
  plugin: z.string().nullable(),
  webhook: z.string().optional(),
  status: runStatus,
  attempts: z.number().int(),
  replay_of: z.string().optional(),
};

export const EventDelivery = z
  .object(deliveryFields)
  .meta({ id: 'EventDelivery', description: 'A run that an event was given to' });
export type EventDelivery = z.infer<typeof EventDelivery>;

const eventFields = {
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string().nullable(),
  data: json,
  time,
  severity: z.enum(eventSeverities),
  tags: z.array(z.string()),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  rejected: z
    .object({ reason: z.string(), missing: z.array(z.string()) })
    .optional()
    .describe('Why nobody got it: what its source must say and it did not'),
  run_id: z.string().optional().describe('The run that emitted it'),
  raw_type: z.string().optional().describe('The type that it came with, where a mapping gave it another'),
  mapped_from: z.string().optional().describe('`<mapping>/<rule>` that took it, or made it'),
  suppressed_by: z
    .object({
      reason: z.enum(['window', 'silence', 'resolved', 'unmapped']),
      rule: z.string(),
      alert: z.string().nullable(),
    })
    .optional()
    .describe('Why a mapping gave it to nobody'),
  alert: z
    .object({
      id: z.string(),
      status: z.enum(['firing', 'resolved']),
      count: z.number().int().describe('Events of the alert up to this one'),
      first_at: time,
    })
    .optional()
    .describe('The alert that it belongs to'),
};

export const Event = z.object({ ...eventFields, deliveries: z.array(EventDelivery) }).meta({ id: 'Event' });
export type Event = z.infer<typeof Event>;

interface TracedDelivery extends z.infer<typeof EventDelivery> {
  emitted?: CausedEvent[] | undefined;
}
interface CausedEvent extends Pick<z.infer<typeof Event>, 'id' | 'type' | 'source' | 'time'> {
  deliveries: TracedDelivery[];
}

export const TracedDelivery: z.ZodType<TracedDelivery> = z
  .object({
    ...deliveryFields,
    get emitted() {
      return z.array(CausedEvent).optional().describe('What this run emitted, each with its own deliveries');
    },
  })
  .meta({ id: 'TracedDelivery', description: 'A run that an event was given to, and what it caused' });

export const CausedEvent: z.ZodType<CausedEvent> = z
  .object({
    id: eventFields.id,
    type: eventFields.type,
    source: eventFields.source,
    time,
    get deliveries() {
      return z.array(TracedDelivery);
    },
  })
  .meta({ id: 'CausedEvent' });

export const EventTree = z
  .object({
    ...eventFields,
    deliveries: z.array(TracedDelivery),
    caused_by: z
      .object({
        run_id: z.string(),
        plugin: z.string().nullable(),
        kind: z.string().nullable(),
        name: z.string().nullable(),
        event_id: z.string().nullable(),
        event_type: z.string().nullable(),
      })
      .nullable()
      .describe('The run that emitted it and the event behind that; `null`: it came from outside'),
    passed_over: z
      .array(
        z.object({
          plugin: z.string().nullable(),
          kind: z.enum(['event', 'webhook']).describe('`event`: a hook. `webhook`: a webhook or an agent'),
          name: z.string().describe('The hook’s pattern, or the name of the webhook or agent'),
          reason: z.enum(['where', 'off']).describe('`where`: its filter. `off`: its plugin is not enabled'),
        }),
      )
      .describe('Who wants events of this name and would not get this one, as handlers stand now; 100 at most'),
    tree_truncated: z.boolean().describe('The tree goes on beyond what is shown: 10 levels, 200 events'),
  })
  .meta({ id: 'EventTree', description: 'An event with what made it happen and what it made happen' });
export type EventTree = z.infer<typeof EventTree>;

export const EmittedEvent = z.object({ event_id: z.string() }).meta({ id: 'EmittedEvent' });
export type EmittedEvent = z.infer<typeof EmittedEvent>;

export const TestedEvent = z
  .object({
    event_id: z.string(),
    deliveries: z.array(
      z.object({
        plugin: z.string().nullable(),
        run_id: z.string(),
        status: runStatus,
        result: json,
        error: fault.nullable(),
      }),
    ),
  })
  .meta({ id: 'TestedEvent' });
export type TestedEvent = z.infer<typeof TestedEvent>;

export const ReplayedEvent = z
  .object({
    event_id: z.string(),
    deliveries: z.array(z.object({ run_id: z.string(), plugin: z.string().nullable(), status: z.literal('queued') })),
  })
  .meta({ id: 'ReplayedEvent' });
export type ReplayedEvent = z.infer<typeof ReplayedEvent>;

export const FilteredValue = z
  .object({
    value: json,
    runs: z.array(
      z.object({
        plugin: z.string(),
        run_id: z.string().nullable(),
        status: z.enum(['succeeded', 'failed', 'skipped']),
        error: fault.optional(),
      }),
    ),
  })
  .meta({ id: 'FilteredValue' });
export type FilteredValue = z.infer<typeof FilteredValue>;
