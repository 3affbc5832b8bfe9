import { Access, type Caller } from '@annex/access';
import { Execution, healthSaid, logLevels } from '@annex/execution';
import { Installations } from '@annex/installations';
import { parseId, type Page } from '@annex/kernel';
import { outcomeOf } from '@annex/runs';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/caller.js';
import { CLOSING } from '../http/closing.js';
import { Endpoint } from '../http/describe.js';
import { input, instant, pageSchema, wholeListSchema } from '../http/input.js';
import { TenantStreams } from '../http/tenant-stream.js';
import { apiErrors } from '../http/errors.js';
import { eventStream } from '../http/answers.js';
import { LogLine, PluginHealth, PluginMetrics, PluginsHealth, Usage } from '../views/runs.js';
import { listOf } from '../views/shared.js';

const levels = z
  .string()
  .max(50)
  .transform((text) => text.split(',').map((level) => level.trim()))
  .pipe(z.array(z.enum(logLevels)));
const logQuery = pageSchema.extend({
  level: levels.optional().describe('debug, info, warn, error; several with commas'),
  run_id: z.string().max(50).optional(),
  since: instant.optional(),
  until: instant.optional(),
  q: z.string().max(200).optional().describe('Part of the message or fields'),
});
const streamQuery = logQuery.pick({ level: true, run_id: true, since: true, q: true });
const metricsQuery = z.object({ since: instant.optional(), until: instant.optional() });
const span = wholeListSchema.extend({ since: instant.optional(), until: instant.optional() });

/** Of one tenant at once, in this process. */
const MAX_STREAMS = 100;
const MAX_CHECKS = 10;

/** What a plugin wrote, used and says of itself. */
@ApiTags('Runs')
@Controller('api')
export class ObserveController {
  readonly #streams: TenantStreams;
  readonly #checks = new InFlight(MAX_CHECKS, 'health checks');

  constructor(
    private readonly execution: Execution,
    access: Access,
    private readonly installations: Installations,
    @Inject(CLOSING) closing: AbortSignal,
  ) {
    this.#streams = new TenantStreams({ access, closing, max: MAX_STREAMS, what: 'log streams' });
  }

  @Get('plugins/:id/logs')
  @Endpoint({
    name: 'listPluginLogs',
    summary: 'Captured console and ctx.log lines, newest first',
    gate: 'viewer',
    query: logQuery,
    answers: { 200: listOf(LogLine) },
  })
  logs(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(logQuery)) query: z.infer<typeof logQuery>,
  ): Promise<Page<LogLine>> {
    const { level, run_id: runId, since: from, until, q } = query;
    return this.execution.reader.logs(caller.tenant.id, id, { levels: level, runId, since: from, until, q }, query);
  }

  @Get('plugins/:id/logs/stream')
  @Endpoint({
    name: 'streamPluginLogs',
    summary: 'New log lines as server-sent events',
    gate: 'viewer',
    query: streamQuery,
    stream: true,
    answers: { 200: eventStream(LogLine) },
    problems: [429],
  })
  async stream(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(streamQuery)) { level, run_id: runId, since, q }: z.infer<typeof streamQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.#streams.open({ caller, request, reply }, (lastId, send) =>
      this.execution.reader.followLogs(caller.tenant.id, id, { levels: level, runId, since, q, lastId }, (line) =>
        send({ id: line.id, data: line }),
      ),
    );
  }

  @Get('plugins/:id/metrics')
  @Endpoint({
    name: 'getPluginMetrics',
    summary: 'Runs by status, kind and error, durations, counts by day',
    gate: 'viewer',
    query: metricsQuery,
    answers: { 200: PluginMetrics },
  })
  metrics(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(input(metricsQuery)) query: z.infer<typeof metricsQuery>,
  ): Promise<PluginMetrics> {
    return this.execution.reader.metrics(caller.tenant.id, id, query);
  }

  @Get('plugins/health')
  @Endpoint({
    name: 'getPluginsHealth',
    summary: 'The health of all plugins, as their scheduled checks and failing runs show it',
    description: 'Of a plugin whose slug is `health`, GET /api/plugins/:id answers by its id.',
    gate: 'viewer',
    query: wholeListSchema,
    answers: { 200: PluginsHealth },
  })
  pluginsHealth(
    @CurrentCaller() caller: Caller,
    @Query(input(wholeListSchema)) _page: unknown,
  ): Promise<PluginsHealth> {
    return this.installations.health(caller);
  }

  @Get('plugins/:id/health')
  @Endpoint({
    name: 'checkPluginHealth',
    summary: 'Runs the plugin’s health handler, and says whether its background runs fail',
    gate: 'viewer',
    answers: { 200: PluginHealth },
    problems: [429],
  })
  async health(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PluginHealth> {
    const installationId = parseId('installation', id);
    const { snapshots } = this.execution;
    const snapshot = installationId
      ? await snapshots.getById(caller.tenant.id, installationId)
      : await snapshots.get(caller.tenant.id, id);
    if (!snapshot)
      throw apiErrors.error(
        'NOT_FOUND',
        `This tenant has no plugin ${id.slice(0, 100)}. GET /api/plugins/ lists them.`,
      );
    if (snapshot.status !== 'enabled') return { status: snapshot.status, reason: snapshot.statusReason };
    const leave = this.#checks.enter(caller.tenant.id);
    const checked = await this.execution.checkHealth(snapshot).finally(leave);
    const { degraded } = await this.installations.get(caller, id);
    const failing = degraded && {
      status: 'degraded' as const,
      reason: `${degraded.failed_attempts} attempts in a row failed`,
      degraded,
    };
    if (!checked) return failing ?? { status: 'unknown', reason: 'the plugin registers no health handler' };
    const { runId, outcome } = checked;
    if (outcome.status === 'succeeded') {
      const { status = 'healthy', error } = healthSaid(outcome) ?? {};
      return {
        status,
        ...(error && { reason: error.message }),
        ...failing,
        ...(status === 'unhealthy' && { status }),
        run_id: runId,
        result: 'result' in outcome && outcome.result !== undefined ? JSON.parse(outcome.result) : null,
      };
    }
    return {
      ...failing,
      status: 'unhealthy',
      run_id: runId,
      error: { code: outcome.error.code, message: outcome.error.message, fault: outcomeOf(outcome.error.code).fault },
    };
  }

  @Get('usage')
  @Endpoint({
    name: 'getUsage',
    summary: 'What the tenant’s plugins used, by day, and use against each quota',
    gate: 'viewer',
    query: span,
    answers: { 200: Usage },
  })
  async usage(@CurrentCaller() caller: Caller, @Query(input(span)) query: z.infer<typeof span>): Promise<Usage> {
    return { ...(await this.execution.reader.usage(caller.tenant.id, query)), next_cursor: null };
  }
}
