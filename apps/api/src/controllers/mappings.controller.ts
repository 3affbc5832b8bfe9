import type { Page, PageRequest } from '@annex/kernel';
import { roleAtLeast, type Caller } from '@annex/access';
import { mappingLimits } from '@annex/limits';
import { Mappings, type SentMapping } from '@annex/mappings';
import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { nothing } from '../http/answers.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { expectedNumber } from '../http/if-match.js';
import { anyJson, input, pageSchema } from '../http/input.js';
import { YamlText } from '../http/json-body.js';
import { Mapping, SetMapping, TriedMappings } from '../views/mappings.js';
import { listOf } from '../views/shared.js';

const document = z
  .looseObject({
    api_version: z.literal('v1').optional(),
    mappings: z.array(anyJson).optional().describe('Rules; the first that takes an event counts'),
    correlations: z.array(anyJson).optional(),
    unmapped: z.enum(['keep', 'drop']).optional().describe('Default keep'),
  })
  .describe('As docs/mappings.md tells; YAML (application/yaml) is read too');

const trial = z.strictObject({
  mapping: anyJson.optional().describe('Tried beside those in force: an object, or YAML as a text. Default: none'),
  name: z.string().max(63).default('test').describe('It takes the place of the one in force with this name'),
  events: z
    .array(anyJson)
    .min(1)
    .optional()
    .describe('As POST /api/events takes them, in the order of their time. Default: the latest of the tenant'),
  recent: z.int().min(1).max(mappingLimits.testEvents).optional().describe('How many of the latest. Default 20'),
  type: z.string().max(200).optional().describe('Only the latest of this type'),
});

const condition =
  '`If-Match` with the version that was read changes that one only, and 0 only what is not there yet: 412 ' +
  '`MAPPING_CHANGED` otherwise.';

/** What was sent: YAML as its text, anything else as its value. */
function sentBy(body: unknown): SentMapping {
  return body instanceof YamlText ? { yaml: body.yaml } : { json: body };
}

/** What events become, which of them are one alert, and what follows when several come together. */
@ApiTags('Mappings')
@Controller('api/mappings')
export class MappingsController {
  constructor(private readonly mappings: Mappings) {}

  @Get()
  @Endpoint({
    name: 'listMappings',
    summary: 'Mappings in force',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(Mapping) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<Mapping>> {
    return this.mappings.list(caller, page);
  }

  @Post('test')
  @Endpoint({
    name: 'testMappings',
    summary: 'See what would become of events; nothing is written',
    gate: 'developer',
    body: trial,
    callPoints: 10,
    maxBodyBytes: Infinity,
    description: 'Nothing is remembered from before: the first event of a key goes through.',
    answers: { 200: TriedMappings },
  })
  test(
    @CurrentCaller() caller: Caller,
    @Body(input(trial)) { mapping, name, ...rest }: z.infer<typeof trial>,
  ): Promise<TriedMappings> {
    const sent: SentMapping = typeof mapping === 'string' ? { yaml: mapping } : { json: mapping };
    return this.mappings.test(caller, { ...rest, ...(mapping !== undefined && { mapping: { name, sent } }) });
  }

  @Get(':name')
  @Endpoint({
    name: 'getMapping',
    summary: 'One mapping',
    gate: 'viewer',
    description: 'The answer’s `ETag` is its version.',
    answers: { 200: Mapping },
  })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Mapping> {
    const view = await this.mappings.get(caller, name);
    void reply.header('etag', `"${view.version}"`);
    return view;
  }

  @Put(':name')
  @Endpoint({
    name: 'setMapping',
    summary: 'Set a mapping, new or not',
    gate: 'developer',
    body: document,
    takesYaml: true,
    callPoints: 10,
    maxBodyBytes: 2 * mappingLimits.bytes,
    description:
      '201 when it is new. It is in force from the answer on, as a whole. A faulty one is refused with all its ' +
      'faults, and the one before stays in force. A rule that could keep back what the platform itself says needs ' +
      'the role admin. ' +
      condition,
    answers: { 200: SetMapping, 201: SetMapping },
    problems: [412],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SetMapping> {
    const { created, ...view } = await this.mappings.put(caller, name, {
      ...sentBy(body),
      isAdmin: roleAtLeast(caller.role, 'admin'),
      ifVersion: expectedNumber(ifMatch),
    });
    void reply.status(created ? 201 : 200).header('etag', `"${view.version}"`);
    return view;
  }

  @Delete(':name')
  @Endpoint({
    name: 'deleteMapping',
    summary: 'Remove a mapping with its alerts',
    gate: 'developer',
    description: condition,
    answers: { 204: nothing },
    problems: [412],
  })
  delete(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.mappings.delete(caller, name, { ifVersion: expectedNumber(ifMatch) });
  }
}
