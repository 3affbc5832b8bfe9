import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

const problem = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable; docs/errors.md lists these codes' },
    detail: { type: 'string', description: 'What happened, and what to do' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      description:
        'Every fault of the input. Their codes are not those of the problem: the end of docs/errors.md explains them',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI 3 description of everything but `/ext`, whose paths are the plugins' own. */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Annex')
    .setDescription(
      'Self-hosted, multi-tenant plugin host. Errors are RFC 9457 problems; lists are cursor-paged: `?limit=&cursor=`.',
    )
    .setVersion('1.0')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: problem } };
  const call = {
    tags: ['Plugins'],
    summary: 'Call a plugin’s route',
    parameters: ['slug', 'path'].map((name) => ({
      name,
      in: 'path' as const,
      required: true,
      schema: { type: 'string' },
    })),
    responses: { default: { description: 'What the plugin answers, or a problem' } },
  };
  const description =
    'The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header (webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.';
  const ext = { ...call, description };
  document.paths['/ext/{slug}/{path}'] = { get: ext, post: ext, put: ext, patch: ext, delete: ext };
  const inPath = {
    ...call,
    summary: 'Call a plugin’s route, the tenant in the path',
    parameters: [
      { name: 'tenant', in: 'path' as const, required: true, schema: { type: 'string' } },
      ...call.parameters,
    ],
  };
  document.paths['/t/{tenant}/ext/{slug}/{path}'] = {
    get: inPath,
    post: inPath,
    put: inPath,
    patch: inPath,
    delete: inPath,
  };
  const hook = ['tenant', 'source'].map((name) => ({
    name,
    in: 'path' as const,
    required: true,
    schema: { type: 'string' },
  }));
  document.paths['/hooks/{tenant}/{source}'] = {
    post: {
      tags: ['Webhooks'],
      summary: 'Receive a webhook: signed as its source says, it becomes the event webhook.received',
      parameters: hook,
      responses: {
        202: { description: 'It became an event' },
        200: { description: 'A delivery that was received before, or the answer to a challenge' },
        default: { description: 'A problem (RFC 9457)' },
      },
    },
    get: {
      tags: ['Webhooks'],
      summary: 'Answer hub.challenge, as Meta and WebSub ask',
      description: 'HEAD is answered too where the preset is one that looks first, such as trello.',
      parameters: hook,
      responses: { 200: { description: 'The challenge, as text' }, default: { description: 'A problem (RFC 9457)' } },
    },
    options: {
      tags: ['Webhooks'],
      summary: 'Consent to CloudEvents, or answer a browser’s preflight',
      parameters: hook,
      responses: {
        200: { description: 'WebHook-Allowed-Origin' },
        204: { description: 'Access-Control-Allow-Origin' },
        default: { description: 'A problem (RFC 9457)' },
      },
    },
  };
  return document;
}

/** Serves `/openapi.json` and, for people, `/docs`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    swaggerOptions: { persistAuthorization: true },
  });
}
