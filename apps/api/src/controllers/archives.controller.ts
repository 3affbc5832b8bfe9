import { Readable } from 'node:stream';
import { TenantArchives } from '@annex/archives';
import type { Caller, Principal } from '@annex/access';
import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentCaller, CurrentPrincipal, single } from '../http/authentication.js';
import { bytes } from '../http/answers.js';
import { Endpoint } from '../http/endpoint.js';
import { isStream } from '../http/file-body.js';
import { input } from '../http/input.js';
import { ImportedTenant } from '../views/archives.js';

const archive = bytes('A tar of NDJSON and files, compressed with gzip');
const described =
  'docs/archives.md describes it. With a passphrase its secrets work where it is imported; without one they are left ' +
  'out, with what lets people in. One that breaks off has no end.json: ask again.';

const importing = z.object({
  slug: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: 'must be 1 to 63 lower-case letters, digits and hyphens' })
    .optional()
    .describe('Another slug than it had'),
  start: z
    .enum(['true', 'false'])
    .optional()
    .transform((text) => text === 'true')
    .describe('`true`: it goes on at once. Else it is suspended, so that nothing is done on two servers'),
});

/** Tenants that leave for another server, and come from one. */
@ApiTags('Tenants')
@Controller('api/tenants')
export class ArchivesController {
  constructor(private readonly archives: TenantArchives) {}

  @Post('import')
  @Endpoint({
    name: 'importTenant',
    summary: 'Make a tenant of an archive: whole, or not at all',
    gate: 'operator',
    query: importing,
    bytes: true,
    takesPassphrase: true,
    description: 'It keeps its ids, and is suspended unless asked otherwise.',
    answers: { 201: ImportedTenant },
  })
  import(
    @CurrentPrincipal() principal: Principal,
    @Query(input(importing)) query: z.infer<typeof importing>,
    @Req() request: FastifyRequest,
  ): Promise<ImportedTenant> {
    const content = isStream(request.body) ? request.body : Readable.from([]);
    return this.archives.import(principal, content, { ...query, ...optionsOf(request) });
  }

  @Get(':slug/export')
  @Endpoint({
    name: 'exportTenant',
    summary: 'Everything of a tenant, as one archive',
    gate: 'operator',
    takesPassphrase: true,
    description: described,
    answers: { 200: archive },
    problems: [429],
  })
  export(
    @CurrentPrincipal() principal: Principal,
    @Param('slug') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return sendArchive(this.archives, principal, { slug, request, reply });
  }
}

/** The caller's own tenant as an archive. */
@ApiTags('Tenants')
@Controller('api/tenant')
export class OwnArchiveController {
  constructor(private readonly archives: TenantArchives) {}

  @Get('export')
  @Endpoint({
    name: 'exportOwnTenant',
    summary: 'Everything of the tenant that the call is for, as one archive',
    gate: 'owner',
    description:
      'docs/archives.md describes it. Secrets and what lets people in are left out: those are an operator’s to move. ' +
      'One that breaks off has no end.json: ask again.',
    answers: { 200: archive },
    problems: [429],
  })
  export(@CurrentCaller() caller: Caller, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return sendArchive(this.archives, caller.principal, { slug: caller.tenant.slug, request, reply });
  }
}

async function sendArchive(
  archives: TenantArchives,
  principal: Principal,
  { slug, request, reply }: { slug: string; request: FastifyRequest; reply: FastifyReply },
): Promise<void> {
  void reply.header('content-type', 'application/gzip');
  // Who only asks about it has nothing exported.
  const stream =
    request.method === 'HEAD' ? Readable.from([]) : await archives.export(principal, slug, optionsOf(request));
  await reply.header('content-disposition', `attachment; filename="${slug}.tar.gz"`).send(stream);
}

function optionsOf(request: FastifyRequest): { passphrase: string | undefined; requestId: string } {
  return { passphrase: single(request.headers['x-archive-passphrase']), requestId: request.id };
}
