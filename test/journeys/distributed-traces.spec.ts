/** A trace from the caller's own span through API, worker, executor and host calls to SQL, as a collector gets it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTracer } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpenTelemetry } from '../../apps/annex/src/open-telemetry.js';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

const spans: SentSpan[] = [];
/** What the plugin's own requests came with. */
const seen: IncomingMessage['headers'][] = [];
let server: Server;
let annex: TestAnnex;
let tenant: TestTenant;
let stopTraces: () => Promise<void>;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url !== '/v1/traces') {
      seen.push(request.headers);
      return response.end('{}');
    }
    void json(request).then((body) => {
      const { resourceSpans } = body as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] };
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      response.setHeader('content-type', 'application/json').end('{}');
    });
    return undefined;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const tracer = startOpenTelemetry({ endpoint: `http://127.0.0.1:${port}/`, role: 'all' });
  const unset = setTracer(tracer);
  stopTraces = async () => {
    unset();
    await tracer.stop();
  };
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: `127.0.0.1:${port}` });
  tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: {
      slug: 'traced',
      routes: true,
      events: ['order.*'],
      permissions: ['db.read', 'db.write', 'outbound_http'],
      http: { allow: [`127.0.0.1:${port}`] },
    },
    code: `
      import { hook, route } from '@annex/sdk'
      route('/', async (ctx) => ({ seen: await ctx.kv.get('seen') }))
      hook('order.paid', async (ctx, event) => {
        await ctx.kv.set('seen', event.data.id)
        await ctx.http.get('http://127.0.0.1:${port}/outside')
        await ctx.http.get('http://127.0.0.1:${port}/outside', { headers: { traceparent: 'its own' } })
      })
    `,
  });
  expect(installed.status, JSON.stringify(installed.body)).toBe(200);
});
afterAll(async () => {
  await annex.stop();
  await stopTraces();
  server.close();
});

/** Waits until something is so. */
const untilSo = (isSo: () => boolean): Promise<boolean> => until(() => Promise.resolve(isSo()), Boolean);
const traceId = (digit: string): string => digit.repeat(32);
const callerSpan = 'b'.repeat(16);

/** The spans of a trace, once one of this name has come. */
async function traceWith(id: string, name: string): Promise<SentSpan[]> {
  const found = (): SentSpan[] => spans.filter((span) => span.traceId === id);
  await untilSo(() => found().some((span) => span.name === name));
  return found();
}

/** Names from a span up to the caller's. */
function wayUp(trace: readonly SentSpan[], span: SentSpan | undefined): string[] {
  if (span === undefined) return [];
  const parent = trace.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent ? wayUp(trace, parent) : [`caller ${span.parentSpanId}`])];
}

describe('a trace', { timeout: 120_000 }, () => {
  it('goes from an event’s sender through queue, worker and executor to SQL and to whom the plugin asks', async () => {
    const id = traceId('1');
    const sent = await tenant.owner.post(
      '/api/events',
      { type: 'order.paid', data: { id: 'o-1' } },
      { traceparent: `00-${id}-${callerSpan}-01` },
    );
    expect(sent.status).toBe(202);
    await untilSo(() => seen.length === 2);
    const trace = await traceWith(id, 'run event');
    await traceWith(id, 'execute event order.paid');
    const ways = spans.filter((span) => span.traceId === id).map((span) => wayUp(spans, span).join(' < '));
    const api = `POST /api/events < caller ${callerSpan}`;
    const handler = `execute event order.paid < run event < ${api}`;
    expect(ways).toContain(`INSERT postgresql < ${api}`);
    expect(ways).toContain(handler);
    expect(ways).toContain(`HTTP request < ctx.http.request < ${handler}`);
    expect(ways.find((way) => /^\w+ postgresql < ctx\.kv\.set/.test(way))).toContain(handler);

    // Whom the plugin asks may go on with it, unless the plugin says otherwise.
    const asked = trace.find(({ name }) => name === 'HTTP request')?.spanId;
    expect(seen.map(({ traceparent }) => traceparent)).toEqual([`00-${id}-${asked}-01`, 'its own']);
    // A statement's values, and what stands in paths, stay here.
    expect(JSON.stringify(spans)).not.toMatch(/o-1|\/outside/);
  });

  it('goes through a call of a route', async () => {
    const id = traceId('2');
    const answer = await tenant.owner.get('/ext/traced/', { traceparent: `00-${id}-${callerSpan}-01` });
    expect(answer.body).toEqual({ seen: 'o-1' });
    const trace = await traceWith(id, 'execute route GET /');
    await untilSo(() => spans.some((span) => span.traceId === id && span.parentSpanId === callerSpan));
    const [server] = spans.filter((span) => span.parentSpanId === callerSpan && span.traceId === id);
    expect(trace.find(({ name }) => name === 'execute route GET /')?.parentSpanId).toBe(server?.spanId);
  });

  it('is begun here where the caller tells none that can be read', async () => {
    const before = new Set(spans.map(({ traceId: known }) => known));
    await tenant.owner.get('/ext/traced/', { traceparent: `00-${traceId('0')}-${callerSpan}-01` });
    await untilSo(() =>
      spans.some(({ name, traceId: id }) => name === 'execute route GET /' && !before.has(id) && id !== traceId('0')),
    );
  });
});
