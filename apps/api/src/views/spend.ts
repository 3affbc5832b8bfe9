import { z } from 'zod';

const count = z.number();

export const SpendReport = z
  .object({
    since: z.string(),
    until: z.string(),
    closed_until: z
      .string()
      .nullable()
      .describe('The last closed UTC day; later days of the period count nothing so far'),
    complete: z.boolean().describe('Every day is closed: the same period gives the same figures from now on'),
    items: z.array(
      z
        .object({
          tenant_id: z.string(),
          tenant: z.string().describe('The slug that it had last'),
          plugin: z.string().nullable().describe('`null`: of the tenant as a whole'),
          runs: count,
          failed_runs: count,
          cpu_ms: count,
          wall_ms: count,
          host_calls: count,
          http_calls: count,
          egress_bytes: count.describe('Bodies of `ctx.http`, sent and received'),
          mails: count,
          llm_tokens: count,
          storage_byte_days: count.describe('The sum of what was kept at the end of each day'),
        })
        .meta({ id: 'SpendLine' }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'SpendReport', description: 'What was used in a period, as bills are made from it' });
export type SpendReport = z.infer<typeof SpendReport>;
