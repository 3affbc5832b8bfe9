import type { Page, PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { Installations } from '@annex/installations';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema } from '../http/input.js';
import { TenantJob } from '../views/plugins.js';
import { listOf } from '../views/shared.js';

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
}
