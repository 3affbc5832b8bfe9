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

export const SetMapping = Mapping.extend({
  warnings: z.array(inputFault).describe('What was read in another way than it was written'),
}).meta({ id: 'SetMapping' });
export type SetMapping = z.infer<typeof SetMapping>;
