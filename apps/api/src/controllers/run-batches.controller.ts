import type { Caller } from '@annex/access';
import { batchActions, Runs, runStatuses, type BatchFilter, type RunBatch as Batch } from '@annex/runs';
import { Execution } from '@annex/execution';
import { KiB, mapPage, pageOf, parseId, type Page, type PageRequest } from '@annex/kernel';
import { restLimits, runKinds } from '@annex/limits';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { answered } from '../http/idempotency.js';
import { input, instant, lookup, pageSchema, requireId } from '../http/input.js';
import { RunBatch, RunBatchExtent } from '../views/runs.js';
import { listOf } from '../views/shared.js';

const action = z.enum(batchActions);
const filter = {
  plugin: lookup(100).optional().describe('A slug, or an id'),
  kind: z.enum(runKinds).optional(),
  status: z.enum(runStatuses).optional(),
  event_id: lookup(500).optional(),
  name: lookup(500).optional().describe('The handler’s name, exactly'),
  q: lookup(200).optional().describe('Part of the handler’s name, the plugin’s slug or the error'),
  since: instant.optional(),
  until: instant.optional(),
};
const measured = z.object({ action, ...filter });
/** None is meant by accident: all of them have to be asked for in so many words. */
const meant = z
  .strictObject({
    action,
    ids: z.array(z.string().max(50)).min(1).max(1000).optional(),
    ...filter,
    all: z.literal(true).optional().describe('Every run that the action can change; instead of a filter'),
  })
  .superRefine(({ action: _, all, ...rest }, context) => {
    const isFiltered = Object.values(rest).some((value) => value !== undefined);
    if (isFiltered === (all === undefined)) return;
    context.addIssue({
      code: 'custom',
      path: all === true ? ['all'] : [],
      message:
        all === true
          ? 'stands alone: leave it out to mean what the filter means, or leave the filter out to mean every run'
          : 'must say which runs are meant: ids, plugin, kind, status, event_id, name, q, since or until, or ' +
            '"all": true for every one',
    });
  });

const batchView = (batch: Batch): RunBatch => ({
  id: batch.id,
  action: batch.action,
  filter: batch.filter as RunBatch['filter'],
  total: batch.total,
  done: batch.replayed,
  missed: batch.failed,
  remaining: Math.max(0, batch.total - batch.replayed - batch.failed),
  status: batch.status === 'cancelled' ? 'stopped' : batch.status,
  ...(batch.waitingFor !== null && { waiting_for: batch.waitingFor }),
  actor: batch.actor,
  created_at: batch.createdAt.toISOString(),
  finished_at: batch.finishedAt?.toISOString() ?? null,
});

/** Cancelling, replaying and discarding the runs that a filter means. */
@ApiTags('Runs')
@Controller('api/runs/batches')
export class RunBatchesController {
  readonly #searches = new InFlight(restLimits.searches, 'searches of runs');

  constructor(
    private readonly runs: Runs,
    private readonly execution: Execution,
  ) {}

  @Get('preview')
  @Endpoint({
    name: 'previewRunBatch',
    summary: 'How many runs an act would change; nothing is done',
    gate: 'developer',
    query: measured,
    answers: { 200: RunBatchExtent },
    problems: [429],
  })
  async preview(
    @CurrentCaller() caller: Caller,
    @Query(input(measured)) { action: act, ...query }: z.infer<typeof measured>,
  ): Promise<RunBatchExtent> {
    const leave = this.#searches.enter(caller.tenant.id);
    try {
      return await this.runs.batches.measure(caller.tenant.id, act, await this.#filterOf(caller, query));
    } finally {
      leave();
    }
  }

  @Post()
  @Endpoint({
    name: 'beginRunBatch',
    summary: 'Cancel, replay or discard the runs that a filter means',
    gate: 'developer',
    body: meant,
    maxBodyBytes: 128 * KiB,
    description:
      'Needs ids, a filter, or `all: true`. Of the runs that there are now the oldest 10,000, behind the answer; GET ' +
      '/api/runs/batches/:id follows them. `cancel` means runs that have not ended, `replay` background runs that ' +
      'ended, `discard` dead letters. With `name` or `q` the latest 20,000 runs are looked through.',
    answers: { 202: RunBatch },
    problems: [429],
  })
  async begin(@CurrentCaller() caller: Caller, @Body(input(meant)) body: z.infer<typeof meant>): Promise<RunBatch> {
    const { action: act, all: _, ...rest } = body;
    const leave = this.#searches.enter(caller.tenant.id);
    try {
      return batchView(
        await this.runs.batches.begin(answered(caller, 202, batchView), act, await this.#filterOf(caller, rest)),
      );
    } finally {
      leave();
    }
  }

  @Get()
  @Endpoint({
    name: 'listRunBatches',
    summary: 'Acts on many runs, newest first',
    gate: 'viewer',
    query: pageSchema,
    answers: { 200: listOf(RunBatch) },
  })
  async list(
    @CurrentCaller() caller: Caller,
    @Query(input(pageSchema)) { limit, cursor }: PageRequest,
  ): Promise<Page<RunBatch>> {
    const before = cursor === undefined ? undefined : requireId('replay', cursor);
    const found = await this.runs.batches.list(caller.tenant.id, { limit: limit + 1, before });
    return mapPage(
      pageOf(found, { limit }, ({ id }) => id),
      batchView,
    );
  }

  @Get(':id')
  @Endpoint({
    name: 'getRunBatch',
    summary: 'How far an act on many runs has come',
    gate: 'viewer',
    answers: { 200: RunBatch },
  })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<RunBatch> {
    return batchView(await this.runs.batches.find(caller.tenant.id, requireId('replay', id)));
  }

  @Post(':id/stop')
  @Endpoint({
    name: 'stopRunBatch',
    summary: 'End an act on many runs where it stands; what it did stays done',
    gate: 'developer',
    answers: { 200: RunBatch },
  })
  async stop(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<RunBatch> {
    return batchView(await this.runs.batches.stop(answered(caller, 200, batchView), requireId('replay', id)));
  }

  async #filterOf(
    caller: Caller,
    { ids, plugin, since, until, ...rest }: Omit<z.infer<typeof measured>, 'action'> & { ids?: string[] | undefined },
  ): Promise<BatchFilter> {
    const id = plugin === undefined ? undefined : parseId('installation', plugin);
    const slug =
      id === undefined ? plugin : ((await this.execution.snapshots.getById(caller.tenant.id, id))?.slug ?? plugin);
    const said = {
      ...rest,
      plugin: slug,
      ids: ids?.map((one) => requireId('run', one)),
      since: since?.toISOString(),
      until: until?.toISOString(),
    };
    return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as BatchFilter;
  }
}
