import type { Page, PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { ownSourceTypes, Sources } from '@annex/sources';
import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { nothing } from '../http/answers.js';
import { anyJson, anyObject, input, pageSchema } from '../http/input.js';
import { listOf } from '../views/shared.js';
import { Source, SourceTest } from '../views/sources.js';

const cursorBody = z.strictObject({
  cursor: anyJson.describe('Where it goes on, as its handler or connection wrote it; `null`: at the beginning'),
});

const put = z.strictObject({
  type: z
    .enum(ownSourceTypes)
    .describe('alertmanager: an Alertmanager sends to /hooks/<tenant>/<name>. postgres: changes of a database'),
  with: anyObject
    .optional()
    .describe('What its connection needs; texts may hold ${SECRET:NAME} with a secret of the tenant'),
  auth: anyJson
    .optional()
    .describe('Who may send, such as { "token": { "secret": "NAME" } } with a secret of the tenant, or "public"'),
  events: z.array(z.string().max(1000)).max(1000).describe('Patterns of the events that it may emit'),
  require: z
    .array(z.string().max(1000))
    .max(1000)
    .optional()
    .describe('Paths into its events that must not be empty; an event that lacks one is kept, and given to nobody'),
  enabled: z.boolean().optional().describe('Default true'),
});

/** Where a tenant's events come from. */
@ApiTags('Sources')
@Controller('api/sources')
export class SourcesController {
  constructor(private readonly sources: Sources) {}

  @Get()
  @Endpoint({
    name: 'listSources',
    summary: 'Sources of events, by name',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(Source) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Source>> {
    return this.sources.list(caller, page);
  }

  @Get(':name')
  @Endpoint({ name: 'getSource', summary: 'One source', gate: 'viewer', answers: { 200: Source } })
  get(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<Source> {
    return this.sources.get(caller, name);
  }

  @Put(':name')
  @Endpoint({
    name: 'setSource',
    summary: 'Set a source of the tenant’s own, new or not',
    gate: 'developer',
    body: put,
    description: '201 when it is new. With another type it begins anew.',
    answers: { 200: Source, 201: Source },
    problems: [409],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body(input(put)) body: z.infer<typeof put>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Source> {
    const { created, ...view } = await this.sources.put(caller, name, body);
    void reply.status(created ? 201 : 200);
    return view;
  }

  @Delete(':name')
  @Endpoint({
    name: 'deleteSource',
    summary: 'Delete a source of the tenant’s own',
    gate: 'developer',
    answers: { 204: nothing },
    problems: [409],
  })
  delete(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.sources.delete(caller, name);
  }

  @Post(':name/pause')
  @Endpoint({
    name: 'pauseSource',
    summary: 'Take nothing from a source until it is resumed',
    gate: 'developer',
    answers: { 200: Source },
  })
  pause(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<Source> {
    return this.sources.pause(caller, name);
  }

  @Post(':name/resume')
  @Endpoint({
    name: 'resumeSource',
    summary: 'Go on with a source that was paused',
    gate: 'developer',
    answers: { 200: Source },
  })
  resume(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<Source> {
    return this.sources.resume(caller, name);
  }

  @Post(':name/restart')
  @Endpoint({
    name: 'restartSource',
    summary: 'Begin a source anew, from where its cursor stands',
    gate: 'developer',
    description: 'Its initialize runs again, and a failure is forgotten.',
    answers: { 200: Source },
  })
  restart(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<Source> {
    return this.sources.restart(caller, name);
  }

  @Post(':name/test')
  @Endpoint({
    name: 'testSource',
    summary: 'Poll once, and emit nothing',
    gate: 'developer',
    callPoints: 10,
    description:
      'Shows what a poll would give now. The cursor stays where it is. Of a connection: whether its origin would let ' +
      'it in; one that is open stays so.',
    answers: { 200: SourceTest },
    problems: [503],
  })
  test(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<SourceTest> {
    return this.sources.test(caller, name);
  }

  @Put(':name/cursor')
  @Endpoint({
    name: 'setSourceCursor',
    summary: 'Say where a source goes on',
    gate: 'admin',
    body: cursorBody,
    description: 'What was emitted before is not emitted again, as long as the source gives it the same id.',
    answers: { 200: Source },
  })
  setCursor(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body(input(cursorBody)) { cursor }: z.infer<typeof cursorBody>,
  ): Promise<Source> {
    return this.sources.setCursor(caller, name, cursor);
  }
}
