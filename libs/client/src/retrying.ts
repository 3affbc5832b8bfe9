import { pause } from './follow-stream.js';
import { AnnexProblem } from './problem.js';

export interface RetryOptions {
  /** Tries in all. Default 4. */
  attempts?: number;
  /**
   * Milliseconds before the second try; twice as many before each further one, and at least what the server says.
   * Default 500.
   */
  delayMs?: number;
  signal?: AbortSignal;
  /** The key that every try carries. Default: a fresh one. Keep it where the whole of this may be repeated. */
  idempotencyKey?: string;
}

/**
 * Does a mutation once, however often it has to be sent: every try carries the same Idempotency-Key, so that the server
 * gives the first answer again. Tries again what was not answered, and what the server was too busy for.
 * @example await retrying((more) => annex.sendEvent({ body: { type: 'order.paid', data: {} }, ...more }))
 */
export async function retrying<T>(
  work: (more: { idempotencyKey: string; signal?: AbortSignal }) => Promise<T>,
  { attempts = 4, delayMs = 500, signal, idempotencyKey = crypto.randomUUID() }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work({ idempotencyKey, ...(signal && { signal }) });
    } catch (thrown) {
      if (attempt >= attempts || signal?.aborted || !isPassing(thrown)) throw thrown;
      const asked = thrown instanceof AnnexProblem ? (thrown.retryAfterMs ?? 0) : 0;
      await pause(Math.max(asked, delayMs * 2 ** (attempt - 1)), signal);
    }
  }
}

/** Whether the same request may well be taken in a moment. `fetch` throws `TypeError` for a connection that failed. */
function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof AnnexProblem)) return thrown instanceof TypeError;
  return [429, 502, 503, 504].includes(thrown.status) || thrown.code === 'IDEMPOTENCY_IN_FLIGHT';
}
