import type { Page, PageRequest } from '@annex/kernel';
import { Access, type Caller, type Principal } from '@annex/access';
import { accountLimits, supportLimits } from '@annex/limits';
import { quotaNames, type QuotaName } from '@annex/quotas';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentCaller, CurrentPrincipal } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema } from '../http/input.js';
import { nothing } from '../http/answers.js';
import { SupportEntry, suspensionScope, Tenant } from '../views/access.js';
import { listOf } from '../views/shared.js';

const newTenant = z.strictObject({
  slug: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'must be 1 to 63 lower-case letters, digits and inner hyphens, as in a host name',
  }),
  name: z.string().min(1).max(200),
});
const ownChange = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  timezone: z.string().min(1).max(64).optional().describe('IANA zone in which its people read times'),
});
const tenantChange = newTenant.partial().extend({
  timezone: ownChange.shape.timezone,
  weight: z
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Turns of background work where a tenant of weight 1 gets one'),
  background_concurrency: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Background runs that it may always have at once; more while others idle'),
  quotas: z
    .partialRecord(
      z.enum(quotaNames as [QuotaName, ...QuotaName[]]),
      z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
    )
    .optional()
    .describe('Limits of this tenant alone; null: what holds for every tenant. GET /api/usage names them all'),
});
const deletion = z.object({
  confirm: z.string().max(200).optional().describe('The tenant’s slug, so that none is deleted by accident'),
  now: z
    .enum(['true', 'false'])
    .optional()
    .transform((text) => text === 'true')
    .describe('`true`: erase at once, without a time of grace'),
});

const suspension = z.strictObject({
  reason: z.string().min(1).max(accountLimits.reasonChars).describe('Its people are told'),
  scope: suspensionScope.default('everything'),
});

const supportEntry = z.strictObject({
  reason: z.string().min(1).max(accountLimits.reasonChars).describe('Stands in the tenant’s audit trail'),
  access: z
    .enum(['read', 'change'])
    .default('read')
    .describe('`read`: as a viewer. `change`: whatever an admin of the tenant may do'),
  minutes: z.number().int().min(1).max(supportLimits.longestMinutes).default(supportLimits.minutes),
});

@ApiTags('Tenants')
@Controller('api/tenants')
export class TenantsController {
  constructor(private readonly access: Access) {}

  @Post()
  @Endpoint({
    name: 'createTenant',
    summary: 'Make a tenant',
    gate: 'operator',
    body: newTenant,
    answers: { 201: Tenant },
  })
  create(
    @CurrentPrincipal() principal: Principal,
    @Body(input(newTenant)) body: z.infer<typeof newTenant>,
    @Req() request: FastifyRequest,
  ): Promise<Tenant> {
    return this.access.tenants.create(principal, body, request.id);
  }

  @Get()
  @Endpoint({
    name: 'listTenants',
    summary: 'Every tenant',
    gate: 'operator',
    query: pageSchema,
    answers: { 200: listOf(Tenant) },
  })
  list(@CurrentPrincipal() principal: Principal, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Tenant>> {
    return this.access.tenants.list(principal, page);
  }

  @Get(':slug')
  @Endpoint({ name: 'getTenant', summary: 'One tenant', gate: 'operator', answers: { 200: Tenant } })
  get(@CurrentPrincipal() principal: Principal, @Param('slug') slug: string): Promise<Tenant> {
    return this.access.tenants.get(principal, slug);
  }

  @Patch(':slug')
  @Endpoint({
    name: 'updateTenant',
    summary: 'Change a tenant: its name, its slug and with it its addresses, its weight, concurrency and quotas',
    gate: 'operator',
    body: tenantChange,
    answers: { 200: Tenant },
  })
  update(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Body(input(tenantChange)) { background_concurrency: backgroundConcurrency, ...body }: z.infer<typeof tenantChange>,
    @Req() request: FastifyRequest,
  ): Promise<Tenant> {
    return this.access.tenants.update(principal, slug, { ...body, backgroundConcurrency }, request.id);
  }

  @Delete(':slug')
  @Endpoint({
    name: 'deleteTenant',
    summary: 'Delete a tenant: suspended at once, erased after a time of grace',
    gate: 'operator',
    query: deletion,
    description:
      'Until `deletion.erases_at` the tenant can be taken back. With `now=true` it is erased at once and the ' +
      'answer is 204.',
    answers: { 202: Tenant, 204: nothing },
  })
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Query(input(deletion)) query: z.infer<typeof deletion>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tenant | undefined> {
    const suspended = await this.access.tenants.delete(principal, slug, { ...query, requestId: request.id });
    void reply.status(suspended ? 202 : 204);
    return suspended ?? undefined;
  }

  @Post(':slug/restore')
  @Endpoint({
    name: 'restoreTenant',
    summary: 'Take a deleted tenant back',
    gate: 'operator',
    description: 'Works until its erasure begins.',
    answers: { 200: Tenant },
  })
  restore(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Req() request: FastifyRequest,
  ): Promise<Tenant> {
    return this.access.tenants.restore(principal, slug, request.id);
  }
}

/** Tenants that operators keep at a standstill. */
@ApiTags('Tenants')
@Controller('api/tenants/:slug')
export class SuspensionsController {
  constructor(private readonly access: Access) {}

  @Post('suspend')
  @Endpoint({
    name: 'suspendTenant',
    summary: 'Bring a tenant, or its background work alone, to a standstill',
    gate: 'operator',
    body: suspension,
    description:
      'Runs under way end, and no further one is started. What waits is kept, and events that come meanwhile too ' +
      'where background work alone stands still. Operators can still enter. Asked for again, the newer words hold.',
    answers: { 200: Tenant },
  })
  suspend(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Body(input(suspension)) body: z.infer<typeof suspension>,
    @Req() request: FastifyRequest,
  ): Promise<Tenant> {
    return this.access.suspensions.suspend(principal, slug, { ...body, requestId: request.id });
  }

  @Post('support-entries')
  @Endpoint({
    name: 'enterTenantForSupport',
    summary: 'Enter a tenant for support: for a time, with a reason, and to look only unless asked otherwise',
    gate: 'operator',
    body: supportEntry,
    shownOnce: ['token'],
    description:
      'Gives an API token of this tenant alone. The tenant’s audit trail says who entered, why and until when; its ' +
      'admins can revoke the token. A tenant that is suspended opens to operators only.',
    answers: { 201: SupportEntry },
  })
  enter(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Body(input(supportEntry)) body: z.infer<typeof supportEntry>,
    @Req() request: FastifyRequest,
  ): Promise<SupportEntry> {
    return this.access.support.enter(principal, slug, { ...body, requestId: request.id });
  }

  @Post('resume')
  @Endpoint({
    name: 'resumeTenant',
    summary: 'Let a suspended tenant go on',
    gate: 'operator',
    description: 'What waited is started; one that goes on already stays as it is.',
    answers: { 200: Tenant },
  })
  resume(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Req() request: FastifyRequest,
  ): Promise<Tenant> {
    return this.access.suspensions.resume(principal, slug, request.id);
  }
}

/** The caller's own tenant. */
@ApiTags('Tenants')
@Controller('api/tenant')
export class OwnTenantController {
  constructor(private readonly access: Access) {}

  @Get()
  @Endpoint({
    name: 'getOwnTenant',
    summary: 'The tenant that the call is for',
    gate: 'viewer',
    answers: { 200: Tenant },
  })
  get(@CurrentCaller() caller: Caller): Promise<Tenant> {
    return this.access.tenants.own(caller);
  }

  @Patch()
  @Endpoint({
    name: 'updateOwnTenant',
    summary: 'Change its name, or the zone in which its people read times',
    gate: 'admin',
    body: ownChange,
    answers: { 200: Tenant },
  })
  update(@CurrentCaller() caller: Caller, @Body(input(ownChange)) body: z.infer<typeof ownChange>): Promise<Tenant> {
    return this.access.tenants.updateOwn(caller, body);
  }
}
