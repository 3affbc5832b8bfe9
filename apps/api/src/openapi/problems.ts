import type { OpenAPIObject } from '@nestjs/swagger';
import { tenantArchiveLimits } from '@annex/limits';
import type { Gate } from '../http/authentication.js';
import type { Description } from '../http/endpoint.js';

type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;
type Parameters = NonNullable<NonNullable<OpenAPIObject['components']>['parameters']>;
type Headers = Exclude<Responses[string], { $ref: string }>['headers'];

/** RFC 9457, with what Annex adds to it. */
export const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
  // Some problems tell more: `limit`, `quota`, `erases_at`.
  additionalProperties: true,
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

const retryAfter: Headers = {
  'Retry-After': { description: 'Seconds to wait before the next try', schema: { type: 'integer' } },
};

/** Statuses that a problem may have; each is a component that operations refer to. */
const problems: Record<number, { name: string; description: string; headers?: Headers }> = {
  400: { name: 'BadRequest', description: 'The request cannot be read, or it has to name a tenant' },
  401: {
    name: 'Unauthenticated',
    description: 'No token, or none that counts',
    headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  },
  403: { name: 'Forbidden', description: 'Not with this role, or not in this tenant' },
  404: { name: 'NotFound', description: 'It is not there' },
  409: { name: 'Conflict', description: 'Not in the state that it is in' },
  410: { name: 'Gone', description: 'It was there once, and is not kept any more' },
  412: { name: 'PreconditionFailed', description: 'The condition of the request does not hold' },
  413: { name: 'TooLarge', description: 'The body or a quota is larger than its limit' },
  415: { name: 'UnsupportedMediaType', description: 'A body of another type is taken here' },
  422: { name: 'InvalidInput', description: 'The input is not valid; `errors` names every fault' },
  429: { name: 'RateLimited', description: 'Too much at once', headers: retryAfter },
  502: { name: 'ExecutorLost', description: 'The process that ran the handler ended' },
  503: { name: 'Overloaded', description: 'No room now; nothing was kept', headers: retryAfter },
  504: { name: 'TimedOut', description: 'The handler ran out of time' },
};

const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** `#/components/responses`, as far as these paths refer to them. */
export function problemResponses(paths: object): Responses {
  const text = JSON.stringify(paths);
  return Object.fromEntries(
    [...Object.values(problems), { name: 'Problem', description: 'Any other problem (RFC 9457)' }]
      .filter(({ name }) => text.includes(`"${refer(name).$ref}"`))
      .map(({ name, ...rest }) => [name, { ...rest, content }]),
  );
}

/** `#/components/parameters`. */
export const headerParameters: Parameters = {
  Tenant: {
    name: 'X-Tenant-Slug',
    in: 'header',
    required: false,
    description: 'The tenant. May be left out by a token that belongs to one.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Again with the same key within 24 hours, the first answer is given again and nothing is done twice.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  ArchivePassphrase: {
    name: 'X-Archive-Passphrase',
    in: 'header',
    required: false,
    description: 'Locks the secrets of an archive, or opens them: printable ASCII. Left out: there are none in it.',
    schema: {
      type: 'string',
      minLength: tenantArchiveLimits.fewestPassphraseChars,
      maxLength: tenantArchiveLimits.passphraseChars,
    },
  },
};

/** Where an endpoint stands: what is not in its description. */
export interface Place {
  method: string;
  path: string;
}

/** Whether the gate finds a caller in a tenant. */
export const belongsToTenant = (gate: Gate): boolean =>
  gate !== 'public' && gate !== 'signed-in' && gate !== 'operator';

/** Whether it changes something, and so takes an `Idempotency-Key`. */
export const isMutation = ({ method }: Place): boolean => method !== 'get';

/**
 * The problems that an endpoint may answer: what its gate, path, parameters and body imply, and what it says itself.
 */
export function problemsOf(described: Description, place: Place): Record<string, { $ref: string }> {
  const { gate, upload, bytes, query, callPoints, takesEvent, problems: own = [] } = described;
  const isSignedIn = gate !== 'public';
  const changes = isSignedIn && isMutation(place);
  const statuses = new Set<number>([
    400,
    ...(isSignedIn ? [401, 403, 422] : []),
    // An operator may name a tenant that is not there.
    ...(place.path.includes('{') || belongsToTenant(gate) ? [404] : []),
    ...(changes ? [409] : []),
    // A body that nobody asked for is looked at too.
    ...(isMutation(place) ? [413, 415, 422] : []),
    ...(query ? [422] : []),
    ...(callPoints !== undefined || takesEvent || upload || bytes ? [429] : []),
    503,
    ...own,
  ]);
  return Object.fromEntries([
    ...[...statuses].sort((one, other) => one - other).map((status) => [status, refer(nameOf(status))]),
    ['default', refer('Problem')],
  ]);
}

function nameOf(status: number): string {
  const problem = problems[status];
  if (!problem) throw new Error(`No problem is described for status ${status}: add it to openapi/problems.ts`);
  return problem.name;
}

const refer = (name: string): { $ref: string } => ({ $ref: `#/components/responses/${name}` });
