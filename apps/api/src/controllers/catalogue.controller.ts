import type { Caller } from '@annex/access';
import { PackageCatalogue, TrustedKeys } from '@annex/catalogue';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, lookup, pageSchema } from '../http/input.js';
import { CataloguePage, ListedPlugin, Publishers } from '../views/catalogue.js';
import { UploadedPlugin } from '../views/plugins.js';

const query = pageSchema.extend({
  q: lookup(200).optional().describe('A part of slug, name or description'),
  show: z
    .enum(['all', 'installed', 'newer'])
    .default('all')
    .describe('installed: what the tenant has. newer: what there is a newer version of'),
});

const install = z.strictObject({
  version: lookup(256).optional().describe('Default: the newest that was not taken back'),
  enable: z.boolean().optional().describe('Default false'),
  activate: z.boolean().optional().describe('Default true; false: it is stored only'),
  grant: z.union([z.literal('all'), z.array(z.string().max(100)).max(50)]).optional(),
});

/** The operator’s catalogue of packages. */
@ApiTags('Catalogue')
@Controller('api/catalogue')
export class CatalogueController {
  constructor(private readonly catalogue: PackageCatalogue) {}

  @Get()
  @Endpoint({
    name: 'listCatalogue',
    summary: 'Plugins of the catalogue, what of them is installed, and what is newer',
    gate: 'viewer',
    query,
    description: 'It is read anew when a minute is over. What is wrong with it is in `problem`.',
    answers: { 200: CataloguePage },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(query)) asked: z.infer<typeof query>): Promise<CataloguePage> {
    return this.catalogue.list(caller, asked);
  }

  @Get(':slug')
  @Endpoint({
    name: 'getCataloguePlugin',
    summary: 'One plugin of the catalogue, with all its releases',
    gate: 'viewer',
    answers: { 200: ListedPlugin },
    problems: [502, 503],
  })
  get(@CurrentCaller() caller: Caller, @Param('slug') slug: string): Promise<ListedPlugin> {
    return this.catalogue.get(caller, slug);
  }

  @Post(':slug/install')
  @Endpoint({
    name: 'installFromCatalogue',
    summary: 'Install a release of the catalogue, or upgrade to it',
    gate: 'developer',
    body: install,
    callPoints: 20,
    description:
      'As an upload of its bytes: 200 when they are live already. The catalogue is read anew, and the bytes have ' +
      'to be ' +
      'those that it lists. Enabling and granting need the role admin.',
    answers: { 200: UploadedPlugin, 201: UploadedPlugin },
    problems: [409, 502, 503],
  })
  async install(
    @CurrentCaller() caller: Caller,
    @Param('slug') slug: string,
    @Body(input(install)) body: z.infer<typeof install>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadedPlugin> {
    const { created, plugin, ...rest } = await this.catalogue.install(caller, slug, body);
    void reply.status(created ? 201 : 200);
    return { ...plugin, ...rest };
  }
}

/** Whose signatures count. */
@ApiTags('Catalogue')
@Controller('api/operator/publishers')
export class PublishersController {
  constructor(private readonly keys: TrustedKeys) {}

  @Get()
  @Endpoint({
    name: 'listPublishers',
    summary: 'Keys whose signatures count, and which packages are let in',
    gate: 'operator',
    description: 'As `ANNEX_PUBLISHERS` lists them now, or did when it could be read last.',
    answers: { 200: Publishers },
  })
  list(): Promise<Publishers> {
    return this.keys.list();
  }
}
