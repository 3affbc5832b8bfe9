import type { Page, PageRequest } from '@annex/kernel';
import type { Caller } from '@annex/access';
import {
  hmacAlgorithms,
  hmacContents,
  hmacEncodings,
  hookPresets,
  InboundHooks,
  type HookSourceInput,
} from '@annex/webhooks';
import { Body, Controller, Delete, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { anyJson, input, pageSchema } from '../http/input.js';
import { nothing } from '../http/answers.js';
import { listOf } from '../views/shared.js';
import { HookSource } from '../views/webhooks.js';

const form = z.strictObject({
  algorithm: z.enum(hmacAlgorithms).optional().describe('Default sha256'),
  encoding: z.enum(hmacEncodings).optional().describe('Default hex'),
  prefix: z.string().max(50).optional().describe('What stands before the value, such as "sha1="'),
  signs: z.enum(hmacContents).optional().describe('Default body'),
});
const put = z.strictObject({
  preset: z
    .enum(hookPresets)
    .describe('How the sender proves who it is; "none": it does not, and whoever knows the URL is believed'),
  secret: z
    .string()
    .max(2048)
    .optional()
    .describe('What it signs with or sends along ("basic": user:password); never shown again; left out, it stays'),
  verify_token: z
    .string()
    .max(500)
    .nullable()
    .optional()
    .describe('What it brings as hub.verify_token when it asks first; left out, it stays'),
  url: z
    .string()
    .max(2000)
    .nullable()
    .optional()
    .describe(
      'The address that the sender was given, where that is signed too (trello, square); left out: the one that is ' +
        'called',
    ),
  signature: form.nullable().optional().describe('How the preset "hmac" signs'),
  cors: anyJson
    .optional()
    .describe('Pages of other origins that may send: "*", a list of origins, or { origins, … }; left out: none'),
  require: z
    .array(z.string().max(1000))
    .max(1000)
    .optional()
    .describe(
      'Paths into its events that must not be empty, such as "data.body.action"; an event that lacks one is ' +
        'rejected: kept, shown by GET /api/events?status=rejected, given to nobody',
    ),
  header: z
    .string()
    .max(100)
    .nullable()
    .optional()
    .describe('Where the signature stands, if not where the preset says'),
  tolerance_s: z.int().optional().describe('How far the signed time may be away, in seconds; default 300'),
});

/** Who may send to `POST /hooks/:tenant/:source`. */
@ApiTags('Webhooks')
@Controller('api/hooks')
export class HooksController {
  constructor(private readonly hooks: InboundHooks) {}

  @Get()
  @Endpoint({
    name: 'listHookSources',
    summary: 'Sources of incoming webhooks',
    gate: 'developer',
    query: pageSchema,
    answers: { 200: listOf(HookSource) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(pageSchema)) page: PageRequest): Promise<Page<HookSource>> {
    return this.hooks.list(caller, page);
  }

  @Get(':source')
  @Endpoint({ name: 'getHookSource', summary: 'One source', gate: 'developer', answers: { 200: HookSource } })
  get(@CurrentCaller() caller: Caller, @Param('source') source: string): Promise<HookSource> {
    return this.hooks.get(caller, source);
  }

  @Put(':source')
  @Endpoint({
    name: 'setHookSource',
    summary: 'Set a source, new or not',
    gate: 'developer',
    body: put,
    description: '201 when it is new. With another secret the one before is believed for 24 hours more.',
    answers: { 200: HookSource, 201: HookSource },
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('source') source: string,
    @Body(input(put)) { tolerance_s: toleranceS, verify_token: verifyToken, signature, ...rest }: z.infer<typeof put>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HookSource> {
    const { created, ...view } = await this.hooks.put(caller, source, {
      ...rest,
      toleranceS,
      verifyToken,
      signature: signature as HookSourceInput['signature'],
    });
    void reply.status(created ? 201 : 200);
    return view;
  }

  @Delete(':source')
  @Endpoint({
    name: 'deleteHookSource',
    summary: 'Receive nothing from it any more',
    gate: 'developer',
    answers: { 204: nothing },
  })
  delete(@CurrentCaller() caller: Caller, @Param('source') source: string): Promise<void> {
    return this.hooks.delete(caller, source);
  }
}
