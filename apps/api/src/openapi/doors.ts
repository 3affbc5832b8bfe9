import type { OpenAPIObject } from '@nestjs/swagger';
import { pathParameters, type Operation } from './operation.js';

type Paths = OpenAPIObject['paths'];
type Content = Record<string, { schema: object }>;

const problem = { $ref: '#/components/responses/Problem' };
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What stands beside Nest: plugins' routes, whose paths and shapes are the plugins' own, and incoming webhooks. */
export const doorPaths: Paths = {
  '/ext/{slug}/{path}': plugins('/ext/{slug}/{path}', {
    name: 'PluginRoute',
    summary: 'Call a plugin’s route',
    description:
      'The tenant is that of X-Tenant-Slug, of the host, or the token’s only one. Senders that can set no header ' +
      '(webhooks, signed routes) use /t/{tenant}/ext/{slug}/{path}.',
    header: true,
  }),
  '/t/{tenant}/ext/{slug}/{path}': plugins('/t/{tenant}/ext/{slug}/{path}', {
    name: 'TenantPluginRoute',
    summary: 'Call a plugin’s route, the tenant in the path',
  }),
  '/hooks/{tenant}/{source}': hooks('/hooks/{tenant}/{source}'),
};

function plugins(
  path: string,
  { name, header = false, ...words }: { name: string; summary: string; description?: string; header?: boolean },
): Paths[string] {
  const parameters = [...pathParameters(path), ...(header ? [{ $ref: '#/components/parameters/Tenant' }] : [])];
  const content = { '*/*': { schema: {} } };
  return Object.fromEntries(
    methods.map((method): [string, Operation] => [
      method,
      {
        operationId: `${method}${name}`,
        tags: ['Plugin routes'],
        ...words,
        security: [{ bearer: [] }, {}],
        parameters,
        ...(method !== 'get' && { requestBody: { required: false, content } }),
        responses: {
          '2XX': { description: 'What the plugin answers', content },
          default: {
            description: 'What the plugin answers, or a problem (RFC 9457) with the code of what went wrong',
            content: { ...content, 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    ]),
  );
}

function hooks(path: string): Paths[string] {
  const shared = { tags: ['Webhooks'], security: [], parameters: pathParameters(path) };
  const text = { 'text/plain': { schema: { type: 'string' } } };
  const json = (schema: object): Content => ({ 'application/json': { schema } });
  const eventId = { type: 'string' };
  return {
    post: {
      operationId: 'receiveHook',
      summary: 'Receive a webhook: signed as its source says, it becomes the event webhook.received',
      ...shared,
      requestBody: { required: false, content: { '*/*': { schema: {} } } },
      responses: {
        202: {
          description: 'It became an event',
          content: json({ type: 'object', required: ['event_id'], properties: { event_id: eventId } }),
        },
        200: {
          description: 'A delivery that was received before, or the answer to a challenge',
          content: {
            ...json({
              anyOf: [
                {
                  type: 'object',
                  required: ['event_id', 'duplicate'],
                  properties: { event_id: eventId, duplicate: { const: true } },
                },
                { type: 'object', required: ['challenge'], properties: { challenge: { type: 'string' } } },
              ],
            }),
            ...text,
          },
        },
        default: problem,
      },
    },
    get: {
      operationId: 'answerHookChallenge',
      summary: 'Answer hub.challenge, as Meta and WebSub ask',
      description: 'HEAD is answered too where the preset is one that looks first, such as trello.',
      ...shared,
      responses: { 200: { description: 'The challenge, as text', content: text }, default: problem },
    },
    options: {
      operationId: 'consentToHooks',
      summary: 'Consent to CloudEvents, or answer a browser’s preflight',
      ...shared,
      responses: {
        200: { description: 'WebHook-Allowed-Origin' },
        204: { description: 'Access-Control-Allow-Origin' },
        default: problem,
      },
    },
  };
}
