import { tracing, type Span } from '@annex/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Gives each request a span, as a part of its caller's trace if that is told by `traceparent`. Paths may hold what is
 * secret, so the span names the route.
 */
export function traceRequests(server: FastifyInstance): void {
  const tracer = tracing();
  if (tracer === undefined) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  server.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers;
    const span = tracer.start(request.method, {
      kind: 'server',
      parent: typeof traceparent === 'string' ? traceparent : undefined,
      attributes: { 'http.request.method': request.method, 'annex.request': request.id },
    });
    spans.set(request, span);
    span.within(done);
  });
  // A body comes out of the connection's stream, where no span is active.
  server.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.within(done);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    const route = request.routeOptions.url ?? 'unknown';
    span?.rename(`${request.method} ${route}`);
    span?.set({ 'http.route': route, 'http.response.status_code': reply.statusCode });
    span?.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined);
    done();
  });
}
