import { KiB } from '@annex/kernel';
import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Allow, type Gate } from './caller.js';
import { ShownOnce } from './idempotency.js';

export interface Description {
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
  /** Fields of the answer that are shown this once and kept nowhere. */
  shownOnce?: string[];
  /** The endpoint takes a ZIP as multipart/form-data. */
  upload?: boolean;
  description?: string;
}

/** Bytes of a body that carries nothing but a few fields. */
export const usualBodyBytes = 64 * KiB;

/**
 * One decorator an endpoint: who may call it, and what OpenAPI says of it. The body's schema is the one that {@link
 * input} checks.
 */
export function Endpoint({
  summary,
  gate,
  body,
  callPoints,
  maxBodyBytes = usualBodyBytes,
  query,
  status = 200,
  response,
  shownOnce,
  upload,
  description,
}: Description): MethodDecorator {
  const decorators: MethodDecorator[] = [
    Allow(gate),
    RouteConfig({
      gate,
      ...(callPoints !== undefined && { callPoints }),
      ...(gate !== 'public' && { queryNames: Object.keys(query?.shape ?? {}) }),
      ...(Number.isFinite(maxBodyBytes) && !upload && { maxBodyBytes }),
      ...(upload && { upload }),
    }),
    ApiOperation({ summary, description }),
    ApiResponse({
      status,
      description: 'Success',
      ...(response && { content: { 'application/json': { schema: openApiSchema(response) } } }),
    }),
    ApiResponse({
      status: 'default',
      description: 'A problem (RFC 9457)',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  ];
  if (shownOnce) decorators.push(ShownOnce(shownOnce));
  if (gate !== 'public') decorators.push(ApiBearerAuth());
  if (gate !== 'public' && gate !== 'signed-in' && gate !== 'operator') {
    decorators.push(
      ApiHeader({
        name: 'X-Tenant-Slug',
        required: false,
        description: 'The tenant. May be left out by a token that belongs to one.',
      }),
    );
  }
  if (body) decorators.push(ApiBody({ schema: openApiSchema(body) }));
  if (upload) {
    decorators.push(
      ApiConsumes('multipart/form-data'),
      ApiBody({
        schema: {
          type: 'object',
          required: ['file'],
          properties: {
            file: { type: 'string', format: 'binary', description: 'The package, a ZIP of at most 10 MiB' },
            enable: { type: 'string', enum: ['true', 'false'] },
            grant: { type: 'string', description: '`all`, or permission names, comma-separated' },
          },
        },
      }),
    );
  }
  for (const [name, field] of Object.entries(query?.shape ?? {})) {
    const schema = openApiSchema(field as z.ZodType);
    decorators.push(
      ApiQuery({ name, required: false, schema, ...(schema.description && { description: schema.description }) }),
    );
  }
  return applyDecorators(...decorators);
}

interface OpenApiSchema {
  description?: string;
  [key: string]: unknown;
}

function openApiSchema(schema: z.ZodType): OpenApiSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  });
  return rest as OpenApiSchema;
}
