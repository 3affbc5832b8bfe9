import { Access, type Principal } from '@annex/access';
import { Operations } from '@annex/operations';
import { parseId, type Page } from '@annex/kernel';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentPrincipal } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, lookup, pageSchema, refuse } from '../http/input.js';
import { Examination, InstallationAnywhere, PlatformSettings, Processes, Queue } from '../views/operations.js';
import { Erasure } from '../views/access.js';
import { listOf } from '../views/shared.js';

const installationsQuery = pageSchema.extend({
  slug: lookup(100).optional().describe('The plugin’s slug'),
  status: lookup(30).optional().describe('`enabled`, `suspended`, `failed`, …'),
});

const erasuresQuery = pageSchema.extend({
  tenant: lookup(100).optional().describe('The tenant’s id, or the slug that it had'),
});

/** What operators see of the whole platform. */
@ApiTags('Operations')
@Controller('api/operator')
export class OperatorController {
  constructor(
    private readonly operations: Operations,
    private readonly access: Access,
  ) {}

  @Get('erasures')
  @Endpoint({
    name: 'listErasures',
    summary: 'Receipts of tenants that were erased, newest first',
    gate: 'operator',
    query: erasuresQuery,
    answers: { 200: listOf(Erasure) },
  })
  erasures(
    @CurrentPrincipal() principal: Principal,
    @Query(input(erasuresQuery)) { tenant, ...page }: z.infer<typeof erasuresQuery>,
  ): Promise<Page<Erasure>> {
    return this.access.tenants.erasures(principal, { ...page, target: tenant });
  }

  @Get('queue')
  @Endpoint({
    name: 'getQueue',
    summary: 'Background work of all tenants: what waits, and why',
    gate: 'operator',
    description: 'At most two seconds old.',
    answers: { 200: Queue },
  })
  queue(): Promise<Queue> {
    return this.operations.queue();
  }

  @Get('doctor')
  @Endpoint({
    name: 'examinePlatform',
    summary: 'What is wrong with the running platform, and what to do',
    gate: 'operator',
    description:
      'Looks at database, rights, migrations, clock, queue, backlog, processes, isolation, disk, settings and ' +
      'certificates, each for five seconds at most. It changes nothing, and is at most two seconds old.',
    answers: { 200: Examination },
  })
  doctor(): Promise<Examination> {
    return this.operations.examine();
  }

  @Get('processes')
  @Endpoint({
    name: 'listProcesses',
    summary: 'Every process of Annex with its executors',
    gate: 'operator',
    answers: { 200: Processes },
  })
  async processes(): Promise<Processes> {
    return { items: await this.operations.processes() };
  }

  @Get('installations')
  @Endpoint({
    name: 'listInstallations',
    summary: 'Installations of a plugin, or of all, in every tenant',
    gate: 'operator',
    query: installationsQuery,
    answers: { 200: listOf(InstallationAnywhere) },
  })
  installations(
    @Query(input(installationsQuery)) { cursor, ...query }: z.infer<typeof installationsQuery>,
  ): Promise<Page<InstallationAnywhere>> {
    const after = cursor === undefined ? undefined : parseId('installation', cursor);
    if (cursor !== undefined && after === undefined)
      refuse('/cursor', 'must be the next_cursor of the page before; leave it out to begin');
    return this.operations.installations({ ...query, after });
  }

  @Get('settings')
  @Endpoint({
    name: 'listPlatformSettings',
    summary: 'The settings in force, without what is secret',
    gate: 'operator',
    description: 'Of the process that answers; docs/configuration.md explains each.',
    answers: { 200: PlatformSettings },
  })
  settings(): PlatformSettings {
    return { items: [...this.operations.settings()] };
  }
}
