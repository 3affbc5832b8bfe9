import { z } from 'zod';

export const Liveness = z.object({ status: z.literal('ok') });
export type Liveness = z.infer<typeof Liveness>;

export const Readiness = z
  .object({
    status: z.enum(['ready', 'unavailable']),
    checks: z.record(z.string(), z.string()).describe('`ok`, or why a part does not work'),
    warnings: z
      .record(z.string(), z.string())
      .optional()
      .describe('What should be put right and keeps no traffic away; left out: nothing'),
    clock: z
      .object({
        database_offset_s: z
          .number()
          .int()
          .nullable()
          .describe('How far the database’s clock is ahead of this host’s; null while it does not answer'),
      })
      .optional(),
    sandbox: z
      .object({ tier: z.string(), layers: z.record(z.string(), z.boolean()) })
      .optional()
      .describe('How far plugin code is confined here: docs/sandbox.md'),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
