/**
 * The door to plugins: `ANY /ext/<slug>/<path>` and `/t/<tenant>/ext/<slug>/<path>`. It stands on Fastify beside Nest,
 * since every call of a plugin passes here and a warm one must touch no database: tenant, caller, installation and
 * route come out of caches.
 */
import type { Access, Caller, Principal, Resolved, TenantAddress } from '@annex/access';
import { atDepth, type Execution, type InstallationSnapshot } from '@annex/execution';
import { hopsHeader, readHops } from '@annex/egress';
import { isAnnexError } from '@annex/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyReader } from '../http/body-reader.js';
import { findBearer, single, type Identified } from '../http/authentication.js';
import { joinVary } from '../http/cors.js';
import { apiErrors } from '../http/errors.js';
import type { Problems } from '../http/problem.js';
import { answer } from './answer.js';
import { begunOf, type Begun, type RouteEntry } from './begun.js';
import { ExtCors, varyByCaller, varyOf, type ExtTarget } from './ext-cors.js';
import type { InFlight } from './in-flight.js';
import { takeRawBodies } from './raw-bodies.js';
import { readRouteRequest, requestTarget } from './read-request.js';
import { droppedText, sentHeaders, type SentHeaders } from './response-headers.js';
import { answerStream, asStreamProblem } from './stream-answer.js';
import { admit, ownsAuthorization, type RouteAuth, type SecretReader } from './route-auth.js';
import { serveStatic, type FileReader } from './static-files.js';

export interface ExtDoorOptions {
  access: Access;
  execution: Execution;
  readSecret: SecretReader;
  readFile: FileReader;
  problems: Problems;
  /** Bytes of a request body. Default 1 MiB. */
  bodyLimit: number;
  bodies: BodyReader;
  /** The calls of each tenant that are under way. */
  inFlight: InFlight;
  /** Fires when the server begins to close. */
  closing: AbortSignal;
}

/** Adds the door to the server, in a scope of its own: bodies arrive as bytes, whatever their type. */
export async function addExtDoor(server: FastifyInstance, options: ExtDoorOptions): Promise<void> {
  const door = new ExtDoor(options);
  const cors = new ExtCors(options);
  await server.register(async (scope) => {
    scope.decorateRequest('extEntry', null);
    takeRawBodies(scope, options.bodies);
    // Before the body: a refusal of too large a one carries the headers too.
    scope.addHook('onRequest', (request, reply, next) => {
      if (request.headers.origin === undefined) return next();
      void cors.apply(request, reply, targetOf(request as DoorRequest)).then((isDone) => void (isDone || next()));
    });
    // Nothing of a body is read before it is known that the caller may send it, but where the body itself proves that.
    scope.addHook(
      'onRequest',
      (request, reply, next) => void door.enter(request as DoorRequest, reply).then(() => next(), next),
    );
    scope.setErrorHandler((thrown, request, reply) =>
      options.problems.send(asStreamProblem(thrown, reply), request, reply),
    );
    for (const url of ['/ext/:slug', '/ext/:slug/*', '/t/:tenant/ext/:slug', '/t/:tenant/ext/:slug/*']) {
      scope.route({
        method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
        url,
        bodyLimit: options.bodyLimit,
        exposeHeadRoute: false,
        handler: (request, reply) => door.handle(request as DoorRequest, reply),
      });
    }
  });
}

/** The entry stands on the request: a WeakMap's values would outlive thousands of requests. */
type DoorRequest = FastifyRequest<{ Params: { slug: string; tenant?: string; '*'?: string } }> & {
  extEntry: Entry | null;
};

type Entry = RouteEntry | { kind: 'static'; snapshot: InstallationSnapshot; caller: Caller | null; path: string };

function isProvenByBody(auth: RouteAuth): boolean {
  return typeof auth === 'object' && 'hmac' in auth;
}

class ExtDoor {
  constructor(private readonly options: ExtDoorOptions) {}

  /**
   * Finds what the request is for and whether its caller may have it, as far as its head tells. Throws what the caller
   * is refused with.
   */
  async enter(request: DoorRequest, reply: FastifyReply): Promise<void> {
    const begun = begunOf(request.raw);
    if (begun) void reply.header('vary', varyOf(begun.entry));
    request.extEntry = begun?.entry ?? (await this.#find(request, reply));
  }

  async handle(request: DoorRequest, reply: FastifyReply): Promise<FastifyReply> {
    const entry = request.extEntry ?? (await this.#find(request, reply));
    if (entry.kind === 'static') return this.#static({ request, reply, ...entry });
    const { tenantId, caller, snapshot, route } = entry;
    const auth = route.auth as RouteAuth;
    if (isProvenByBody(auth)) await this.#admit(request, entry);
    const begun = begunOf(request.raw);
    if (!begun) {
      requireEnabled(snapshot, caller);
      this.options.execution.dayQuotas.require(tenantId, { isInside: caller !== null });
    }
    const leave = begun?.leave ?? this.options.inFlight.enter(tenantId);
    const abandoned = begun?.abandoned ?? new AbortController();
    const onClose = () => {
      if (!reply.raw.writableFinished) abandoned.abort();
    };
    reply.raw.once('close', onClose);
    // The caller may have left before the run came here.
    if (reply.raw.destroyed) onClose();
    const onEnd = (): void => {
      reply.raw.off('close', onClose);
      leave();
    };
    let streams = false;
    try {
      const { ending, headers } = begun ?? (await this.#run(request, entry, abandoned.signal));
      const { runId, outcome } = ending;
      const isForCaller = auth !== 'public' || caller !== null;
      const response = outcome.status === 'succeeded' ? outcome.response : undefined;
      if (!response?.stream || !headers) return answer({ reply, request, runId, outcome, headers, isForCaller });
      streams = true;
      const { stream, status } = response;
      return answerStream({
        reply,
        request,
        runId,
        status,
        stream,
        headers,
        isForCaller,
        closing: this.options.closing,
        cancel: () => abandoned.abort(),
        onEnd,
        mayGoOn: () => this.#mayGoOn(request, entry),
      });
    } finally {
      // A stream keeps its place until its end.
      if (!streams) onEnd();
    }
  }

  async #run(
    request: DoorRequest,
    { snapshot, route, params, caller }: RouteEntry,
    signal: AbortSignal,
  ): Promise<Pick<Begun, 'ending' | 'headers'>> {
    const hops = readHops(single(request.headers[hopsHeader]));
    let headers: SentHeaders | undefined;
    const ending = await this.options.execution.runRoute({
      snapshot,
      route,
      request: readRouteRequest(request, params),
      user: caller?.user ?? null,
      signal,
      // What a plugin causes by way of a request is as deep as what it causes by an event.
      cause: atDepth(hops),
      takesStream: true,
      onResponse: (response) => {
        headers = sentHeaders(response.headers);
        return droppedText(headers.dropped);
      },
    });
    return { ending, headers };
  }

  async #find(request: DoorRequest, reply: FastifyReply): Promise<Entry> {
    const { access, execution } = this.options;
    const { slug, pathSlug, path } = targetOf(request);

    // Who asks decides what is answered, refusals included; of the slug only where it was looked at.
    const vary = varyByCaller(pathSlug);
    const varied = reply.getHeader('vary');
    void reply.header('vary', varied === undefined ? vary : joinVary(varied, vary));
    const bearer = findBearer(request);
    const principal =
      bearer === undefined
        ? null
        : (access.authenticateCached(bearer) ?? (await access.authenticate(bearer).catch(asRefusal)));
    const refused = principal !== null && 'refusal' in principal ? principal.refusal : undefined;
    if (principal !== null && !('refusal' in principal)) (request as Identified).principal = principal;
    const address = { pathSlug, slugHeader: single(request.headers['x-tenant-slug']), host: request.hostname };
    const { tenant, caller } = await this.#tenantOf(principal, address, request.id);

    const snapshot = execution.snapshots.getCached(tenant.id, slug) ?? (await execution.snapshots.get(tenant.id, slug));
    if (!snapshot) throw refused ?? unknown(caller, slug);

    if (refused && path.startsWith('/static/')) throw refused;
    if (path.startsWith('/static/')) return { kind: 'static', snapshot, caller, path };

    const found = snapshot.routes.match(request.method, path);
    // A bearer that is none of ours may be the one that the route itself asks for.
    if (refused && !(found?.route && ownsAuthorization(found.route.auth as RouteAuth))) throw refused;
    if (!found?.route) {
      if (!caller) throw needsToken();
      requireEnabled(snapshot, caller);
      if (!found)
        throw apiErrors.error(
          'NOT_FOUND',
          `The plugin ${slug} has no route ${path.slice(0, 200)}. GET /api/plugins/${slug} lists its routes.`,
        );
      const allow = found.methodNotAllowed.join(', ');
      throw apiErrors.error('METHOD_NOT_ALLOWED', `This route takes ${allow}.`, { headers: { allow } });
    }
    const entry: RouteEntry = {
      kind: 'route',
      tenantId: tenant.id,
      address,
      bearer: refused ? undefined : bearer,
      caller,
      snapshot,
      route: found.route,
      params: found.params,
    };
    if (request.headers.origin === undefined) void reply.header('vary', varyOf(entry));
    if (!isProvenByBody(found.route.auth as RouteAuth)) {
      await this.#admit(request, entry);
      requireEnabled(snapshot, caller);
    }
    return entry;
  }

  /** Whether the caller of a stream that has begun may still have it. Throws what it would be refused with. */
  async #mayGoOn(request: DoorRequest, entry: RouteEntry): Promise<boolean> {
    const { access, execution } = this.options;
    const { bearer, address, snapshot, route } = entry;
    const again = await access.resolveTenant(
      bearer === undefined ? null : await access.authenticate(bearer),
      address,
      request.id,
    );
    const now = await execution.snapshots.get(again.tenant.id, snapshot.slug);
    // Secrets were proven by the request that began; members have to stay members.
    if (route.auth === 'member' && now)
      await this.#admit(request, { ...entry, caller: again.caller, tenantId: again.tenant.id, snapshot: now });
    return now?.status === 'enabled' && now.installationId === snapshot.installationId;
  }

  #admit(request: DoorRequest, { tenantId, caller, snapshot, route }: RouteEntry): Promise<void> {
    return admit({
      auth: route.auth as RouteAuth,
      roles: route.roles,
      caller,
      request,
      tenantId,
      snapshot,
      readSecret: this.options.readSecret,
    });
  }

  async #tenantOf(principal: Principal | Refusal | null, address: TenantAddress, requestId: string): Promise<Resolved> {
    const { access } = this.options;
    if (principal === null || !('refusal' in principal))
      return (
        access.resolveTenantCached(principal, address, requestId) ??
        (await access.resolveTenant(principal, address, requestId))
      );
    return access.resolveTenant(null, address, requestId).catch(() => {
      throw principal.refusal;
    });
  }

  #static({
    request,
    reply,
    snapshot,
    caller,
    path,
  }: {
    request: DoorRequest;
    reply: FastifyReply;
    snapshot: InstallationSnapshot;
    caller: Caller | null;
    path: string;
  }): Promise<FastifyReply> {
    if (snapshot.status !== 'enabled' && !caller) throw needsToken();
    requireEnabled(snapshot, caller);
    const leave = this.options.inFlight.enter(snapshot.tenantId);
    return serveStatic({ request, reply, snapshot, caller, path, readFile: this.options.readFile }).finally(leave);
  }
}

/** Why a bearer was not believed, kept until it is known whether the route wants one of its own. */
interface Refusal {
  refusal: Error;
}

function asRefusal(thrown: unknown): Refusal {
  if (isAnnexError(thrown) && thrown.kind.status === 401) return { refusal: thrown };
  throw thrown;
}

function targetOf(request: DoorRequest): ExtTarget {
  const { slug, tenant: pathSlug } = request.params;
  return { slug, pathSlug, path: pathInside(requestTarget(request), pathSlug === undefined ? 2 : 4) };
}

/** The path as the plugin sees it: percent-encoding kept, so that the route table decodes each segment once. */
function pathInside(url: string, prefixSegments: number): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  let at = 0;
  for (let passed = 0; passed < prefixSegments && at >= 0; passed += 1) at = path.indexOf('/', at + 1);
  return at < 0 ? '/' : path.slice(at);
}

function requireEnabled(snapshot: InstallationSnapshot, caller: Caller | null): void {
  if (snapshot.status === 'enabled') return;
  if (snapshot.status === 'starting')
    throw apiErrors.error('PLUGIN_STARTING', 'The plugin is starting. Try again in a moment.', { retryAfterS: 1 });
  if (!caller) throw apiErrors.error('PLUGIN_DISABLED', 'This plugin is not enabled at the moment.');
  const why =
    snapshot.status === 'suspended' || snapshot.status === 'failed'
      ? `${snapshot.status}: ${snapshot.statusReason ?? 'it was stopped too often'}`
      : snapshot.status;
  throw apiErrors.error(
    'PLUGIN_DISABLED',
    `The plugin ${snapshot.slug} is ${why}. An admin enables it with POST /api/plugins/${snapshot.slug}/enable.`,
  );
}

/** Without a token nobody learns which plugins exist. */
function unknown(caller: Caller | null, slug: string): Error {
  return caller
    ? apiErrors.error('NOT_FOUND', `This tenant has no plugin ${slug.slice(0, 100)}. GET /api/plugins/ lists them.`)
    : needsToken();
}

function needsToken(): Error {
  return apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
}
