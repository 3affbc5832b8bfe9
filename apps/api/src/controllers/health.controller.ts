import { manifestJsonSchema } from '@annex/manifest';
import { Controller, Get, Header, HttpCode, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/describe.js';

/** What the process says of itself; the program that wires it up knows. */
export interface Health {
  /** Each part that must work before traffic comes, and why it does not; an empty list of problems is ready. */
  ready(): Promise<{ ready: boolean; checks: Record<string, 'ok' | string> }>;
  /** Prometheus text exposition format 0.0.4. */
  metrics(): Promise<string>;
}
export const HEALTH = Symbol('health');

@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @Get('healthz')
  @Endpoint({ summary: 'The process lives', gate: 'public' })
  live(): unknown {
    return { status: 'ok' };
  }

  @Get('readyz')
  @HttpCode(200)
  @Endpoint({ summary: 'The process can take traffic', gate: 'public' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const { ready, checks } = await this.health.ready();
    void reply.status(ready ? 200 : 503).header('cache-control', 'no-store');
    return { status: ready ? 'ready' : 'unavailable', checks };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Endpoint({ summary: 'Prometheus metrics', gate: 'public' })
  metrics(): Promise<string> {
    return this.health.metrics();
  }

  @Get('schemas/plugin.json')
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @Header('access-control-allow-origin', '*')
  @Endpoint({ summary: 'JSON Schema of plugin.json', gate: 'public' })
  schema(): unknown {
    return manifestJsonSchema();
  }
}
