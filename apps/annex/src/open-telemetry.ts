/** Traces for a collector that speaks OTLP over HTTP. Loaded only where one is set. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Span as OtelSpan,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, SpanAttributes, SpanKind, SpanStart, Stoppable, Tracer } from '@annex/kernel';

const kinds: Record<SpanKind, OtelKind> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  consumer: OtelKind.CONSUMER,
};

export interface OpenTelemetryOptions {
  /** The collector's base address, such as `http://otel-collector:4318`. */
  endpoint: string;
  /** Of this process: `all`, `api` or `worker`. */
  role: string;
}

/**
 * Starts to send spans, many at a time. `stop` sends what is left. A collector that does not answer holds up nobody.
 */
export function startOpenTelemetry({ endpoint, role }: OpenTelemetryOptions): Tracer & Stoppable {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url: url.href });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'annex',
      'annex.role': role,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const otel = provider.getTracer('annex');
  const storage = new AsyncLocalStorage<TelemetrySpan>();
  const active = (): TelemetrySpan | undefined => {
    const span = storage.getStore();
    // What goes on after its end, such as a timer that was set within, is no part of it.
    return span?.hasEnded === true ? undefined : span;
  };
  return {
    active,
    start(name, { kind = 'internal', parent, attributes = {} }: SpanStart = {}) {
      const told = parent === undefined ? undefined : contextOf(parent);
      const context = told ?? active()?.context ?? ROOT_CONTEXT;
      const span = otel.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, context);
      return new TelemetrySpan(span, context, storage);
    },
    stop: () => provider.shutdown(),
  };
}

class TelemetrySpan implements Span {
  readonly context: Context;
  hasEnded = false;

  constructor(
    private readonly span: OtelSpan,
    parent: Context,
    private readonly storage: AsyncLocalStorage<TelemetrySpan>,
  ) {
    this.context = trace.setSpan(parent, span);
  }

  /** https://www.w3.org/TR/trace-context/#traceparent-header */
  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes });
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  within<T>(work: () => T): T {
    return this.storage.run(this, work);
  }

  end(failure?: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (failure !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    this.span.end();
  }
}

const traceparentText = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** The context that a `traceparent` tells; `undefined`: it tells none. */
function contextOf(traceparent: string): Context | undefined {
  const [, traceId, spanId, flags] = traceparentText.exec(traceparent) ?? [];
  const { traceId: noTrace, spanId: noSpan } = INVALID_SPAN_CONTEXT;
  if (traceId === undefined || spanId === undefined || traceId === noTrace || spanId === noSpan) return undefined;
  const traceFlags = Number.parseInt(flags ?? '0', 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
