import type { Caller } from '@annex/access';
import type { Page } from '@annex/kernel';
import { agentLimits } from '@annex/limits';
import { runStatuses } from '@annex/runs';
import { Agents } from '@annex/webhooks';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { anyJson, input, lookup, pageSchema } from '../http/input.js';
import { Agent, AskedAgent, Question } from '../views/agents.js';
import { listOf } from '../views/shared.js';

const agentQuery = pageSchema.extend({ plugin: lookup(100).optional() });
const questionQuery = pageSchema.extend({
  agent: lookup(100).optional().describe('An id or a name'),
  plugin: lookup(100).optional(),
  status: z.enum(runStatuses).optional(),
  waiting_for: z
    .enum(['approval', 'agent'])
    .optional()
    .describe('`approval`: those that wait for a yes. `agent`: those that an agent works on'),
  event_id: lookup(500).optional(),
});
const test = z.strictObject({ data: anyJson.optional() });
const rejection = z.strictObject({
  reason: z
    .string()
    .max(agentLimits.reasonChars)
    .regex(/^[^\0]*$/, { error: 'must not hold U+0000' })
    .optional(),
});

/** Whom plugins ask about events, what was asked, and what was answered. */
@ApiTags('Agents')
@Controller('api/agents')
export class AgentsController {
  constructor(private readonly agents: Agents) {}

  @Get()
  @Endpoint({
    name: 'listAgents',
    summary: 'Agents of the tenant’s plugins',
    gate: 'viewer',
    query: agentQuery,
    answers: { 200: listOf(Agent) },
  })
  list(
    @CurrentCaller() caller: Caller,
    @Query(input(agentQuery)) query: z.infer<typeof agentQuery>,
  ): Promise<Page<Agent>> {
    return this.agents.list(caller, query);
  }

  @Get('questions')
  @Endpoint({
    name: 'listQuestions',
    summary: 'What agents were asked, last first',
    gate: 'viewer',
    query: questionQuery,
    answers: { 200: listOf(Question) },
  })
  questions(
    @CurrentCaller() caller: Caller,
    @Query(input(questionQuery))
    { event_id: eventId, waiting_for: waitingFor, limit, cursor, ...filter }: z.infer<typeof questionQuery>,
  ): Promise<Page<Question>> {
    return this.agents.questions(caller, { ...filter, eventId, waitingFor }, { limit, cursor });
  }

  @Get('questions/:id')
  @Endpoint({
    name: 'getQuestion',
    summary: 'One question: its prompt, its answer and each request',
    gate: 'developer',
    answers: { 200: Question },
  })
  question(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Question> {
    return this.agents.question(caller, id);
  }

  @Post('questions/:id/approve')
  @Endpoint({
    name: 'approveQuestion',
    summary: 'Say yes to a question: it is asked now',
    gate: 'admin',
    answers: { 200: Question },
  })
  approve(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Question> {
    return this.agents.approve(caller, id);
  }

  @Post('questions/:id/reject')
  @Endpoint({
    name: 'rejectQuestion',
    summary: 'Say no to a question: it is not asked',
    gate: 'admin',
    body: rejection,
    answers: { 200: Question },
  })
  reject(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(rejection)) { reason }: z.infer<typeof rejection>,
  ): Promise<Question> {
    return this.agents.reject(caller, id, reason ?? null);
  }

  @Post('questions/:id/cancel')
  @Endpoint({
    name: 'cancelQuestion',
    summary: 'Give a question up, and tell the agent so',
    gate: 'developer',
    answers: { 200: Question },
  })
  cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Question> {
    return this.agents.cancel(caller, id);
  }

  @Post('questions/:id/replay')
  @Endpoint({
    name: 'replayQuestion',
    summary: 'Ask again: the same words under the same id',
    gate: 'developer',
    answers: { 202: AskedAgent },
    problems: [429],
  })
  replay(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<AskedAgent> {
    return this.agents.replay(caller, id);
  }

  @Get(':id')
  @Endpoint({
    name: 'getAgent',
    summary: 'One agent',
    gate: 'viewer',
    description: '`:id` is its id, or its name where only one has it.',
    answers: { 200: Agent },
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Agent> {
    return this.agents.get(caller, id);
  }

  @Post(':id/test')
  @Endpoint({
    name: 'testAgent',
    summary: 'Ask it something now',
    gate: 'developer',
    body: test,
    maxBodyBytes: Infinity,
    callPoints: 10,
    answers: { 202: AskedAgent },
    problems: [429],
  })
  test(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(input(test)) { data }: z.infer<typeof test>,
  ): Promise<AskedAgent> {
    return this.agents.test(caller, id, data);
  }

  @Post(':id/enable')
  @Endpoint({
    name: 'enableAgent',
    summary: 'Let a disabled agent be asked again',
    gate: 'developer',
    answers: { 200: Agent },
  })
  enable(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Agent> {
    return this.agents.enable(caller, id);
  }

  @Post(':id/disable')
  @Endpoint({
    name: 'disableAgent',
    summary: 'Ask it nothing; questions that come meanwhile are skipped',
    gate: 'developer',
    answers: { 200: Agent },
  })
  disable(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<Agent> {
    return this.agents.disable(caller, id);
  }
}
