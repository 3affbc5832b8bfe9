import type { OpenAPIObject } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Description } from '../http/describe.js';
import { isMutation, problemsOf, type Place } from './problems.js';
import type { SchemaBook } from './schemas.js';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];

/** What stands in a path, where its name does not say it. */
const pathWords: Record<string, string> = {
  path: 'The rest of the path. Its slashes may stay as they are; generators that encode them are understood too.',
  place: 'Its place in the list, from 0',
};
/** The same of one path only. */
const pathWordsOf: [path: RegExp, name: string, words: string][] = [
  [/^\/api\/plugins\/\{id\}/, 'id', 'The installation’s id, or the plugin’s slug'],
  [/^\/api\/webhooks\/\{id\}/, 'id', 'Its id, or its name where only one has it'],
  [/^\/api\/auth\/sessions/, 'id', 'Its id, or `current`'],
];

/** The parameters in a path such as `/api/runs/{id}`. */
export function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const words = pathWordsOf.find(([where, parameter]) => parameter === name && where.test(path))?.[2];
    const description = words ?? pathWords[name];
    return { name, in: 'path', required: true, ...(description && { description }), schema: { type: 'string' } };
  });
}

/** One endpoint in OpenAPI. */
export function operationOf(described: Description, place: Place & { tags: string[] }, book: SchemaBook): Operation {
  const { name, summary, description, gate, status = 200, response } = described;
  const belongsToTenant = gate !== 'public' && gate !== 'signed-in' && gate !== 'operator';
  const requestBody = bodyOf(described, book);
  return {
    operationId: name,
    tags: place.tags,
    summary,
    ...(description && { description }),
    security: gate === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...pathParameters(place.path),
      ...queryParameters(described.query, book),
      ...(belongsToTenant ? [{ $ref: '#/components/parameters/Tenant' }] : []),
      ...(gate !== 'public' && isMutation(place) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ],
    ...(requestBody && { requestBody }),
    responses: {
      [status]: {
        description: 'Success',
        ...(response && { content: { 'application/json': { schema: book.schemaOf(response) } } }),
      },
      ...problemsOf(described, place),
    },
  };
}

function queryParameters(query: z.ZodObject | undefined, book: SchemaBook): Parameter[] {
  return Object.entries(query?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = book.schemaOf(field as z.ZodType);
    return { name, in: 'query', required: false, ...(description && { description }), schema };
  });
}

const uploadForm = {
  type: 'object',
  required: ['file'],
  properties: {
    file: {
      type: 'string',
      contentMediaType: 'application/octet-stream',
      description: 'The package, a ZIP of at most 10 MiB',
    },
    enable: { type: 'string', enum: ['true', 'false'] },
    grant: { type: 'string', description: '`all`, or permission names, comma-separated' },
  },
};

function bodyOf({ body, upload, bytes }: Description, book: SchemaBook): Operation['requestBody'] {
  if (upload) return { required: true, content: { 'multipart/form-data': { schema: uploadForm } } };
  if (bytes) return { required: true, content: { '*/*': { schema: {} } } };
  // An empty body is read as {}: it may be left out where nothing in it is required.
  return (
    body && {
      required: !body.safeParse({}).success,
      content: { 'application/json': { schema: book.schemaOf(body) } },
    }
  );
}
