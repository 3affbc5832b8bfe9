import type { Page, PageRequest } from '@annex/kernel';
import type { Principal } from '@annex/access';
import { Quarantines, type QuarantineActor } from '@annex/installations';
import { accountLimits } from '@annex/limits';
import { slugPattern } from '@annex/host-api';
import { Body, Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { nothing } from '../http/answers.js';
import { input, pageSchema, refuse } from '../http/input.js';
import { Quarantine, SetQuarantine } from '../views/quarantines.js';
import { listOf } from '../views/shared.js';

const quarantine = z.strictObject({
  slug: z.string().regex(slugPattern, { error: 'must be the slug of a plugin' }).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'must be the SHA-256 of an archive in hex' })
    .optional(),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(accountLimits.reasonChars)
    .regex(/^\P{Cc}*$/u, { error: 'must hold no control characters' })
    .describe('Tenants are told'),
});

/** Code that operators keep from running everywhere. */
@ApiTags('Operations')
@Controller('api/operator/quarantines')
export class QuarantinesController {
  constructor(private readonly quarantines: Quarantines) {}

  @Get()
  @Endpoint({
    name: 'listQuarantines',
    summary: 'Code that nobody may run, newest first',
    gate: 'operator',
    query: pageSchema,
    answers: { 200: listOf(Quarantine) },
  })
  list(@Query(input(pageSchema)) page: PageRequest): Promise<Page<Quarantine>> {
    return this.quarantines.list(page);
  }

  @Post()
  @Endpoint({
    name: 'setQuarantine',
    summary: 'Keep an archive, or every release of a slug, from running in any tenant',
    gate: 'operator',
    body: quarantine,
    description:
      'It can be neither uploaded nor enabled from now on. What runs of it is suspended, and background runs under ' +
      'way are cancelled. Asked for again, the newer reason holds.',
    answers: { 201: SetQuarantine },
  })
  set(
    @CurrentPrincipal() principal: Principal,
    @Body(input(quarantine)) { slug, sha256, reason }: z.infer<typeof quarantine>,
    @Req() request: FastifyRequest,
  ): Promise<SetQuarantine> {
    if (slug !== undefined && sha256 === undefined)
      return this.quarantines.set(actorOf(principal, request), { slug }, reason);
    if (sha256 !== undefined && slug === undefined)
      return this.quarantines.set(actorOf(principal, request), { sha256 }, reason);
    return refuse('', 'name slug or sha256, one of them');
  }

  @Delete(':id')
  @Endpoint({
    name: 'liftQuarantine',
    summary: 'Let code run again; nothing is enabled by itself',
    gate: 'operator',
    answers: { 204: nothing },
  })
  lift(
    @CurrentPrincipal() principal: Principal,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.quarantines.lift(actorOf(principal, request), id);
  }
}

function actorOf({ tokenId, operatorId, actor, email }: Principal, { id }: FastifyRequest): QuarantineActor {
  return { actor: tokenId ?? operatorId ?? actor, email, requestId: id };
}
