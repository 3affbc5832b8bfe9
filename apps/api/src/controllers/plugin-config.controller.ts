import { Access, type Caller } from '@annex/access';
import { Installations, type NumberedConfig } from '@annex/installations';
import type { JsonObject, Page, PageRequest } from '@annex/kernel';
import { Body, Controller, Get, Headers, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { expectedNumber } from '../http/if-match.js';
import { anyObject, input, pageSchema } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { ConfigRevision, PluginConfig } from '../views/plugins.js';
import { listOf } from '../views/shared.js';

const rollback = z.strictObject({
  revision: z.int().min(0).max(1_000_000_000).describe('Of `GET …/config/revisions`; 0: before the first change'),
});
const condition =
  'The answer’s `ETag` is the number of the revision. `If-Match` with it changes only what the caller has read: 412 ' +
  '`CONFIG_CHANGED` otherwise.';

/** How every change of settings is let in, and what it answers: each has its settings judged by the plugin's schema. */
const change = { gate: 'admin', callPoints: 10, answers: { 200: PluginConfig }, problems: [412] } as const;

/** What `If-Match` says of the revision. */
function expected(ifMatch: string | undefined): { ifRevision: number | undefined } {
  return { ifRevision: expectedNumber(ifMatch) };
}

/** The settings themselves; their number goes into `ETag`. */
function answer({ revision, config }: NumberedConfig, reply: FastifyReply): PluginConfig {
  void reply.header('etag', `"${revision}"`);
  return config;
}

@ApiTags('Plugins')
@Controller('api/plugins')
export class PluginConfigController {
  constructor(
    private readonly installations: Installations,
    private readonly access: Access,
  ) {}

  @Get(':id/config')
  @Endpoint({
    name: 'getPluginConfig',
    summary: 'The tenant’s settings for the plugin, defaults filled in',
    gate: 'viewer',
    description: 'The answer’s `ETag` is the number of the revision.',
    answers: { 200: PluginConfig },
  })
  async config(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PluginConfig> {
    return answer(await this.installations.getConfig(caller, id), reply);
  }

  @Put(':id/config')
  @Endpoint({
    name: 'setPluginConfig',
    summary: 'Replace the settings',
    ...change,
    body: anyObject,
    maxBodyBytes: Infinity,
    description: condition,
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(anyObject)) body: JsonObject,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PluginConfig> {
    return answer(await this.installations.putConfig(caller, id, body, expected(ifMatch)), reply);
  }

  @Patch(':id/config')
  @Endpoint({
    name: 'updatePluginConfig',
    summary: 'Change some settings (RFC 7396 merge patch)',
    ...change,
    body: anyObject,
    maxBodyBytes: Infinity,
    description: condition,
  })
  async patch(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(anyObject)) body: JsonObject,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PluginConfig> {
    return answer(await this.installations.patchConfig(caller, id, body, expected(ifMatch)), reply);
  }

  @Get(':id/config/revisions')
  @Endpoint({
    name: 'listConfigRevisions',
    summary: 'The settings as they were: who changed which when, newest first',
    gate: 'viewer',
    query: pageSchema,
    description: 'The latest 100 are kept.',
    answers: { 200: listOf(ConfigRevision) },
  })
  async revisions(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(pageSchema)) page: PageRequest,
  ): Promise<Page<ConfigRevision>> {
    const { items, next_cursor } = await this.installations.configRevisions(caller, id, page);
    return { items: await withActors(this.access, { caller, items }, ({ actor }) => actor), next_cursor };
  }

  @Post(':id/config/rollback')
  @Endpoint({
    name: 'rollBackPluginConfig',
    summary: 'Bring the settings of an earlier revision back',
    ...change,
    body: rollback,
    description: `They become a revision of their own, and must fit the schema of the active release. ${condition}`,
  })
  async rollback(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(rollback)) { revision }: z.infer<typeof rollback>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PluginConfig> {
    return answer(await this.installations.rollBackConfig(caller, id, { revision, ...expected(ifMatch) }), reply);
  }
}
