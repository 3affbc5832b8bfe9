import { manifestJsonSchema } from '@annex/manifest';
import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { jsonAs, text } from '../http/answers.js';
import { Liveness, Readiness } from '../views/health.js';
import { jsonObject } from '../views/shared.js';

/** What the process says of itself; the program that wires it up knows. */
export interface Health {
  /** Each part that must work before traffic comes, and why it does not; an empty list of problems is ready. */
  ready(): Promise<Ready>;
  /** Prometheus text exposition format 0.0.4. */
  metrics(): Promise<string>;
  /** Counts an answer. */
  answered?(answer: Answered): void;
}

export interface Ready {
  ready: boolean;
  checks: Record<string, 'ok' | string>;
  /** What should be put right and keeps no traffic away. Left out: nothing. */
  warnings?: Record<string, string>;
  /** `database_offset_s`: how far the database's clock is ahead of this host's; `null` while it does not answer. */
  clock?: { database_offset_s: number | null };
  /**
   * How far plugin code is confined here, which no caller waits for: docs/sandbox.md says what each tier and layer
   * stops.
   */
  sandbox?: { tier: string; layers: Record<string, boolean> };
}

/** An answer that was given, as little of it as a time series may hold. */
export interface Answered {
  door: 'rest' | 'ext' | 'hooks' | 'other';
  method: string;
  status: number;
  /** From the request's first byte to the answer's last. */
  durationMs: number;
}

/** Which part of the surface a path belongs to. */
export function doorOf(path: string): Answered['door'] {
  if (path.startsWith('/ext/') || path.startsWith('/t/')) return 'ext';
  return path.startsWith('/api/') ? 'rest' : path.startsWith('/hooks/') ? 'hooks' : 'other';
}

export const HEALTH = Symbol('health');

@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @Get('healthz')
  @Endpoint({ name: 'getLiveness', summary: 'The process lives', gate: 'public', answers: { 200: Liveness } })
  live(): Liveness {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Endpoint({
    name: 'getReadiness',
    summary: 'The process can take traffic',
    gate: 'public',
    answers: { 200: Readiness, 503: Readiness },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const { ready, ...rest } = await this.health.ready();
    void reply.status(ready ? 200 : 503).header('cache-control', 'no-store');
    return { status: ready ? 'ready' : 'unavailable', ...rest };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Endpoint({
    name: 'getMetrics',
    summary: 'Prometheus metrics',
    gate: 'public',
    answers: { 200: text('text/plain', 'Prometheus text exposition format 0.0.4') },
  })
  metrics(): Promise<string> {
    return this.health.metrics();
  }

  @Get('schemas/plugin.json')
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @Header('access-control-allow-origin', '*')
  @Endpoint({
    name: 'getManifestSchema',
    summary: 'JSON Schema of plugin.json',
    gate: 'public',
    answers: { 200: jsonAs('application/schema+json', jsonObject) },
  })
  schema(): unknown {
    return manifestJsonSchema();
  }
}
