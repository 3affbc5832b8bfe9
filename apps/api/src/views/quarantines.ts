import { z } from 'zod';
import { time } from './shared.js';

export const Quarantine = z
  .object({
    id: z.string(),
    slug: z.string().nullable().describe('Every release of it; `null`: one archive alone'),
    sha256: z.string().nullable().describe('The archive, in hex; `null`: every release of a slug'),
    reason: z.string(),
    created_by: z.string(),
    created_at: time,
  })
  .meta({ id: 'Quarantine', description: 'Code that nobody may run' });
export type Quarantine = z.infer<typeof Quarantine>;

export const SetQuarantine = Quarantine.extend({
  stopped: z.number().int().describe('Installations that were on and are stopped'),
}).meta({ id: 'SetQuarantine', description: 'A quarantine as it was set' });
export type SetQuarantine = z.infer<typeof SetQuarantine>;
