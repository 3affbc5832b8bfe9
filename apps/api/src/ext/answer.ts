import { AnnexError } from '@annex/kernel';
import { outcomeOf } from '@annex/runs';
import type { RouteResponse, RunOutcome } from '@annex/sandbox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { joinVary } from '../http/cors.js';
import { isCorsDecided } from './ext-cors.js';
import { privately, type SentHeaders } from './response-headers.js';

/**
 * Plugins share an origin with each other and with the API, so what a browser would run gets an opaque origin of its
 * own (CSP `sandbox`), and no plugin may set a cookie for its neighbours. Many types run script (any `+xml` does), and
 * of several in a list the last one counts, so the harmless ones are named and the rest is not trusted.
 */
const inertTypes =
  /^(application\/(json|problem\+json|octet-stream|pdf|zip|gzip|x-ndjson)|text\/(plain|csv|css|event-stream|calendar)|image\/(png|jpeg|gif|webp|avif)|(audio|video|font)\/[\w.+-]+)\s*(;[^,]*)?$/i;
export const documentPolicy = 'sandbox allow-scripts allow-forms allow-popups allow-downloads';

/** Whether a browser that is shown this content type runs nothing. */
export function isInert(type: string): boolean {
  return inertTypes.test(type.trim());
}

/** How a route's run ended, and to whom. */
export interface Answer {
  reply: FastifyReply;
  request: FastifyRequest;
  runId: string;
  outcome: RunOutcome;
  /** The plugin's headers, sorted (`sentHeaders`). */
  headers: SentHeaders | undefined;
  /** Somebody in particular asked: no shared cache may keep what they got. */
  isForCaller: boolean;
}

/** Turns how a route's run ended into the HTTP response. */
export function answer({ reply, request, runId, outcome, headers, isForCaller }: Answer): FastifyReply {
  void reply.header('annex-run-id', runId).header('x-request-id', request.id);
  if (outcome.status === 'succeeded' && outcome.response && headers) {
    sendHead(reply, { status: outcome.response.status, headers, isForCaller });
    return sendBody(reply, outcome.response, headers);
  }
  const error =
    outcome.status === 'failed'
      ? outcome.error
      : { code: 'PLUGIN_ERROR' as const, message: 'the handler gave no response' };
  throw routeProblem(error.code, error.message, runId);
}

/** Everything of an answer but its body. */
export function sendHead(
  reply: FastifyReply,
  { status, headers, isForCaller }: { status: number; headers: SentHeaders; isForCaller: boolean },
): void {
  const vary = headers.fields.get('vary');
  if (vary !== undefined) void reply.header('vary', joinVary(vary, String(reply.getHeader('vary') ?? '')));
  for (const [name, value] of answerFields(headers, isForCaller, isCorsDecided(reply.request)))
    void reply.header(name, value);
  void reply.status(status);
}

/**
 * The fields that an answer of a plugin carries for its own sake, in the order in which they are sent; `Vary` is its
 * sender's to join. `hasCors`: Annex answers for CORS, so the plugin does not: two answers would be none.
 */
export function answerFields(
  { fields }: SentHeaders,
  isForCaller: boolean,
  hasCors: boolean,
): Map<string, string | string[]> {
  const sent = new Map<string, string | string[]>();
  for (const [name, value] of fields) {
    if (name === 'vary' || (hasCors && name.startsWith('access-control-'))) continue;
    sent.set(name, value);
  }
  if (isForCaller) sent.set('cache-control', privately(fields.get('cache-control')));
  sent.set('x-content-type-options', 'nosniff');
  const type = fields.get('content-type') as string | undefined;
  if (type !== undefined && !isInert(type)) {
    // A browser holds to all of several policies.
    const own = fields.get('content-security-policy');
    sent.set('content-security-policy', own === undefined ? documentPolicy : [documentPolicy, own].flat());
  }
  return sent;
}

function sendBody(reply: FastifyReply, { body }: RouteResponse, { fields, hasBytes }: SentHeaders): FastifyReply {
  if (body === null) return reply.send();
  const type = fields.get('content-type') as string | undefined;
  if (body.encoding === 'utf8' && (type === undefined || type.includes('charset'))) {
    // Node writes headers before a text in the text's encoding, so bytes in them need a body of bytes.
    if (!hasBytes) return reply.send(body.data);
    if (type === undefined) void reply.header('content-type', 'text/plain; charset=utf-8');
  }
  // As bytes where Fastify would add a charset to a type that the plugin chose without one.
  return reply.send(Buffer.from(body.data, body.encoding));
}

/**
 * The problem a caller of a route sees. What the plugin threw stays in its logs, words and stack: the caller gets the
 * run's id to quote. Limits and the platform's own faults are named.
 */
export function routeProblem(code: string, message: string, runId: string): AnnexError {
  const { status, title, fault } = outcomeOf(code);
  const detail =
    fault === 'plugin'
      ? 'The plugin failed to answer this request. Its developer finds the cause under the run.'
      : message;
  const retryAfterS = status === 429 || status === 503 ? 1 : undefined;
  return new AnnexError(code, { title, status, fault }, detail, { extra: { run_id: runId }, retryAfterS });
}
