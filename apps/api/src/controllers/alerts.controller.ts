import type { Page } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { mappingLimits } from '@annex/limits';
import { Alerts } from '@annex/mappings';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, pageSchema } from '../http/input.js';
import { Alert } from '../views/alerts.js';
import { listOf } from '../views/shared.js';

const alertQuery = pageSchema.extend({ status: z.enum(['firing', 'resolved']).optional() });
const silence = z.strictObject({
  for_s: z.int().min(0).max(mappingLimits.silenceS).describe('For how many seconds; 0: no longer'),
});

/** Events of one rule and key that belong together. */
@ApiTags('Mappings')
@Controller('api/alerts')
export class AlertsController {
  constructor(private readonly alerts: Alerts) {}

  @Get()
  @Endpoint({
    name: 'listAlerts',
    summary: 'Alerts, those that began last first',
    gate: 'viewer',
    query: alertQuery,
    answers: { 200: listOf(Alert) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(alertQuery)) query: z.infer<typeof alertQuery>,
  ): Promise<Page<Alert>> {
    return this.alerts.list(caller, query);
  }

  @Get(':id')
  @Endpoint({ name: 'getAlert', summary: 'One alert', gate: 'viewer', answers: { 200: Alert } })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Alert> {
    return this.alerts.get(caller, id);
  }

  @Post(':id/resolve')
  @Endpoint({
    name: 'resolveAlert',
    summary: 'End an alert, and tell it by an event',
    gate: 'developer',
    answers: { 200: Alert },
    problems: [429],
  })
  resolve(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Alert> {
    return this.alerts.resolve(caller, id);
  }

  @Post(':id/silence')
  @Endpoint({
    name: 'silenceAlert',
    summary: 'Keep the events of an alert’s key back for a while',
    gate: 'developer',
    body: silence,
    answers: { 200: Alert },
  })
  silence(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(silence)) { for_s: forS }: z.infer<typeof silence>,
  ): Promise<Alert> {
    return this.alerts.silence(caller, id, forS);
  }
}
