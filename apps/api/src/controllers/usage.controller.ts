import type { Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { text } from '../http/answers.js';
import { input, instant, wholeListSchema } from '../http/input.js';
import { PluginMetrics, Usage } from '../views/runs.js';

const metricsQuery = z.object({ since: instant.optional(), until: instant.optional() });
const usageQuery = wholeListSchema.extend({ since: instant.optional(), until: instant.optional() });

/** What plugins used, and how their runs ended. */
@ApiTags('Runs')
@Controller('api')
export class UsageController {
  constructor(private readonly execution: Execution) {}

  @Get('plugins/:id/metrics')
  @Endpoint({
    name: 'getPluginMetrics',
    summary: 'Runs by status, kind and error, durations, counts by day',
    gate: 'viewer',
    query: metricsQuery,
    answers: { 200: PluginMetrics },
  })
  metrics(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(metricsQuery)) query: z.infer<typeof metricsQuery>,
  ): Promise<PluginMetrics> {
    return this.execution.reader.metrics(caller.tenant.id, id, query);
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Endpoint({
    name: 'getTenantMetrics',
    summary: 'What the tenant’s plugins did, for Prometheus',
    gate: 'viewer',
    callPoints: 10,
    description:
      'Counters are of the present UTC day: they begin again at midnight, which `rate` and `increase` know as a ' +
      'restart. At most 1,000 series of one name; `annex_series_left_out` counts the others.',
    answers: { 200: text('text/plain', 'Prometheus text exposition format 0.0.4') },
  })
  prometheus(@CurrentCaller() caller: Caller): Promise<string> {
    return this.execution.reader.prometheus(caller.tenant.id);
  }

  @Get('usage')
  @Endpoint({
    name: 'getUsage',
    summary: 'What the tenant’s plugins used, by day, and use against each quota',
    gate: 'viewer',
    query: usageQuery,
    answers: { 200: Usage },
  })
  async usage(
    @CurrentCaller() caller: Caller,
    @Query(input(usageQuery)) query: z.infer<typeof usageQuery>,
  ): Promise<Usage> {
    return { ...(await this.execution.reader.usage(caller.tenant.id, query)), next_cursor: null };
  }
}
