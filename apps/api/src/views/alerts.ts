import { z } from 'zod';
import { time } from './shared.js';

export const Alert = z
  .object({
    id: z.string(),
    status: z.enum(['firing', 'resolved']),
    rule: z.string().describe('`<mapping>/<rule>` that counts it'),
    key: z.string(),
    type: z.string().describe('Of its events'),
    count: z.number().int().describe('Events since it began to fire'),
    first_at: time,
    last_at: time,
    event_id: z.string().describe('The last event of it that went through'),
    ends_at: time.describe('When it is over if nothing more comes; of a resolved one, when it is forgotten'),
    silence_ends_at: time.nullable().describe('Until then its events are kept back'),
    resolved_by: z.string().nullable().describe('The actor who resolved it; `null`: an event or its time, or nobody'),
  })
  .meta({ id: 'Alert', description: 'Events of one rule and key' });
export type Alert = z.infer<typeof Alert>;
