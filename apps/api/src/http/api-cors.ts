import type { FastifyInstance } from 'fastify';
import { corsHeaders, isPreflight, joinVary, preflightHeaders, type CorsPolicy } from './cors.js';

/**
 * What pages of the operator's origins may do with `/api`: everything but send the console's cookie, which is for its
 * own pages.
 */
function apiPolicy(origins: readonly string[]): CorsPolicy {
  return {
    origins: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    requestHeaders: [
      'authorization',
      'content-type',
      'x-tenant-slug',
      'idempotency-key',
      'if-match',
      'if-none-match',
      'if-modified-since',
      'range',
      'if-range',
      'last-event-id',
    ],
    exposedHeaders: [
      'x-request-id',
      'retry-after',
      'etag',
      'content-disposition',
      'content-range',
      'allow',
      'www-authenticate',
      'idempotent-replayed',
    ],
  };
}

/**
 * Lets pages of these origins call `/api`. Preflights, which carry no token, are answered before anybody is asked who
 * they are; refusals carry the headers too, so that the page can read why. No origins: nothing is added, and `OPTIONS`
 * is a method like others.
 */
export function allowApiOrigins(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const policy = apiPolicy(origins);
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.url.startsWith('/api/')) return done();
    if (isPreflight(request)) return void reply.status(204).headers(preflightHeaders(policy, request)).send();
    const { vary, ...headers } = corsHeaders(policy, request);
    void reply.headers(headers);
    if (vary !== undefined) void reply.header('vary', joinVary(reply.getHeader('vary'), vary));
    done();
  });
}
