import type { OpenAPIObject } from '@nestjs/swagger';
import type { z } from 'zod';
import { isSchema, type RawBody } from '../http/answers.js';
import type { Gate } from '../http/authentication.js';
import type { Description } from '../http/endpoint.js';
import { belongsToTenant, isMutation, problemsOf, type Place } from './problems.js';
import type { Schema, SchemaBook } from './schemas.js';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  /** Who may call it (an extension): a role and every higher one, `operator`, `signed-in` or `public`. */
  'x-annex-gate'?: Gate;
};
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
  const { name, summary, description, gate } = described;
  const requestBody = bodyOf(described, book);
  return {
    operationId: name,
    tags: place.tags,
    summary,
    ...(description && { description }),
    'x-annex-gate': gate,
    security: gate === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...pathParameters(place.path),
      ...queryParameters(described.query, book),
      ...(belongsToTenant(gate) ? [{ $ref: '#/components/parameters/Tenant' }] : []),
      ...(described.takesPassphrase ? [{ $ref: '#/components/parameters/ArchivePassphrase' }] : []),
      ...(gate !== 'public' && isMutation(place) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ],
    ...(requestBody && { requestBody }),
    responses: {
      ...problemsOf(described, place),
      ...answersOf(described, book),
    },
  };
}

/** What a success of a status means, where the endpoint does not say it. */
const successes: Record<string, string> = {
  200: 'Success',
  201: 'It was made',
  202: 'It was accepted, and goes on behind the answer',
  204: 'It was done; there is nothing to say',
  206: 'The range that was asked for',
  304: 'Nothing has changed',
};

function answersOf({ answers }: Description, book: SchemaBook): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const description = successes[status] ?? 'Success';
      if (isSchema(answer)) return [status, { description, content: json(book.schemaOf(answer)) }];
      if (answer.kind === 'nothing') return [status, { description }];
      return [
        status,
        { description: answer.description ?? description, content: { [answer.type]: { schema: raw(answer, book) } } },
      ];
    }),
  );
}

/** OpenAPI 3.1 knows no streams of events: what each holds stands beside. */
function raw({ type, schema, event }: RawBody, book: SchemaBook): Schema {
  if (type === '*/*') return {};
  if (schema) return book.schemaOf(schema);
  return {
    type: 'string',
    ...(event && { contentMediaType: 'application/json', contentSchema: book.schemaOf(event) }),
  };
}

const json = (schema: Schema): { 'application/json': { schema: Schema } } => ({ 'application/json': { schema } });

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
    activate: { type: 'string', enum: ['true', 'false'] },
    grant: { type: 'string', description: '`all`, or permission names, comma-separated' },
    signature: { type: 'string', description: 'Of the package, as `annex sign` writes it' },
  },
};

function bodyOf({ body, upload, bytes }: Description, book: SchemaBook): Operation['requestBody'] {
  if (upload) return { required: true, content: { 'multipart/form-data': { schema: uploadForm } } };
  if (bytes) return { required: true, content: { '*/*': { schema: {} } } };
  // An empty body is read as {}: it may be left out where nothing in it is required.
  return (
    body && {
      required: !body.safeParse({}).success,
      content: json(book.schemaOf(body)),
    }
  );
}
