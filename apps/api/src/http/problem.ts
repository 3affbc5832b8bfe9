import type { AnnexError, Logger } from '@annex/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toAnnexError } from './errors.js';
import { isBodyWaiting } from './expect-continue.js';

/** How long the rest of a body may come that was refused, in milliseconds. */
const REST_MS = 15_000;

/**
 * Prints any thrown thing as `application/problem+json` (RFC 9457). The one place where an error becomes a response.
 */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const error = toAnnexError(thrown, request.routeOptions.bodyLimit ?? request.server.initialConfig.bodyLimit);
  const fields = { request_id: request.id, code: error.code, method: request.method, path: request.url.split('?')[0] };
  if (error.kind.status >= 500) logger.error({ ...fields, err: error.cause ?? error }, error.detail);
  else logger.debug(fields, error.detail);
  if (reply.sent) return;
  leaveBody(request, reply);
  if (error.headers) void reply.headers(error.headers);
  if (error.retryAfterS !== undefined)
    void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterS))));
  if (error.kind.status === 401) void reply.header('www-authenticate', 'Bearer realm="annex"');
  void reply
    .status(error.kind.status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .header('x-request-id', request.id)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemBody(error, request.id));
}

/**
 * What becomes of a body that nobody reads. Fastify would end the connection; then whoever still sends finds it reset
 * and never sees the answer (RFC 9112 §9.6), so the rest is dropped as it comes, for a while.
 */
function leaveBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (isBodyWaiting(raw)) return void reply.header('connection', 'close');
  void reply.removeHeader('connection');
  if (raw.complete) return;
  const limit = setTimeout(() => raw.socket.destroy(), REST_MS).unref();
  raw.once('close', () => clearTimeout(limit));
}

/**
 * The members of a problem. What an error adds never takes the place of a member that RFC 9457 or the contract names.
 */
export function problemBody(error: AnnexError, requestId: string): Record<string, unknown> {
  const members = {
    type: 'about:blank',
    title: error.kind.title,
    status: error.kind.status,
    code: error.code,
    detail: error.detail,
    request_id: requestId,
    ...(error.errors && { errors: error.errors }),
  };
  return { ...members, ...error.extra, ...members };
}
