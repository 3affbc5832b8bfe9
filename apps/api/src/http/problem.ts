import type { AnnexError, Logger } from '@annex/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identified } from './authentication.js';
import { toAnnexError } from './errors.js';
import type { Refusals } from './refusals.js';

/** Answers errors. */
export class Problems {
  constructor(
    private readonly logger: Logger,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Prints any thrown thing as `application/problem+json` (RFC 9457). The one place where an error becomes a response.
   */
  send(thrown: unknown, request: Identified, reply: FastifyReply): void {
    const error = toAnnexError(thrown, request.routeOptions.bodyLimit ?? request.server.initialConfig.bodyLimit);
    const fields = {
      request_id: request.id,
      code: error.code,
      method: request.method,
      path: request.url.split('?')[0],
    };
    if (error.kind.status >= 500) this.logger.error({ ...fields, err: error.cause ?? error }, error.detail);
    else this.logger.debug(fields, error.detail);
    if (reply.sent) return;
    this.refusals.leaveBody(request, reply);
    const send = (): void => printProblem(error, request, reply);
    if (error.kind.status >= 500 || request.principal) send();
    else this.refusals.send(request, reply, send);
  }
}

function printProblem(error: AnnexError, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
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
