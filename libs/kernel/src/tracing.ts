/**
 * Traces: what a piece of work was part of, and how long each part took. No tracer is set unless an operator asks for
 * one, and then each place here costs a comparison. It is one for the process, as the log is: to hand it through every
 * constructor would say nothing more (docs/adr/0039-traces.md).
 */

/** What a span is to its other side, by OpenTelemetry's words. */
export type SpanKind = 'internal' | 'server' | 'client' | 'consumer';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Default `internal`. */
  kind?: SpanKind;
  /**
   * W3C `traceparent` of another process, or of earlier; one that cannot be read is as none. Default: the active span.
   */
  parent?: string | undefined;
  attributes?: SpanAttributes;
}

/** A piece of work under way. */
export interface Span {
  /** W3C `traceparent`, for others who do a part of it. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** Runs `work`; spans that begin in it, or in what it starts, are parts of this one. */
  within<T>(work: () => T): T;
  /** Safe to call twice. `failure`: a sentence, if it failed. */
  end(failure?: string): void;
}

export interface Tracer {
  start(name: string, start?: SpanStart): Span;
  /** The span that this code runs in, unless it has ended. */
  active(): Span | undefined;
}

let current: Tracer | undefined;

/** The tracer of this process; `undefined`: nobody wants traces. */
export function tracing(): Tracer | undefined {
  return current;
}

/** Traces everything from now on, until the answered function is called. */
export function setTracer(tracer: Tracer): () => void {
  current = tracer;
  return () => {
    if (current === tracer) current = undefined;
  };
}

/**
 * Runs `work` in a span of its own that is a part of the active one. Without an active one there is nothing to show.
 */
export function tracedPart<T>(name: string, start: SpanStart, work: (span?: Span) => Promise<T>): Promise<T> {
  if (current?.active() === undefined) return work();
  return inSpan(current.start(name, start), work);
}

/** Runs `work` in a span of its own: the first of its trace where `start` names no parent and none is active. */
export function traced<T>(name: string, start: SpanStart, work: (span?: Span) => Promise<T>): Promise<T> {
  return current === undefined ? work() : inSpan(current.start(name, start), work);
}

async function inSpan<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    const value = await span.within(() => work(span));
    span.end();
    return value;
  } catch (thrown) {
    // Messages may hold values; the name says enough.
    span.end(thrown instanceof Error ? thrown.name : 'it failed');
    throw thrown;
  }
}
