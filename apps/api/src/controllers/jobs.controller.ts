import type { Page, PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { Installations } from '@annex/installations';
import { scheduleLimits } from '@annex/limits';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, instant, pageSchema, refuse } from '../http/input.js';
import { JobTimes, TenantJob } from '../views/plugins.js';
import { listOf } from '../views/shared.js';

const dayMs = 86_400_000;
const span = pageSchema.extend({
  limit: z.coerce.number().int().min(1).max(scheduleLimits.calendarJobs).default(scheduleLimits.calendarJobs),
  since: instant,
  until: instant.describe('Left out itself'),
});

@ApiTags('Jobs')
@Controller('api/jobs')
export class JobsController {
  constructor(private readonly installations: Installations) {}

  @Get()
  @Endpoint({
    name: 'listJobs',
    summary: 'The jobs of all the tenant’s plugins, in order of slug',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(TenantJob) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<TenantJob>> {
    return this.installations.tenantJobs(caller, page);
  }

  @Get('calendar')
  @Endpoint({
    name: 'listJobTimes',
    summary: 'When the jobs that have a schedule run within a span of time',
    gate: 'viewer',
    query: span,
    description:
      `The span has ${scheduleLimits.calendarDays} days at most. A page may hold none and still name a ` +
      '`next_cursor`: jobs without a schedule are left out.',
    answers: { 200: listOf(JobTimes) },
  })
  times(
    @CurrentCaller() caller: Caller,
    @Query(input(span)) { since, until, ...page }: z.infer<typeof span>,
  ): Promise<Page<JobTimes>> {
    const [sinceMs, untilMs] = [since.getTime(), until.getTime()];
    if (untilMs <= sinceMs) refuse('/until', 'must be later than since');
    if (untilMs - sinceMs > scheduleLimits.calendarDays * dayMs)
      refuse('/until', `must be at most ${scheduleLimits.calendarDays} days after since`);
    return this.installations.jobTimes(caller, page, { sinceMs, untilMs });
  }
}
