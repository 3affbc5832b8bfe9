import { mapPage, pageOf, type Page } from '@annex/kernel';
import { Access, type Caller, type Principal } from '@annex/access';
import { Database } from '@annex/database';
import { listAudit } from '@annex/audit';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller, CurrentPrincipal } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, instant, lookup, pageSchema } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { AuditEntry, PlatformAuditEntry } from '../views/audit.js';
import { listOf } from '../views/shared.js';

const query = pageSchema.extend({
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, { error: 'must be the next_cursor of the page before; leave it out to begin' })
    .optional()
    .describe('`next_cursor` of the page before'),
  actor: lookup(200).optional().describe('Who: the id of a user, token or operator, or `system`'),
  action: lookup(100).optional().describe('`plugin.enabled`, or `plugin` for all that begin so'),
  target: lookup(500).optional().describe('On what: an id or a name'),
  since: instant.optional(),
  until: instant.optional(),
});
const platformQuery = pageSchema.extend({
  action: lookup(100)
    .optional()
    .describe(
      '`tenant.deleted`, `tenant.restored`, `tenant.erased`, `tenant.suspended`, `tenant.resumed`, ' +
        '`tenant.exported`, `tenant.imported`, `support.entered`',
    ),
  target: lookup(100).optional().describe('The tenant’s id, or the slug that it had'),
});

@ApiTags('Operations')
@Controller('api/audit')
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
  ) {}

  @Get('platform')
  @Endpoint({
    name: 'listPlatformAudit',
    summary: 'What operators did to tenants, newest first; it outlives them',
    gate: 'operator',
    query: platformQuery,
    answers: { 200: listOf(PlatformAuditEntry) },
  })
  platform(
    @CurrentPrincipal() principal: Principal,
    @Query(input(platformQuery)) query: z.infer<typeof platformQuery>,
  ): Promise<Page<PlatformAuditEntry>> {
    return this.access.tenants.audit(principal, query);
  }

  @Get()
  @Endpoint({
    name: 'listAudit',
    summary: 'Every change in the tenant, newest first',
    gate: 'admin',
    query,
    answers: { 200: listOf(AuditEntry) },
  })
  async list(
    @CurrentCaller() caller: Caller,
    @Query(input(query)) { limit, cursor, ...filter }: z.infer<typeof query>,
  ): Promise<Page<AuditEntry>> {
    const rows = await this.database
      .forTenant(caller.tenant.id)
      .transaction((tx) =>
        listAudit(tx, { ...filter, limit: limit + 1, before: cursor === undefined ? undefined : Number(cursor) }),
      );
    const { items, next_cursor } = mapPage(
      pageOf(rows, { limit }, ({ seq }) => String(seq)),
      (row) => ({ ...row, at: row.at.toISOString() }),
    );
    return { items: await withActors(this.access, { caller, items }, ({ actor }) => actor), next_cursor };
  }
}
