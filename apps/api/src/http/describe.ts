import { KiB } from '@annex/kernel';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import type { z } from 'zod';
import { Allow, type Gate } from './caller.js';
import { ShownOnce } from './idempotency.js';

export interface Description {
  /** Its `operationId`, and so a client's name for it: a verb and what it is about. Unique; `listRuns`. */
  name: string;
  summary: string;
  gate: Gate;
  body?: z.ZodType;
  /** Points of the tenant's that a call costs (`CallBudget`). Default 0. */
  callPoints?: number;
  /**
   * Bytes of a body. Default {@link usualBodyBytes}; what carries values of plugins takes the server's own limit,
   * `Infinity`.
   */
  maxBodyBytes?: number;
  query?: z.ZodObject;
  /** Status of success. Default 200. */
  status?: number;
  response?: z.ZodType;
  /** Statuses of problems beyond those that its gate, path, parameters and body imply. */
  problems?: readonly number[];
  /** Fields of the answer that are shown this once and kept nowhere. */
  shownOnce?: string[];
  /** The endpoint takes a ZIP as multipart/form-data. */
  upload?: boolean;
  /** The body is bytes, as a stream; their content type says what they are. */
  bytes?: boolean;
  description?: string;
}

/** Bytes of a body that carries nothing but a few fields. */
export const usualBodyBytes = 64 * KiB;

const DESCRIPTION = Symbol('description');

/**
 * One decorator an endpoint: who may call it, and what OpenAPI says of it (`apps/api/src/openapi`). The body's schema
 * is the one that {@link input} checks.
 */
export function Endpoint(described: Description): MethodDecorator {
  const { name, gate, callPoints, maxBodyBytes = usualBodyBytes, query, upload, shownOnce } = described;
  const decorators: MethodDecorator[] = [
    Allow(gate),
    SetMetadata(DESCRIPTION, described),
    ApiOperation({ operationId: name }),
    RouteConfig({
      gate,
      ...(callPoints !== undefined && { callPoints }),
      ...(gate !== 'public' && { queryNames: Object.keys(query?.shape ?? {}) }),
      ...(Number.isFinite(maxBodyBytes) && !upload && { maxBodyBytes }),
      ...(upload && { upload }),
    }),
  ];
  if (shownOnce) decorators.push(ShownOnce(shownOnce));
  return applyDecorators(...decorators);
}

/** What `@Endpoint` says of a controller's method; `undefined`: it has none. */
export function descriptionOf(method: object): Description | undefined {
  return Reflect.getMetadata(DESCRIPTION, method) as Description | undefined;
}
