import type { Caller } from '@annex/access';
import { Database, listAudit } from '@annex/persistence';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/caller.js';
import { Endpoint } from '../http/describe.js';
import { input, pageSchema } from '../http/input.js';

const query = pageSchema.extend({ cursor: z.coerce.number().int().min(1).optional().describe('`next_cursor` of the page before') });

@ApiTags('Operations')
@Controller('api/audit')
export class AuditController {
  constructor(private readonly database: Database) {}

  @Get()
  @Endpoint({ summary: 'Every change in the tenant, newest first', gate: 'admin', query })
  async list(@CurrentCaller() caller: Caller, @Query(input(query)) { limit, cursor }: z.infer<typeof query>): Promise<unknown> {
    const rows = await this.database.forTenant(caller.tenant.id).transaction((tx) => listAudit(tx, { limit: limit + 1, before: cursor }));
    const items = rows.slice(0, limit);
    return { items, next_cursor: rows.length > limit ? String(items.at(-1)?.seq) : null };
  }
}
