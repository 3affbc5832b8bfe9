import { Access, type Caller } from '@annex/access';
import { Runs, type BulkReplay, type DeadLetterFilter, type ReplayedDeadLetters as Replayed } from '@annex/runs';
import { Execution } from '@annex/execution';
import { KiB, mapPage, pageOf, parseId, type Page, type PageRequest } from '@annex/kernel';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { answered } from '../http/idempotency.js';
import { input, instant, lookup, pageSchema, requireId } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { DeadLetterReplay, DiscardedDeadLetters, ReplayedDeadLetters, Run } from '../views/runs.js';
import { listOf } from '../views/shared.js';

const filter = {
  plugin: lookup(100).optional(),
  kind: z.enum(['event', 'job', 'webhook', 'lifecycle']).optional(),
  event_id: lookup(500).optional(),
};
const query = pageSchema.extend({ ...filter, since: instant.optional(), until: instant.optional() });
/** Which dead letters are meant. None is meant by accident: all of them have to be asked for in so many words. */
const meant = z
  .strictObject({
    ids: z.array(z.string().max(50)).min(1).max(1000).optional(),
    ...filter,
    since: instant.optional(),
    until: instant.optional(),
    all: z.literal(true).optional().describe('Every dead letter of the tenant; instead of a filter'),
  })
  .superRefine(({ all, ...rest }, context) => {
    const isFiltered = Object.values(rest).some((value) => value !== undefined);
    if (all === undefined && !isFiltered)
      context.addIssue({
        code: 'custom',
        message:
          'must say which dead letters are meant: ids, plugin, kind, event_id, since or until, or "all": true for ' +
          'every one',
      });
    if (all === true && isFiltered)
      context.addIssue({
        code: 'custom',
        path: ['all'],
        message:
          'stands alone: leave it out to mean what the filter means, or leave the filter out to mean every dead letter',
      });
  });

const replayedView = ({ replayed, remaining, replay: { id, total, status } }: Replayed): ReplayedDeadLetters => ({
  replay_id: id,
  total,
  replayed: replayed.length,
  remaining,
  status,
  runs: replayed.map(({ runId, replayOf }) => ({ run_id: runId, replay_of: replayOf })),
});

const replayView = ({
  id,
  total,
  replayed,
  failed,
  status,
  waitingFor,
  actor,
  createdAt,
  finishedAt,
}: BulkReplay): DeadLetterReplay => ({
  id,
  total,
  replayed,
  failed,
  remaining: Math.max(0, total - replayed - failed),
  status,
  ...(waitingFor !== null && { waiting_for: waitingFor }),
  actor,
  created_at: createdAt.toISOString(),
  finished_at: finishedAt?.toISOString() ?? null,
});

/** Background runs that failed for good, kept until somebody replays or discards them. */
@ApiTags('Runs')
@Controller('api/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly runs: Runs,
    private readonly execution: Execution,
    private readonly access: Access,
  ) {}

  @Get()
  @Endpoint({
    name: 'listDeadLetters',
    summary: 'Dead letters, newest first',
    gate: 'viewer',
    query,
    answers: { 200: listOf(Run) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(query)) { event_id: eventId, ...rest }: z.infer<typeof query>,
  ): Promise<Page<Run>> {
    return this.execution.reader.runs(caller.tenant.id, { ...rest, eventId, deadLetters: true }, rest);
  }

  @Post('replay')
  @Endpoint({
    name: 'replayDeadLetters',
    summary: 'Replay dead letters by id or by filter',
    gate: 'developer',
    body: meant,
    maxBodyBytes: 128 * KiB,
    description:
      'Needs ids, a filter, or `all: true`. The first 500 at once, the others behind the answer; GET ' +
      '/api/dead-letters/replays/:id follows them.',
    answers: { 202: ReplayedDeadLetters },
    problems: [404, 429],
  })
  async replay(
    @CurrentCaller() caller: Caller,
    @Body(input(meant)) body: z.infer<typeof meant>,
  ): Promise<ReplayedDeadLetters> {
    return replayedView(
      await this.runs.replayDeadLetters(answered(caller, 202, replayedView), await this.#filterOf(caller, body)),
    );
  }

  @Post('discard')
  @Endpoint({
    name: 'discardDeadLetters',
    summary: 'Discard dead letters by id or by filter',
    gate: 'developer',
    body: meant,
    maxBodyBytes: 128 * KiB,
    description:
      'Needs ids, a filter, or `all: true`. At most 10,000 a call; `remaining` says how many are left. They stay ' +
      'in the list of runs.',
    answers: { 200: DiscardedDeadLetters },
    problems: [404],
  })
  async discard(
    @CurrentCaller() caller: Caller,
    @Body(input(meant)) body: z.infer<typeof meant>,
  ): Promise<DiscardedDeadLetters> {
    return this.runs.discardDeadLetters(
      answered(caller, 200, (done) => done),
      await this.#filterOf(caller, body),
    );
  }

  @Get('replays')
  @Endpoint({
    name: 'listDeadLetterReplays',
    summary: 'Replays of dead letters, newest first',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(DeadLetterReplay) },
  })
  async replays(
    @CurrentCaller() caller: Caller,
    @Query(input(pageSchema)) { limit, cursor }: PageRequest,
  ): Promise<Page<DeadLetterReplay>> {
    const before = cursor === undefined ? undefined : requireId('replay', cursor);
    const found = await this.runs.listReplays(caller.tenant.id, { limit: limit + 1, before });
    const { items, next_cursor } = mapPage(
      pageOf(found, { limit }, ({ id }) => id),
      replayView,
    );
    return { items: await withActors(this.access, { caller, items }, ({ actor }) => actor), next_cursor };
  }

  @Get('replays/:id')
  @Endpoint({
    name: 'getDeadLetterReplay',
    summary: 'How far a replay of dead letters has come',
    gate: 'viewer',
    answers: { 200: DeadLetterReplay },
  })
  async replayProgress(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<DeadLetterReplay> {
    return replayView(await this.runs.findReplay(caller.tenant.id, requireId('replay', id)));
  }

  async #filterOf(
    caller: Caller,
    { event_id: eventId, ids, all: _, ...rest }: z.infer<typeof meant>,
  ): Promise<DeadLetterFilter> {
    const plugin = await this.#slugOf(caller, rest.plugin);
    return { ...rest, plugin, eventId, ids: ids?.map((id) => requireId('run', id)) };
  }

  /** A plugin may be named by its id too, as in the list. */
  async #slugOf(caller: Caller, plugin: string | undefined): Promise<string | undefined> {
    const id = plugin === undefined ? undefined : parseId('installation', plugin);
    if (id === undefined) return plugin;
    return (await this.execution.snapshots.getById(caller.tenant.id, id))?.slug ?? plugin;
  }
}
