/**
 * The short way of a warm call: a GET without a body, from a caller who is known, to a route of an enabled plugin. It
 * is decided and answered before the framework has touched the request, by the same rules as the long way (door.ts).
 * Whatever it does not take goes the long way, which knows every case; a run that it has begun and cannot answer itself
 * (a failure, a stream, an answer without a plain text) is handed over with its ending
 * (docs/adr/0037-the-short-way.md).
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Access, Caller } from '@annex/access';
import type { Execution, RouteEnding } from '@annex/execution';
import { newId } from '@annex/kernel';
import type { RouteResponse } from '@annex/sandbox';
import type { Answered } from '../controllers/health.controller.js';
import { joinVary } from '../http/cors.js';
import { answerFields } from './answer.js';
import { passOn, type RouteEntry } from './begun.js';
import { Connection, type KnownHead } from './connection.js';
import { varyOf } from './ext-cors.js';
import type { InFlight } from './in-flight.js';
import { readQuery } from './read-request.js';
import { droppedText, sentHeaders, type SentHeaders } from './response-headers.js';
import { mayCall, type RouteAuth } from './route-auth.js';

export interface FastDoorOptions {
  access: Access;
  execution: Execution;
  inFlight: InFlight;
  /** Counts an answer. Default: nobody does. */
  answered?: ((answer: Answered) => void) | undefined;
  /** Whether proxies are believed, so that their headers change who asks. */
  hasProxies: boolean;
  /** Fires when the server begins to close: then the long way answers. */
  closing: AbortSignal;
}

/** Tenant, plugin, path behind the plugin's mount, query. Anything that needs decoding takes the long way. */
const target =
  /^(?:\/t\/([a-z0-9-]{1,63}))?\/ext\/([a-z0-9][a-z0-9_-]{0,62})(\/[\w\-.~!$&'()*+,;=:@/]{0,400})?(?:\?([^#]*))?$/;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Lets the short way look at each request before whoever listens now. */
export function standBefore(server: Server, options: FastDoorOptions): void {
  const door = new FastDoor(options);
  for (const listener of server.listeners('request') as Handler[]) {
    server.off('request', listener);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!door.take(request, response, listener)) listener(request, response);
    });
  }
}

interface Call {
  entry: RouteEntry;
  head: KnownHead;
  connection: Connection;
  requestId: string;
  vary: string;
  startedAtMs: number;
}

class FastDoor {
  constructor(private readonly options: FastDoorOptions) {}

  /** Answers whether it has taken the request. Nothing has happened to one that it did not take. */
  take(request: IncomingMessage, response: ServerResponse, goOn: Handler): boolean {
    if (request.method !== 'GET' || this.options.closing.aborted) return false;
    const { url = '' } = request;
    const asked = target.exec(url);
    if (asked === null) return false;
    const startedAtMs = performance.now();
    const connection = Connection.of(request);
    const head = connection.headOf(request, this.options.hasProxies);
    if (head === undefined) return false;
    const requestId = newId('request');
    const entry = this.#find(head, { pathSlug: asked[1], slug: asked[2] ?? '', path: asked[3] ?? '/', requestId });
    if (entry === undefined || !this.options.inFlight.tryEnter(entry.tenantId)) return false;
    const vary = varyOf(entry);
    this.#run({ entry, head, connection, requestId, vary, startedAtMs }, url, (ending, headers) => {
      const { response: answer } = ending.outcome.status === 'succeeded' ? ending.outcome : {};
      if (answer !== undefined && headers !== undefined && isPlain(answer, headers)) {
        this.options.inFlight.leave(entry.tenantId);
        if (ending.goesOn) connection.detach();
        if (!response.destroyed)
          send(response, answer, { requestId, runId: ending.runId, vary, headers, isForCaller: isForCaller(entry) });
        this.#count(answer.status, startedAtMs);
        return;
      }
      passOn(request, {
        requestId,
        entry,
        ending,
        headers,
        abandoned: connection.detach(),
        leave: () => this.options.inFlight.leave(entry.tenantId),
      });
      goOn(request, response);
    });
    return true;
  }

  #find(
    head: KnownHead,
    {
      pathSlug,
      slug,
      path,
      requestId,
    }: { pathSlug: string | undefined; slug: string; path: string; requestId: string },
  ): RouteEntry | undefined {
    const { access, execution } = this.options;
    const principal = head.bearer === undefined ? null : access.authenticateCached(head.bearer);
    if (principal === undefined || path.startsWith('/static/')) return undefined;
    const address = { pathSlug, slugHeader: head.slugHeader, host: head.hostname };
    try {
      const resolved = access.resolveTenantCached(principal, address, requestId);
      if (resolved === undefined) return undefined;
      const { tenant, caller } = resolved;
      const snapshot = execution.snapshots.getCached(tenant.id, slug);
      if (snapshot?.status !== 'enabled' || execution.dayQuotas.isSpent(tenant.id)) return undefined;
      const found = snapshot.routes.match('GET', path);
      if (!found?.route || !mayCall(found.route.auth as RouteAuth, found.route.roles, caller)) return undefined;
      const { route, params } = found;
      return { kind: 'route', tenantId: tenant.id, address, bearer: head.bearer, caller, snapshot, route, params };
    } catch {
      // A refusal: the long way says it.
      return undefined;
    }
  }

  #run(
    { entry: { snapshot, route, params, caller }, head, connection }: Call,
    url: string,
    onEnd: (ending: RouteEnding, headers: SentHeaders | undefined) => void,
  ): void {
    let headers: SentHeaders | undefined;
    this.options.execution.callRoute(
      {
        snapshot,
        route,
        request: {
          method: 'GET',
          url: `http://${head.host}${url}`,
          headers: head.headers,
          params,
          query: readQuery(url),
          body: null,
        },
        user: caller?.user ?? null,
        signal: connection.abandoned.signal,
        cause: head.cause,
        takesStream: true,
        onResponse: (response) => {
          headers = sentHeaders(response.headers);
          return droppedText(headers.dropped);
        },
      },
      (ending) => onEnd(ending, headers),
    );
  }

  #count(status: number, startedAtMs: number): void {
    this.options.answered?.({ door: 'ext', method: 'GET', status, durationMs: performance.now() - startedAtMs });
  }
}

function isForCaller({ route, caller }: { route: { auth: unknown }; caller: Caller | null }): boolean {
  return route.auth !== 'public' || caller !== null;
}

/** Statuses whose answers HTTP gives no body or other rules. */
const bodiless = new Set([204, 205, 304]);

/** A text whose type names its charset, which needs none of what a framework would add. */
function isPlain({ status, body, stream }: RouteResponse, { fields, hasBytes }: SentHeaders): boolean {
  if (stream !== undefined || body === null || body.encoding !== 'utf8' || hasBytes || bodiless.has(status))
    return false;
  const type = fields.get('content-type');
  return typeof type === 'string' && type.includes('charset');
}

function send(
  response: ServerResponse,
  { status, body }: RouteResponse,
  answer: { requestId: string; runId: string; vary: string; headers: SentHeaders; isForCaller: boolean },
): void {
  const { requestId, runId, headers, isForCaller } = answer;
  const own = headers.fields.get('vary');
  const vary = own === undefined ? answer.vary : joinVary(own, answer.vary);
  const lines: (string | string[])[] = ['x-request-id', requestId, 'vary', vary, 'annex-run-id', runId];
  for (const [name, value] of answerFields(headers, isForCaller, false)) lines.push(name, value);
  const text = body?.data ?? '';
  lines.push('content-length', String(Buffer.byteLength(text)));
  try {
    response.writeHead(status, lines as string[]);
    response.end(text);
  } catch {
    // Whoever tells of the answer is in the middle of an executor's messages: nothing may be thrown at it.
    response.destroy();
  }
}
