import type { Caller } from '@annex/access';
import type { Page } from '@annex/kernel';
import { viewLimits } from '@annex/limits';
import { SavedViews, viewLists } from '@annex/saved-views';
import { Body, Controller, Delete, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { nothing } from '../http/answers.js';
import { input, pageSchema, readInput, smallRecord } from '../http/input.js';
import { SavedView } from '../views/saved-views.js';
import { listOf } from '../views/shared.js';

const query = pageSchema.extend({ list: z.enum(viewLists).optional().describe('Default: all of them') });

const plain = (chars: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(chars)
    .regex(/^\P{Cc}*$/u, { error: 'must hold no control characters' });

const key = z.object({ list: z.enum(viewLists), name: plain(viewLimits.nameChars) });

const view = z.strictObject({
  filters: smallRecord(
    z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, { error: 'must be the name of a filter' }),
    plain(viewLimits.filterChars),
    viewLimits.filters,
  ).meta({
    type: 'object',
    maxProperties: viewLimits.filters,
    additionalProperties: { type: 'string' },
    description: 'As they stand in the console’s address: `{ "status": "failed", "span": "24h" }`',
  }),
});

/** Filters of lists that a tenant's people keep for one another. */
@ApiTags('Saved views')
@Controller('api/views')
export class SavedViewsController {
  constructor(private readonly views: SavedViews) {}

  @Get()
  @Endpoint({
    name: 'listViews',
    summary: 'Filters of lists that are kept under a name, by list and name',
    gate: 'viewer',
    query,
    answers: { 200: listOf(SavedView) },
  })
  list(@CurrentCaller() caller: Caller, @Query(input(query)) asked: z.infer<typeof query>): Promise<Page<SavedView>> {
    return this.views.list(caller, asked);
  }

  @Put(':list/:name')
  @Endpoint({
    name: 'setView',
    summary: 'Keep filters of a list under a name, new or not',
    gate: 'developer',
    body: view,
    description: '201 when it is new. Everybody of the tenant sees it.',
    answers: { 200: SavedView, 201: SavedView },
    problems: [409],
  })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('list') list: string,
    @Param('name') name: string,
    @Body(input(view)) { filters }: z.infer<typeof view>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SavedView> {
    const { created, ...saved } = await this.views.put(caller, { ...readInput(key, { list, name }), filters });
    void reply.status(created ? 201 : 200);
    return saved;
  }

  @Delete(':list/:name')
  @Endpoint({
    name: 'deleteView',
    summary: 'Delete a view, for everybody of the tenant',
    gate: 'developer',
    answers: { 204: nothing },
  })
  delete(@CurrentCaller() caller: Caller, @Param('list') list: string, @Param('name') name: string): Promise<void> {
    return this.views.delete(caller, readInput(key, { list, name }));
  }
}
