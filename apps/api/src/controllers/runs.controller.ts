import type { Page } from '@annex/kernel';
import { Access, type Caller } from '@annex/access';
import { hasEnded, Runs, runStatuses, type StartedRun as Started } from '@annex/runs';
import { Execution } from '@annex/execution';
import { restLimits, runKinds } from '@annex/limits';
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/authentication.js';
import { CLOSING, waitSignal } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { answered } from '../http/idempotency.js';
import { anyJson, input, instant, pageSchema, requireId } from '../http/input.js';
import { withActors } from '../http/named-actors.js';
import { AwaitedRun, RecordedCalls, Run, RunDetail, StartedRun } from '../views/runs.js';
import { listOf } from '../views/shared.js';

export const runQuery = pageSchema.extend({
  plugin: z.string().max(100).optional().describe('A slug, or an id'),
  kind: z.enum(runKinds).optional(),
  status: z.enum(runStatuses).optional(),
  event_id: z.string().max(500).optional(),
  name: z.string().min(1).max(500).optional().describe('The handler’s name, exactly'),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('Part of the handler’s name, the plugin’s slug or the error, letter case ignored'),
  since: instant.optional(),
  until: instant.optional(),
});
const ofAttempt = z.object({
  attempt: z.coerce.number().int().min(1).max(10_000).optional().describe('Default: the latest that was recorded'),
});
const replay = z.strictObject({ payload: anyJson.optional().describe('Instead of the first payload') });
const runNow = z.strictObject({ payload: anyJson.optional() });
const wait = z.object({
  wait: z.coerce.number().min(0).max(60).optional().describe('Seconds to wait for the run to end, at most 60'),
});

const startedView = ({ runId, status }: Started): StartedRun => ({ run_id: runId, status });

@ApiTags('Runs')
@Controller('api')
export class RunsController {
  readonly #searches = new InFlight(restLimits.searches, 'searches of runs');

  constructor(
    private readonly execution: Execution,
    private readonly runs: Runs,
    private readonly access: Access,
    @Inject(CLOSING) private readonly closing: AbortSignal,
  ) {}

  @Get('runs')
  @Endpoint({
    name: 'listRuns',
    summary: 'Runs, newest first',
    description:
      'With `name` or `q` a page looks at 20,000 runs at most: it may hold none and still name a `next_cursor`.',
    gate: 'viewer',
    query: runQuery,
    answers: { 200: listOf(Run) },
    problems: [429],
  })
  async list(
    @CurrentCaller() caller: Caller,
    @Query(input(runQuery)) { event_id: eventId, ...query }: z.infer<typeof runQuery>,
  ): Promise<Page<Run>> {
    const isSearch = query.name !== undefined || query.q !== undefined;
    const leave = isSearch ? this.#searches.enter(caller.tenant.id) : undefined;
    const page = await this.execution.reader.runs(caller.tenant.id, { ...query, eventId }, query).finally(leave);
    return { ...page, items: await this.#named(caller, page.items) };
  }

  /** The runs, with who stands behind each trigger by name. */
  async #named<Item extends Run>(caller: Caller, runs: readonly Item[]): Promise<Item[]> {
    const items = runs.map(({ trigger }) => trigger);
    const triggers = await withActors(this.access, { caller, items }, ({ by }) => by);
    return runs.map((run, index) => ({ ...run, trigger: triggers[index] ?? run.trigger }));
  }

  @Get('runs/:id')
  @Endpoint({
    name: 'getRun',
    summary: 'One run: attempts, limits used, logs, result',
    gate: 'viewer',
    answers: { 200: RunDetail },
  })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<RunDetail> {
    const run = await this.execution.reader.run(caller.tenant.id, id);
    const [named = run] = await this.#named(caller, [run]);
    return named;
  }

  @Get('runs/:id/calls')
  @Endpoint({
    name: 'listCalls',
    summary: 'What a run asked of the host and what it was answered, where its plugin was recorded',
    description: '`POST /api/plugins/{id}/recording` switches that on. Of a run without recording `attempt` is `null`.',
    gate: 'developer',
    query: ofAttempt,
    answers: { 200: RecordedCalls },
  })
  calls(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(ofAttempt)) { attempt }: z.infer<typeof ofAttempt>,
  ): Promise<RecordedCalls> {
    return this.execution.reader.calls(caller.tenant.id, id, attempt);
  }

  @Post('runs/:id/cancel')
  @Endpoint({
    name: 'cancelRun',
    summary: 'Cancel a run that has not ended',
    gate: 'developer',
    answers: { 202: RunDetail },
  })
  async cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<RunDetail> {
    await this.runs.cancelRun(caller, requireId('run', id));
    return this.execution.reader.run(caller.tenant.id, id);
  }

  @Post('runs/:id/replay')
  @Endpoint({
    name: 'replayRun',
    summary: 'Run it again, as a run of its own',
    gate: 'developer',
    body: replay,
    maxBodyBytes: Infinity,
    answers: { 202: StartedRun },
    problems: [429],
  })
  async replay(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(replay)) body: z.infer<typeof replay>,
  ): Promise<StartedRun> {
    return startedView(await this.runs.replayRun(answered(caller, 202, startedView), requireId('run', id), body));
  }

  @Post('runs/:id/discard')
  @Endpoint({
    name: 'discardRun',
    summary: 'Discard a dead letter',
    gate: 'developer',
    description: 'It stays in the list of runs, and is no dead letter any more.',
    answers: { 200: RunDetail },
  })
  async discard(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<RunDetail> {
    await this.runs.discardRun(caller, requireId('run', id));
    return this.execution.reader.run(caller.tenant.id, id);
  }

  @Post('plugins/:id/jobs/:name/run-now')
  @Endpoint({
    name: 'runJob',
    summary: 'Run a job now',
    gate: 'developer',
    body: runNow,
    maxBodyBytes: Infinity,
    query: wait,
    description:
      'With `?wait=` the run: 200 when it has ended, 202 while it runs or waits to be tried again, with the ' +
      'attempts so far.',
    answers: { 200: AwaitedRun, 202: z.union([AwaitedRun, StartedRun]) },
    problems: [429],
  })
  async runNow(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name') name: string,
    @Body(input(runNow)) { payload }: z.infer<typeof runNow>,
    @Query(input(wait)) { wait: waitS = 0 }: z.infer<typeof wait>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AwaitedRun | StartedRun> {
    const started = await this.runs.runNow(answered(caller, 202, startedView), id, name, payload);
    const now =
      waitS > 0
        ? await this.runs.waitForRun(caller.tenant.id, started.runId, waitS * 1000, waitSignal(reply, this.closing))
        : started.status;
    void reply.status(hasEnded(now) ? 200 : 202);
    if (waitS === 0) return startedView({ ...started, status: now });
    // Whoever waited sees what came of it so far: the attempts that failed, and why.
    return { run_id: started.runId, ...(await this.execution.reader.run(caller.tenant.id, started.runId)) };
  }
}
