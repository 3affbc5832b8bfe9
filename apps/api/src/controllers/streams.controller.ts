import { Access, type Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import { messageOf } from '@annex/kernel';
import { restLimits } from '@annex/limits';
import { Events } from '@annex/runs';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { CLOSING } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { eventStream } from '../http/answers.js';
import { input } from '../http/input.js';
import { TenantStreams } from '../http/tenant-stream.js';
import { Event } from '../views/events.js';
import { Run } from '../views/runs.js';
import { eventQuery } from './events.controller.js';
import { runQuery } from './runs.controller.js';

const eventStreamQuery = eventQuery.pick({ type: true, since: true });
const runStreamQuery = runQuery.pick({ plugin: true, kind: true, status: true, event_id: true, name: true });

/** A look at the database that failed; the next one comes all the same. */
const failed =
  (request: FastifyRequest) =>
  (thrown: unknown): void =>
    request.log.warn({ reason: messageOf(thrown) }, 'a stream could not look for what is new');

@ApiTags('Events')
@Controller('api/events/stream')
export class EventStreamController {
  readonly #streams: TenantStreams;

  constructor(
    access: Access,
    private readonly events: Events,
    @Inject(CLOSING) closing: AbortSignal,
  ) {
    this.#streams = new TenantStreams({ access, closing, max: restLimits.streams, what: 'event streams' });
  }

  @Get()
  @Endpoint({
    name: 'streamEvents',
    summary: 'New events as server-sent events',
    gate: 'viewer',
    query: eventStreamQuery,
    stream: true,
    description:
      'Each event once, as soon as what was accepted before it is known too, with the deliveries that it has then. ' +
      '`Last-Event-ID` goes on behind the last one that came; `since` begins with events from before. Both reach ' +
      'back over the latest 20,000 events.',
    answers: { 200: eventStream(Event) },
    problems: [429],
  })
  stream(
    @CurrentCaller() caller: Caller,
    @Query(input(eventStreamQuery)) query: z.infer<typeof eventStreamQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#streams.open({ caller, request, reply }, (lastId, send, ready) =>
      this.events.follow(
        caller.tenant.id,
        { type: query.type, since: query.since, lastId },
        { send, ready, onFailed: failed(request) },
      ),
    );
  }
}

@ApiTags('Runs')
@Controller('api/runs/stream')
export class RunStreamController {
  readonly #streams: TenantStreams;

  constructor(
    access: Access,
    private readonly execution: Execution,
    @Inject(CLOSING) closing: AbortSignal,
  ) {
    this.#streams = new TenantStreams({ access, closing, max: restLimits.streams, what: 'run streams' });
  }

  @Get()
  @Endpoint({
    name: 'streamRuns',
    summary: 'Runs as server-sent events, as they are made and whenever they change',
    gate: 'viewer',
    query: runStreamQuery,
    stream: true,
    description:
      'A run comes again with each change, until it has ended; of a filter by `status`, when it has that. ' +
      '`Last-Event-ID` goes on behind the last change that came, among the latest 20,000 runs; a state that came ' +
      'before may come once more then. Plain calls of routes come as runs that ended.',
    answers: { 200: eventStream(Run) },
    problems: [429],
  })
  stream(
    @CurrentCaller() caller: Caller,
    @Query(input(runStreamQuery)) { event_id: eventId, ...query }: z.infer<typeof runStreamQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#streams.open({ caller, request, reply }, (lastId, send, ready) =>
      this.execution.reader.follow(
        caller.tenant.id,
        { ...query, eventId, lastId },
        { send, ready, onFailed: failed(request) },
      ),
    );
  }
}
