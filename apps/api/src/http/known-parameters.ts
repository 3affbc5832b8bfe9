import { didYouMean, jsonPointer, type InputFault } from '@annex/kernel';
import type { FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';

/** Parameters that are named in a refusal. */
const MAX_TOLD = 20;

/**
 * Refuses parameters that the endpoint does not know: one that is passed over answers another question than was asked,
 * such as all rows in the place of a few. The names are those of its `@Endpoint`, as in OpenAPI. Throws
 * `INVALID_INPUT`.
 */
export function requireKnownParameters({ query, routeOptions }: Pick<FastifyRequest, 'query' | 'routeOptions'>): void {
  const { queryNames } = routeOptions.config;
  if (queryNames === undefined) return;
  const faults: InputFault[] = [];
  for (const name in query as Record<string, unknown>) {
    if (queryNames.includes(name)) continue;
    const known = queryNames.length === 0 ? ' It takes none.' : ` It takes ${queryNames.join(', ')}.`;
    faults.push({
      pointer: jsonPointer(name.slice(0, 100)),
      code: 'UNKNOWN_PARAMETER',
      detail: `is not a parameter of this endpoint.${didYouMean(name, queryNames) || known}`,
    });
    if (faults.length === MAX_TOLD) break;
  }
  if (faults.length === 0) return;
  throw apiErrors.error(
    'INVALID_INPUT',
    faults
      .map(({ pointer, detail }) => `${pointer} ${detail}`)
      .join(' ')
      .slice(0, 1000),
    { errors: faults },
  );
}
