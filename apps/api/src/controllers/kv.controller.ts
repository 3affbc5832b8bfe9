import type { Page } from '@annex/kernel';
import type { Caller } from '@annex/access';
import { Execution } from '@annex/execution';
import { Controller, Delete, Get, Param, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { nothing } from '../http/answers.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { input } from '../http/input.js';
import { listOf } from '../views/shared.js';
import { KvEntry, KvValue } from '../views/storage.js';

const listing = z.object({
  prefix: z.string().max(1024).optional().describe('Only keys that begin with it'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Items a page, 1 to 1000'),
  cursor: z.string().max(2048).optional().describe('`next_cursor` of the page before'),
});

/** What plugins keep in `ctx.kv`. A key is the rest of the path, percent-encoded or not, as a file's is. */
@ApiTags('Plugins')
@Controller('api/plugins/:id/kv')
export class KvController {
  constructor(private readonly execution: Execution) {}

  @Get()
  @Endpoint({
    name: 'listKv',
    summary: 'Keys that a plugin keeps, in the order of their bytes',
    gate: 'developer',
    query: listing,
    answers: { 200: listOf(KvEntry) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(listing)) query: z.infer<typeof listing>,
  ): Promise<Page<KvEntry>> {
    return this.execution.kv.list(caller, id, query);
  }

  @Get('*')
  @Endpoint({ name: 'getKv', summary: 'What a plugin keeps under a key', gate: 'developer', answers: { 200: KvValue } })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string, @Req() request: FastifyRequest): Promise<KvValue> {
    return this.execution.kv.get(caller, id, keyOf(request));
  }

  @Delete('*')
  @Endpoint({ name: 'deleteKv', summary: 'Forget a key of a plugin', gate: 'admin', answers: { 204: nothing } })
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    return this.execution.kv.delete(caller, id, keyOf(request));
  }
}

/** The key, out of the path as it came: a router would have taken a slash or a dot segment away. */
function keyOf(request: FastifyRequest): string {
  const [, key = ''] = /^\/api\/plugins\/[^/?]*\/kv\/([^?]*)/.exec(request.url) ?? [];
  try {
    return decodeURIComponent(key);
  } catch {
    throw apiErrors.error('BAD_REQUEST', 'The path is not percent-encoded UTF-8. Encode each segment of the key.');
  }
}
