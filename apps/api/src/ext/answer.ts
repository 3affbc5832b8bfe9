import { AnnexError } from '@annex/kernel';
import { outcomeOf } from '@annex/lifecycle';
import type { RouteResponse, RunOutcome } from '@annex/sandbox';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Headers that belong to the connection (RFC 9110 §7.6.1) or to Annex: a plugin's are dropped. */
const dropped = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'content-length', 'date', 'server',
  'x-request-id', 'annex-run-id', 'strict-transport-security', 'clear-site-data', 'service-worker-allowed', 'set-cookie', 'access-control-allow-credentials',
  'alt-svc', 'nel', 'report-to',
]);

/**
 * Plugins share an origin with each other and with the API, so what a browser would run gets an opaque origin of its own
 * (CSP `sandbox`), and no plugin may set a cookie for its neighbours. Many types run script (any `+xml` does), and of several in a list the last
 * one counts, so the harmless ones are named and the rest is not trusted.
 */
const inertTypes =
  /^(application\/(json|problem\+json|octet-stream|pdf|zip|gzip|x-ndjson)|text\/(plain|csv|css|event-stream|calendar)|image\/(png|jpeg|gif|webp|avif)|(audio|video|font)\/[\w.+-]+)\s*(;[^,]*)?$/i;
export const documentPolicy = 'sandbox allow-scripts allow-forms allow-popups allow-downloads';

/** Whether a browser that is shown this content type runs nothing. */
export function isInert(type: string): boolean {
  return inertTypes.test(type.trim());
}

/** Turns how a route's run ended into the HTTP response. */
export function answer({ reply, request, runId, outcome }: { reply: FastifyReply; request: FastifyRequest; runId: string; outcome: RunOutcome }): FastifyReply {
  void reply.header('annex-run-id', runId).header('x-request-id', request.id);
  if (outcome.status === 'succeeded' && outcome.response) return sendResponse(reply, outcome.response);
  const error = outcome.status === 'failed' ? outcome.error : { code: 'PLUGIN_ERROR' as const, message: 'the handler gave no response' };
  throw routeProblem(error.code, error.message, runId);
}

function sendResponse(reply: FastifyReply, { status, headers, body }: RouteResponse): FastifyReply {
  let type: string | undefined;
  for (let index = 0; index < headers.length; index += 1) {
    const pair = headers[index];
    if (!pair || dropped.has(pair[0])) continue;
    if (pair[0] === 'content-type') type = pair[1];
    void reply.header(pair[0], pair[1]);
  }
  void reply.header('x-content-type-options', 'nosniff');
  if (type !== undefined && !isInert(type)) void reply.header('content-security-policy', documentPolicy);
  void reply.status(status);
  if (body === null) return reply.send();
  // As bytes where Fastify would add a charset to a type that the plugin chose without one.
  if (body.encoding === 'utf8' && (type === undefined || type.includes('charset'))) return reply.send(body.data);
  return reply.send(Buffer.from(body.data, body.encoding));
}

/**
 * The problem a caller of a route sees. What the plugin threw stays in its logs, words and stack: the caller gets the run's id to quote. Limits
 * and the platform's own faults are named.
 */
export function routeProblem(code: string, message: string, runId: string): AnnexError {
  const { status, title, fault } = outcomeOf(code);
  const detail = fault === 'plugin' ? 'The plugin failed to answer this request. Its developer finds the cause under the run.' : message;
  const retryAfterS = status === 429 || status === 503 ? 1 : undefined;
  return new AnnexError(code, { title, status, fault }, detail, { extra: { run_id: runId }, retryAfterS });
}
