import { type AnnexError, defineErrors, isAnnexError } from '@annex/kernel';
import { isDatabaseAway, isDatabaseBusy, isTenantGone } from '@annex/database';

/** Errors of the HTTP surface itself; every library brings its own. */
export const apiErrors = defineErrors('api', {
  NOT_FOUND: { title: 'Not found', status: 404, fault: 'caller' },
  METHOD_NOT_ALLOWED: { title: 'Method not allowed', status: 405, fault: 'caller' },
  UNAUTHENTICATED: { title: 'Authentication required', status: 401, fault: 'caller' },
  FORBIDDEN: { title: 'Not allowed', status: 403, fault: 'caller' },
  INVALID_INPUT: { title: 'The input is not valid', status: 422, fault: 'caller' },
  INVALID_JSON: { title: 'The body is not JSON', status: 400, fault: 'caller' },
  BAD_REQUEST: { title: 'Bad request', status: 400, fault: 'caller' },
  PAYLOAD_TOO_LARGE: { title: 'The payload is larger than its limit', status: 413, fault: 'limit' },
  UNSUPPORTED_MEDIA_TYPE: { title: 'Unsupported media type', status: 415, fault: 'caller' },
  PLUGIN_DISABLED: { title: 'The plugin is not enabled', status: 409, fault: 'policy' },
  PLUGIN_STARTING: { title: 'The plugin is starting', status: 503, fault: 'plugin' },
  INVALID_SIGNATURE: { title: 'The signature does not match', status: 401, fault: 'caller' },
  RATE_LIMITED: { title: 'Too many requests', status: 429, fault: 'limit' },
  OVERLOADED: { title: 'The server is busy', status: 503, fault: 'platform' },
  IDEMPOTENCY_IN_FLIGHT: { title: 'The first request with this key is still running', status: 409, fault: 'caller' },
  IDEMPOTENCY_MISMATCH: { title: 'The key was used for another request', status: 422, fault: 'caller' },
  INTERNAL: { title: 'Internal error', status: 500, fault: 'platform' },
});

/**
 * Any thrown thing as an error of the product. What is unknown stays unknown to the caller: it gets the request id to
 * quote.
 * @param bodyLimit of the endpoint, in bytes, to be named when a body is larger
 */
export function toAnnexError(thrown: unknown, bodyLimit?: number): AnnexError {
  if (isAnnexError(thrown)) return thrown;
  const known = fromFramework(thrown, bodyLimit);
  if (known) return known;
  return apiErrors.error('INTERNAL', 'Something failed inside Annex. Quote the request id to whoever runs it.', {
    cause: thrown,
  });
}

/** A body beyond the limit of its endpoint, in bytes. */
export function bodyTooLarge(limit: number, cause?: unknown): AnnexError {
  return apiErrors.error(
    'PAYLOAD_TOO_LARGE',
    `The body is larger than ${limit} bytes, which is the limit of this endpoint. Send less at a time, or store it ` +
      'as a file and send its key.',
    { cause },
  );
}

/** Fastify and Nest speak in errors of their own; each gets a code and a way out. */
function fromFramework(thrown: unknown, bodyLimit: number | undefined): AnnexError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const status =
    'statusCode' in thrown
      ? thrown.statusCode
      : 'getStatus' in thrown && typeof thrown.getStatus === 'function'
        ? (thrown.getStatus() as number)
        : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || code === 'FST_REQ_FILE_TOO_LARGE' || status === 413) {
    if (code !== 'FST_REQ_FILE_TOO_LARGE' && bodyLimit !== undefined) return bodyTooLarge(bodyLimit, thrown);
    return apiErrors.error(
      'PAYLOAD_TOO_LARGE',
      'The body is larger than this endpoint takes. Send less at a time, or store it as a file and send its key.',
      { cause: thrown },
    );
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || code === 'FST_INVALID_MULTIPART_CONTENT_TYPE' || status === 415) {
    return apiErrors.error(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send application/json, or multipart/form-data where a file is uploaded.',
      { cause: thrown },
    );
  }
  if (
    code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ||
    code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    thrown instanceof SyntaxError ||
    (status === 400 && /\bJSON\b/.test(thrown.message))
  ) {
    return apiErrors.error('INVALID_JSON', `The body is not valid JSON: ${thrown.message.slice(0, 200)}`, {
      cause: thrown,
    });
  }
  if (isTenantGone(thrown))
    return apiErrors.error('NOT_FOUND', 'The tenant was deleted while this request ran, and nothing of it was kept.', {
      cause: thrown,
    });
  if (thrown.name === 'TimeoutError') {
    return apiErrors.error('OVERLOADED', 'No connection to the database became free in time. Try again in a moment.', {
      retryAfterS: 1,
      cause: thrown,
    });
  }
  if (isDatabaseAway(thrown)) {
    return apiErrors.error(
      'OVERLOADED',
      'The database does not answer. What was accepted before is safe; send this again in a moment, a change with ' +
        'an Idempotency-Key.',
      { retryAfterS: 2, cause: thrown },
    );
  }
  if (isDatabaseBusy(thrown)) {
    return apiErrors.error(
      'OVERLOADED',
      'Something else held what this request needs for too long. Nothing of it was kept; send it again in a moment.',
      { retryAfterS: 2, cause: thrown },
    );
  }
  if (status === 404)
    return apiErrors.error('NOT_FOUND', 'There is nothing here. GET /openapi.json lists every endpoint.', {
      cause: thrown,
    });
  if (typeof status === 'number' && status >= 400 && status < 500)
    return apiErrors.error('BAD_REQUEST', thrown.message.slice(0, 500), { cause: thrown });
  return undefined;
}
