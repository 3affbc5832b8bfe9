/** How long a request may take, and who may give it up before. */
import type { AnnexError } from '@annex/kernel';
import { egressErrors } from './errors.js';

/** A request's end in time. */
export interface Deadline {
  /** Aborts at the end; its reason is the error to throw. */
  signal: AbortSignal;
  /** Takes the timer back. Safe to call twice. */
  stop(): void;
}

/** One signal for both ways in which a request is given up; its reason is the error to throw. */
export function startDeadline(timeoutMs: number, outer: AbortSignal | undefined, over: () => AnnexError): Deadline {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(over()), timeoutMs);
  const giveUp = (): void => ending.abort(givenUp());
  if (outer?.aborted) giveUp();
  else outer?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: ending.signal,
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', giveUp);
    },
  };
}

/** The work's answer, or the signal's reason if that comes first: a resolver that hangs cannot hold a request up. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The error of a request that its caller gave up. */
export function givenUp(): AnnexError {
  return egressErrors.error('EGRESS_ABORTED', 'The request was given up before it was answered.');
}
