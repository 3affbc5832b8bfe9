/**
 * What one callback out of the isolate means: `(kind, run, n, m, a, b, c)`. Only these primitives ever leave an
 * isolate. Shared by the prelude, which sends them, and the executor, which reads them.
 */
export const emission = {
  /**
   * A route's answer: n status, a header lines (`name\nvalue\n…`), b body, c its encoding (`''` for no body, `stream`
   * for one in chunks).
   */
  response: 1,
  /** Any other handler's result: n 1 when there is one, a its JSON text. */
  value: 2,
  /** The run failed: a code, b message, c stack, n milliseconds to wait (`RETRY_AFTER`). */
  failure: 3,
  /** A host call: n call id, a method, b arguments as a JSON array, c a long text that stands apart, or `''`. */
  hostCall: 4,
  /** A call that the executor answers itself: n call id, a method, b arguments as a JSON array. */
  executorCall: 5,
  /** A log line: n index into {@link logLevels}, a message, b fields as JSON text or `''`. */
  log: 6,
  /** Start a timer: n timer id, m delay in milliseconds, a 'platform' when plugin code did not set it. */
  startTimer: 7,
  /** Forget a timer: n timer id. */
  clearTimer: 8,
  /** One registration, while inspecting: a JSON text. */
  registration: 9,
  /** The entry has run: n registrations. */
  loaded: 10,
  /** The run must not end before this is taken back: n 1 holds it, n 0 lets it go. */
  hold: 11,
  /** A part of a streamed answer: n bytes, m 1 when it is the last, a base64. */
  chunk: 12,
  /**
   * A call was refused: a its message, b its stack, which leads to whoever made it. Shown if nobody handles the
   * rejection.
   */
  refusal: 13,
  /** Nothing in the isolate works any more: the run under way ends with what it says, and the isolate goes. */
  broken: 14,
} as const;

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** Handler kinds as the numbers that cross into the isolate; the order is part of the wire format. */
export const handlerKinds = ['route', 'event', 'job', 'filter', 'lifecycle', 'health', 'source'] as const;

/** From this length on the body of a request crosses beside the arguments, where its place holds `null`. */
export const textApartFrom = 64 * 1024;

/** Bytes of a streamed answer that may be on their way at once: as many as its reader has not taken. */
export const streamWindow = 64 * 1024;

/** The largest part of a streamed answer, in bytes. */
export const maxStreamPiece = 32 * 1024;

/** The bytes that a base64 text with its padding stands for: a body counts as these, however it crosses. */
export function base64Bytes(text: string): number {
  const { length } = text;
  const padding = text[length - 1] !== '=' ? 0 : text[length - 2] === '=' ? 2 : 1;
  return (length / 4) * 3 - padding;
}

/** The one callback out of the isolate. */
export type Emit = (kind: number, run: number, n: number, m: number, a: string, b: string, c: string) => void;
