import type { Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import { seriesKeys } from '@annex/runs';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { restLimits } from '@annex/limits';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, instant, refuse } from '../http/input.js';
import { Stats } from '../views/runs.js';

const secondsOf: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

const query = z.object({
  metric: z
    .enum(['runs', 'wall_ms'])
    .describe('`runs`: how many were made. `wall_ms`: how long they took, as p50, p95 and p99'),
  by: z.enum(seriesKeys).default('status').describe('Of `runs`: what they are counted by'),
  bucket: z
    .string()
    .regex(/^[1-9]\d{0,5}[smhd]$/, { error: 'must be a length such as 30s, 5m, 1h or 1d' })
    .transform((text) => Number(text.slice(0, -1)) * (secondsOf[text.slice(-1)] ?? 1))
    .optional()
    .describe('Length of a bucket: `30s`, `5m`, `1h`, `1d`. Default: so that there are 60 at most'),
  plugin: z.string().max(100).optional().describe('A slug, or an id'),
  since: instant.optional().describe('Default: an hour before `until`'),
  until: instant.optional().describe('Default: now'),
});

@ApiTags('Runs')
@Controller('api/stats')
export class StatsController {
  readonly #charts = new InFlight(restLimits.charts, 'charts');

  constructor(private readonly execution: Execution) {}

  @Get()
  @Endpoint({
    name: 'getStats',
    summary: 'A time series for a chart',
    gate: 'viewer',
    query,
    description:
      'At most 1,000 buckets, over the latest 20,000 runs of the span: `complete_since` says what they cover.',
    answers: { 200: Stats },
    problems: [429],
  })
  get(@CurrentCaller() caller: Caller, @Query(input(query)) asked: z.infer<typeof query>): Promise<Stats> {
    const { since, until } = asked;
    if (since && until && since >= until) refuse('/since', 'must be before until');
    const leave = this.#charts.enter(caller.tenant.id);
    return this.execution.reader.stats(caller.tenant.id, { ...asked, bucketS: asked.bucket }).finally(leave);
  }
}
