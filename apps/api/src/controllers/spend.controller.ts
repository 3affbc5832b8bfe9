import type { PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { spendLimits } from '@annex/limits';
import { Spend, type Period } from '@annex/spend';
import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { text } from '../http/answers.js';
import { input, pageSchema, refuse, wholeListSchema } from '../http/input.js';
import { SpendReport } from '../views/spend.js';

const day = z.iso.date({ error: 'must be a date such as 2026-01-31' });
const period = z.object({
  since: day.describe('The first UTC day'),
  until: day.describe('The last UTC day'),
});
const ownQuery = wholeListSchema.extend(period.shape);
const pagedQuery = pageSchema.extend(period.shape).extend({
  cursor: z
    .string()
    .regex(/^ten_[0-9a-z]{26}$/, { error: 'must be the next_cursor of the page before; leave it out to begin' })
    .optional()
    .describe('`next_cursor` of the page before'),
});

const csv = text('text/csv', 'A line for each tenant and plugin, with the names of the columns first');

/** What the tenant's plugins used, as bills are made from it. */
@ApiTags('Operations')
@Controller('api/spend')
export class SpendController {
  constructor(private readonly spend: Spend) {}

  @Get()
  @Endpoint({
    name: 'getSpend',
    summary: 'What the tenant used in closed days, by plugin',
    gate: 'admin',
    query: ownQuery,
    answers: { 200: SpendReport },
  })
  own(@CurrentCaller() caller: Caller, @Query(input(ownQuery)) query: Period): Promise<SpendReport> {
    return this.spend.own(caller, checked(query));
  }

  @Get('csv')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Endpoint({
    name: 'exportSpend',
    summary: 'The same as CSV',
    gate: 'admin',
    query: period,
    answers: { 200: csv },
  })
  ownCsv(@CurrentCaller() caller: Caller, @Query(input(period)) query: Period): Promise<string> {
    return this.spend.ownCsv(caller, checked(query));
  }
}

/** What all tenants used. */
@ApiTags('Operations')
@Controller('api/operator/spend')
export class OperatorSpendController {
  constructor(private readonly spend: Spend) {}

  @Get()
  @Endpoint({
    name: 'listSpend',
    summary: 'What all tenants used in closed days, by tenant and plugin; so many tenants a page',
    gate: 'operator',
    query: pagedQuery,
    description: 'Tenants that were erased are among them. A closed day never changes.',
    answers: { 200: SpendReport },
  })
  all(@Query(input(pagedQuery)) query: Period & PageRequest): Promise<SpendReport> {
    return this.spend.all(checked(query), query);
  }

  @Get('csv')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Endpoint({
    name: 'exportAllSpend',
    summary: 'The same as CSV, of all tenants',
    gate: 'operator',
    query: period,
    answers: { 200: csv },
  })
  allCsv(@Query(input(period)) query: Period): Promise<string> {
    return this.spend.allCsv(checked(query));
  }
}

function checked({ since, until }: Period): Period {
  const days = (Date.parse(until) - Date.parse(since)) / 86_400_000 + 1;
  if (days < 1) refuse('/until', `is before since (${since})`);
  if (days > spendLimits.days) refuse('/until', `makes ${days} days; at most ${spendLimits.days} are added up`);
  return { since, until };
}
