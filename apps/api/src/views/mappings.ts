import { z } from 'zod';
import { inputFault, jsonObject, time } from './shared.js';

export const Mapping = z
  .object({
    name: z.string(),
    plugin: z.string().nullable().describe('The plugin whose package brought it; `null`: the tenant’s own'),
    version: z.number().int().describe('One more with each change'),
    rules: z.number().int(),
    enabled_rules: z.number().int(),
    correlations: z.number().int(),
    document: jsonObject.describe('As it was written'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Mapping', description: 'What events become' });
export type Mapping = z.infer<typeof Mapping>;

const alert = z
  .object({ id: z.string(), status: z.enum(['firing', 'resolved']), count: z.number().int(), first_at: time })
  .nullable();

export const TriedMappings = z
  .object({
    events: z.array(
      z.object({
        event_id: z.string(),
        type: z.string(),
        raw_type: z.string().nullable(),
        subject: z.string().nullable(),
        severity: z.string(),
        tags: z.array(z.string()),
        mapped_from: z.string().nullable(),
        suppressed_by: z
          .object({
            reason: z.enum(['window', 'silence', 'resolved', 'unmapped']),
            rule: z.string(),
            alert: z.string().nullable(),
          })
          .nullable(),
        alert,
        makes: z
          .array(
            z.object({
              type: z.string(),
              subject: z.string().nullable(),
              severity: z.string(),
              mapped_from: z.string(),
              alert,
            }),
          )
          .describe('Events that would be made before or after it'),
      }),
    ),
    warnings: z.array(inputFault),
  })
  .meta({ id: 'TriedMappings', description: 'What would become of events' });
export type TriedMappings = z.infer<typeof TriedMappings>;

export const SetMapping = Mapping.extend({
  warnings: z.array(inputFault).describe('What was read in another way than it was written'),
}).meta({ id: 'SetMapping' });
export type SetMapping = z.infer<typeof SetMapping>;
