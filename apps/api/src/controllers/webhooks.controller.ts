import type { Caller } from '@annex/access';
import { KiB, type Page } from '@annex/kernel';
import { runStatuses } from '@annex/runs';
import { Webhooks, type WebhookInput } from '@annex/webhooks';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { anyJson, input, lookup, pageSchema, smallRecord } from '../http/input.js';
import { nothing } from '../http/answers.js';
import { listOf } from '../views/shared.js';
import { Delivery, NewWebhook, ReplayedDelivery, RotatedWebhook, TestedWebhook, Webhook } from '../views/webhooks.js';

const fields = {
  name: z.string().max(100).describe('1 to 63 letters, digits, "_", "-" and "."'),
  url: z.string().min(1).max(2048),
  events: z.array(z.string().max(200)).max(50).describe('Event names and patterns, such as build.*; "**" for all'),
  description: z
    .string()
    .max(500)
    .regex(/^[^\0]*$/, { error: 'must not hold U+0000' })
    .nullable()
    .optional(),
  headers: smallRecord(z.string().max(100), z.string().max(8192), 50)
    .optional()
    .describe('Further header fields; their values are never shown again'),
  retry: z
    .strictObject({
      max_attempts: z.int().min(1).max(20).optional(),
      backoff: z.enum(['exponential', 'fixed']).optional(),
      initial_delay_s: z.int().min(0).max(86_400).optional(),
      max_delay_s: z.int().min(1).max(86_400).optional(),
    })
    .optional(),
};
const create = z.strictObject({
  ...fields,
  secret: z.string().max(2048).optional().describe('Signs deliveries; left out, one is made'),
});
const update = z.strictObject(fields).partial();
const rotate = z.strictObject({ secret: z.string().max(2048).optional() });
const test = z.strictObject({ data: anyJson.optional() });
const listQuery = pageSchema.extend({ plugin: lookup(100).optional() });
const deliveryQuery = pageSchema.extend({
  webhook: lookup(100).optional().describe('An id or a name'),
  plugin: lookup(100).optional(),
  status: z.enum(runStatuses).optional(),
  event_id: lookup(500).optional(),
});

function fromWire<T extends { retry?: z.infer<typeof create>['retry'] }>({
  retry,
  ...rest
}: T): Omit<T, 'retry'> & Pick<WebhookInput, 'retry'> {
  if (retry === undefined) return rest;
  const { max_attempts: maxAttempts, backoff, initial_delay_s: initialDelayS, max_delay_s: maxDelayS } = retry;
  return {
    ...rest,
    retry: {
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(backoff !== undefined && { backoff }),
      ...(initialDelayS !== undefined && { initialDelayS }),
      ...(maxDelayS !== undefined && { maxDelayS }),
    },
  };
}

/** Where events go: webhooks of packages and of the tenant's own, and what was sent. */
@ApiTags('Webhooks')
@Controller('api/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: Webhooks) {}

  @Get()
  @Endpoint({
    name: 'listWebhooks',
    summary: 'Webhooks: the tenant’s own and those of its plugins',
    gate: 'viewer',
    query: listQuery,
    answers: { 200: listOf(Webhook) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(listQuery)) query: z.infer<typeof listQuery>,
  ): Promise<Page<Webhook>> {
    return this.webhooks.list(caller, query);
  }

  @Post()
  @Endpoint({
    name: 'createWebhook',
    summary: 'Register a webhook; its signing secret is shown this once',
    gate: 'developer',
    body: create,
    maxBodyBytes: 512 * KiB,
    callPoints: 10,
    shownOnce: ['secret'],
    answers: { 201: NewWebhook },
  })
  create(@CurrentCaller() caller: Caller, @Body(input(create)) body: z.infer<typeof create>): Promise<NewWebhook> {
    return this.webhooks.create(caller, fromWire(body));
  }

  @Get('deliveries')
  @Endpoint({
    name: 'listDeliveries',
    summary: 'Deliveries, those sent last first',
    gate: 'viewer',
    query: deliveryQuery,
    answers: { 200: listOf(Delivery) },
  })
  deliveries(
    @CurrentCaller() caller: Caller,
    @Query(input(deliveryQuery)) { event_id: eventId, limit, cursor, ...filter }: z.infer<typeof deliveryQuery>,
  ): Promise<Page<Delivery>> {
    return this.webhooks.deliveries(caller, { ...filter, eventId }, { limit, cursor });
  }

  @Get('deliveries/:id')
  @Endpoint({
    name: 'getDelivery',
    summary: 'One delivery with each attempt’s request and response',
    gate: 'developer',
    answers: { 200: Delivery },
  })
  delivery(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Delivery> {
    return this.webhooks.delivery(caller, id);
  }

  @Post('deliveries/:id/replay')
  @Endpoint({
    name: 'replayDelivery',
    summary: 'Send a delivery again: the same bytes, the same webhook-id',
    gate: 'developer',
    answers: { 202: ReplayedDelivery },
    problems: [429],
  })
  replay(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ReplayedDelivery> {
    return this.webhooks.replay(caller, id);
  }

  @Get(':id')
  @Endpoint({
    name: 'getWebhook',
    summary: 'One webhook',
    gate: 'viewer',
    description: '`:id` is its id, or its name where only one has it.',
    answers: { 200: Webhook },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Webhook> {
    return this.webhooks.get(caller, id);
  }

  @Patch(':id')
  @Endpoint({
    name: 'updateWebhook',
    summary: 'Change a webhook of the tenant’s own',
    gate: 'developer',
    body: update,
    maxBodyBytes: 512 * KiB,
    callPoints: 10,
    answers: { 200: Webhook },
  })
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(update)) body: z.infer<typeof update>,
  ): Promise<Webhook> {
    return this.webhooks.update(caller, id, fromWire(body));
  }

  @Delete(':id')
  @Endpoint({
    name: 'deleteWebhook',
    summary: 'Remove a webhook of the tenant’s own',
    gate: 'developer',
    answers: { 204: nothing },
  })
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.webhooks.delete(caller, id);
  }

  @Post(':id/rotate')
  @Endpoint({
    name: 'rotateWebhookSecret',
    summary: 'Give it another secret, shown this once; the one before signs beside it for 24 hours',
    gate: 'developer',
    body: rotate,
    shownOnce: ['secret'],
    answers: { 200: RotatedWebhook },
  })
  rotate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(rotate)) { secret }: z.infer<typeof rotate>,
  ): Promise<RotatedWebhook> {
    return this.webhooks.rotate(caller, id, secret);
  }

  @Post(':id/test')
  @Endpoint({
    name: 'testWebhook',
    summary: 'Send something to it',
    gate: 'developer',
    body: test,
    maxBodyBytes: Infinity,
    callPoints: 10,
    answers: { 202: TestedWebhook },
  })
  test(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(test)) { data }: z.infer<typeof test>,
  ): Promise<TestedWebhook> {
    return this.webhooks.test(caller, id, data);
  }

  @Post(':id/enable')
  @Endpoint({
    name: 'enableWebhook',
    summary: 'Let a disabled webhook go on',
    gate: 'developer',
    answers: { 200: Webhook },
  })
  enable(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Webhook> {
    return this.webhooks.enable(caller, id);
  }

  @Post(':id/disable')
  @Endpoint({
    name: 'disableWebhook',
    summary: 'Stop a webhook; deliveries that come meanwhile are skipped',
    gate: 'developer',
    answers: { 200: Webhook },
  })
  disable(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Webhook> {
    return this.webhooks.disable(caller, id);
  }
}
