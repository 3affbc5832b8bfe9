import type { Page } from '@annex/kernel';
import { roleAtLeast, type Caller } from '@annex/access';
import { Events, Runs, type ReplayedEvent as Replayed } from '@annex/runs';
import {
  eventNameFault,
  eventSeverities,
  isEventTag,
  readEvent,
  type EventInput,
  type EventReading,
} from '@annex/events';
import { Execution } from '@annex/execution';
import { eventLimits, maxPayloadBytes, restLimits } from '@annex/limits';
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { CLOSING, waitSignal } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { answered } from '../http/idempotency.js';
import { anyJson, input, instant, pageSchema } from '../http/input.js';
import { EmittedEvent, Event, EventTree, ReplayedEvent, TestedEvent } from '../views/events.js';
import { listOf } from '../views/shared.js';

const eventBody = z
  .looseObject({
    type: z.string().describe('Such as build.completed'),
    data: anyJson.optional(),
    id: z.string().optional().describe('The same id again is the same event'),
    source: z.string().optional(),
    subject: z.string().optional(),
    time: z.string().optional().describe('RFC 3339'),
    severity: z.enum(eventSeverities).optional().describe('Default info'),
    tags: z.array(z.string()).optional().describe('At most 32, each of 1 to 64 characters without commas'),
    attributes: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Extension attributes; in a CloudEvent they stand beside the others'),
  })
  .describe('Annex’s own form, or CloudEvents 1.0 JSON (with specversion)');
const testEvent = z.strictObject({
  event_type: z.string().check((context) => {
    const fault = eventNameFault(context.value, '/event_type');
    if (fault) context.issues.push({ code: 'custom', input: context.value, message: fault.detail });
  }),
  event_data: anyJson.optional(),
});
const eventReplay = z.strictObject({
  data: anyJson.optional().describe('Instead of the event’s own data'),
  plugins: z.array(z.string().max(100)).min(1).max(100).optional().describe('Only to these plugins, by slug'),
});
export const eventQuery = pageSchema.extend({
  type: z.string().max(200).optional().describe('A name, or a pattern'),
  since: instant.optional(),
  until: instant.optional(),
  severity: z.enum(eventSeverities).optional(),
  tag: z
    .string()
    .max(eventLimits.tagChars)
    .refine(isEventTag, 'is no tag: printable characters without commas')
    .optional()
    .describe('One of its tags'),
  status: z
    .enum(['rejected', 'suppressed'])
    .optional()
    .describe('Only events that nobody got: they lack what their source must say, or a mapping kept them back'),
});

/** The event, or every fault of it. `data`: what the request calls the event's data. */
function requireEvent(reading: EventReading, data = '/data'): EventInput {
  if (reading.ok) return reading.event;
  const errors = reading.errors.map((fault) => (fault.pointer === '/data' ? { ...fault, pointer: data } : fault));
  const detail = errors
    .map((fault) => `${fault.pointer || 'body'}: ${fault.detail}`)
    .join('; ')
    .slice(0, 1000);
  throw apiErrors.error(
    errors.every((fault) => fault.code === 'EVENT_TOO_LARGE') ? 'PAYLOAD_TOO_LARGE' : 'INVALID_INPUT',
    detail,
    { errors },
  );
}

const emittedView = ({ eventId }: { eventId: string }): EmittedEvent => ({ event_id: eventId });
const replayedView = ({ eventId, runs }: Replayed): ReplayedEvent => ({
  event_id: eventId,
  deliveries: runs.map(({ runId, plugin }) => ({ run_id: runId, plugin, status: 'queued' })),
});

@ApiTags('Events')
@Controller('api')
export class EventsController {
  constructor(
    private readonly events: Events,
    private readonly runs: Runs,
    private readonly execution: Execution,
    @Inject(CLOSING) private readonly closing: AbortSignal,
  ) {}

  @Post('events')
  @Endpoint({
    name: 'sendEvent',
    summary: 'Put an event into the tenant’s bus',
    gate: 'developer',
    body: eventBody,
    maxBodyBytes: Infinity,
    takesEvent: true,
    description:
      'Names that the platform itself emits (auth.*, files.*, plugin.*), and those that the operator reserves, need ' +
      'the role admin.',
    answers: { 202: EmittedEvent },
    problems: [429],
  })
  async emit(@CurrentCaller() caller: Caller, @Body() body: unknown): Promise<EmittedEvent> {
    const event = requireEvent(readEvent(body));
    this.#requireRight(caller, event);
    return emittedView(await this.events.emit(answered(caller, 202, emittedView), event));
  }

  @Post('plugins/test-event')
  @Endpoint({
    name: 'testEvent',
    summary: 'Send an event and see what each plugin made of it',
    gate: 'developer',
    body: testEvent,
    maxBodyBytes: 2 * maxPayloadBytes,
    callPoints: 10,
    answers: { 200: TestedEvent },
  })
  async test(
    @CurrentCaller() caller: Caller,
    @Body(input(testEvent)) body: z.infer<typeof testEvent>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TestedEvent> {
    const event = requireEvent(
      readEvent({ type: body.event_type, data: body.event_data ?? {}, source: '/api/plugins/test-event' }),
      '/event_data',
    );
    const { eventId, runs } = await this.events.emit(caller, event);
    const until = Date.now() + restLimits.testEventWaitMs;
    const signal = waitSignal(reply, this.closing);
    await Promise.all(
      runs.map(({ runId }) => this.runs.waitForRun(caller.tenant.id, runId, until - Date.now(), signal)),
    );
    const views = await Promise.all(runs.map(({ runId }) => this.execution.reader.run(caller.tenant.id, runId)));
    return {
      event_id: eventId,
      deliveries: views.map(({ plugin, id, status, result, error }) => ({ plugin, run_id: id, status, result, error })),
    };
  }

  @Get('events')
  @Endpoint({
    name: 'listEvents',
    summary: 'Events, newest first',
    gate: 'viewer',
    query: eventQuery,
    answers: { 200: listOf(Event) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(eventQuery)) query: z.infer<typeof eventQuery>,
  ): Promise<Page<Event>> {
    return this.events.list(caller.tenant.id, query, query);
  }

  @Get('events/:id')
  @Endpoint({
    name: 'getEvent',
    summary: 'One event with its deliveries, what caused it and what it caused',
    gate: 'viewer',
    answers: { 200: EventTree },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<EventTree> {
    return this.events.get(caller.tenant.id, id);
  }

  @Post('events/:id/replay')
  @Endpoint({
    name: 'replayEvent',
    summary: 'Deliver an event again to every plugin that wants it now',
    gate: 'developer',
    body: eventReplay,
    maxBodyBytes: Infinity,
    takesEvent: true,
    answers: { 202: ReplayedEvent },
    problems: [429],
  })
  async replay(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(eventReplay)) body: z.infer<typeof eventReplay>,
  ): Promise<ReplayedEvent> {
    return replayedView(await this.runs.replayEvent(answered(caller, 202, replayedView), id, body));
  }

  /**
   * Plugins trust what the platform says of its own users and files; so may only somebody who could change those say
   * it.
   */
  #requireRight(caller: Caller, event: EventInput): void {
    if (this.events.isReserved(event.type) && !roleAtLeast(caller.role, 'admin')) {
      throw apiErrors.error(
        'FORBIDDEN',
        `${event.type} is a name that the platform emits itself or the operator reserved; posting it needs the role ` +
          `admin, yours is ${caller.role}.`,
      );
    }
  }
}
