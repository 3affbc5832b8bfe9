import type { Caller } from '@annex/access';
import { Execution, healthSaid } from '@annex/execution';
import { Installations } from '@annex/installations';
import { parseId } from '@annex/kernel';
import { restLimits } from '@annex/limits';
import { outcomeOf } from '@annex/runs';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { input, wholeListSchema } from '../http/input.js';
import { PluginHealth, PluginsHealth } from '../views/runs.js';

/** What a plugin says of itself. */
@ApiTags('Runs')
@Controller('api')
export class PluginHealthController {
  readonly #checks = new InFlight(restLimits.healthChecks, 'health checks');

  constructor(
    private readonly execution: Execution,
    private readonly installations: Installations,
  ) {}

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
}
