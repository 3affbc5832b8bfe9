import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { readEndpoints } from '../http/endpoints.js';
import { version } from '../version.js';
import { doorPaths } from './doors.js';
import { operationOf, type Operation } from './operation.js';
import { headerParameters, problemResponses, problemSchema } from './problems.js';
import { SchemaBook } from './schemas.js';

const tags: Record<string, string> = {
  Access: 'Signing in, sessions and API tokens',
  Tenants: 'Tenants, for platform operators',
  Users: 'The tenant’s users',
  Plugins: 'Plugins, their releases, permissions, settings and jobs',
  'Plugin routes': 'What plugins answer themselves',
  Secrets: 'Secrets of the tenant and of plugins; they go in and never come out',
  Runs: 'What ran, how it ended, logs and numbers',
  Events: 'The tenant’s events',
  Filters: 'Points where plugins change a value of the host application',
  Webhooks: 'Webhooks out and in',
  Files: 'The tenant’s files',
  Data: 'The tenant’s tables',
  Operations: 'Audit, mail, health and metrics',
};

/**
 * The OpenAPI 3.1 description of everything. Nest finds paths and tags; what each endpoint takes and answers stands in
 * its `@Endpoint`.
 */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Annex')
    .setDescription(
      'Self-hosted, multi-tenant plugin host. Errors are RFC 9457 problems; lists are cursor-paged: `?limit=&cursor=`.',
    )
    .setVersion(version)
    .addServer('/', 'Where this description comes from')
    .addBearerAuth()
    .build();
  for (const [name, description] of Object.entries(tags)) (config.tags ??= []).push({ name, description });
  const found = SwaggerModule.createDocument(app, config);
  const endpoints = readEndpoints(app);
  const book = new SchemaBook();
  const paths: OpenAPIObject['paths'] = { ...doorPaths };
  for (const [path, methods] of Object.entries(found.paths)) {
    paths[path] = Object.fromEntries(
      Object.entries(methods as Record<string, Operation>).map(([method, { operationId = '', tags = [] }]) => {
        const description = endpoints.get(operationId);
        if (!description) throw new Error(`${method} ${path} belongs to no endpoint`);
        return [method, operationOf(description, { method, path, tags }, book)];
      }),
    );
  }
  return {
    ...found,
    paths,
    components: {
      securitySchemes: found.components?.securitySchemes ?? {},
      parameters: headerParameters,
      responses: problemResponses(paths),
      schemas: { ...book.components, Problem: problemSchema },
    },
  };
}

/** Serves `/openapi.json` and, for people, `/docs`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    swaggerOptions: { persistAuthorization: true },
  });
}
