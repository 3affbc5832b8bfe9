import { Access, type Caller } from '@annex/access';
import { Execution, logLevels } from '@annex/execution';
import type { Page } from '@annex/kernel';
import { restLimits } from '@annex/limits';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventStream } from '../http/answers.js';
import { CurrentCaller } from '../http/authentication.js';
import { CLOSING } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { input, instant, pageSchema } from '../http/input.js';
import { TenantStreams } from '../http/tenant-stream.js';
import { LogLine } from '../views/runs.js';
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

/** What a plugin wrote. */
@ApiTags('Runs')
@Controller('api')
export class LogsController {
  readonly #streams: TenantStreams;

  constructor(
    private readonly execution: Execution,
    access: Access,
    @Inject(CLOSING) closing: AbortSignal,
  ) {
    this.#streams = new TenantStreams({ access, closing, max: restLimits.logStreams, what: 'log streams' });
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
}
