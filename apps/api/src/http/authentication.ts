import type { Access, Caller, Principal, Role } from '@annex/access';
import { roleAtLeast } from '@annex/access';
import { KiB } from '@annex/kernel';
import { createParamDecorator, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Budgets } from './call-budget.js';
import { portalCallerOf } from '../portal/portal-caller.js';
import { apiErrors } from './errors.js';
import { requireKnownParameters } from './known-parameters.js';
import type { KnownRoutes } from './known-routes.js';
import { readSessionCookie } from './session-cookie.js';

/**
 * Who may call an endpoint: anybody, anybody signed in, platform operators, or a role in the tenant and every higher
 * one.
 */
export type Gate = 'public' | 'signed-in' | 'operator' | Role;

const GATE = Symbol('gate');
/** A bearer of 8 KiB, and what stands around it. */
const maxStreamTokenLength = 16 * KiB;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call; left out: the route looks itself. */
    gate?: Gate;
    /** Names of the parameters that the query may hold; left out: nobody looks. */
    queryNames?: readonly string[];
    /** What a call costs its tenant; left out: nothing. */
    callPoints?: number;
    /** Its body is an event: a large one is paid from an account of its own. */
    takesEvent?: boolean;
    takesYaml?: boolean;
    /** Bytes of a body; left out: the server's own limit. */
    maxBodyBytes?: number;
    /** It is a stream: a token in the address will do. */
    isStream?: boolean;
    /** It takes a package as a form. */
    upload?: boolean;
  }
}

/** Names who may call. The program refuses to start while an endpoint names nobody (see endpoints.ts). */
export const Allow = (gate: Gate): MethodDecorator => SetMetadata(GATE, gate);

/** The gate that a handler names. */
export function gateOf(reflector: Reflector, targets: Parameters<Reflector['getAllAndOverride']>[1]): Gate | undefined {
  return reflector.getAllAndOverride<Gate | undefined>(GATE, targets);
}

export interface Identified extends FastifyRequest {
  caller?: Caller;
  principal?: Principal;
  /** Its token came in the console's cookie. */
  bySessionCookie?: boolean;
  /** The gate that let the request in. */
  admittedBy?: Gate;
}

/**
 * Answers who calls as soon as the head of a request has arrived: nothing of its body is read for somebody who may not
 * send it. What no route takes is refused here too.
 */
export function admitBeforeBodies(
  server: FastifyInstance,
  { access, routes, budgets }: { access: Access; routes: KnownRoutes; budgets: Budgets },
): void {
  server.addHook('onRequest', (request: Identified, _reply, done) => {
    if (request.is404)
      return done(
        routes.wrongMethod(request) ??
          apiErrors.error('NOT_FOUND', 'There is nothing here. GET /openapi.json lists every endpoint.'),
      );
    const { gate, isStream } = request.routeOptions.config;
    if (gate === undefined) return done();
    (isStream ? readStreamToken(access, request) : Promise.resolve())
      .then(() => admit(access, gate, request))
      .then(() => requireKnownParameters(request))
      .then(() => requirePoints(request, budgets))
      .then(() => done(), done);
  });
}

function requirePoints({ caller, routeOptions, headers }: Identified, { calls, events }: Budgets): void {
  if (caller === undefined) return;
  const { callPoints, takesEvent } = routeOptions.config;
  calls.spend(caller.tenant.id, callPoints ?? 0);
  // What says how large it is need not be read to be refused.
  if (takesEvent) events.require(caller.tenant.id, Number(headers['content-length'] ?? 0));
}

/**
 * Puts what a stream token stands for in the place where others send it. A header that was sent wins: then somebody
 * else was meant.
 */
async function readStreamToken(access: Access, request: FastifyRequest): Promise<void> {
  const { stream_token: token } = request.query as { stream_token?: unknown };
  if (token === undefined || request.headers.authorization !== undefined) return;
  const opened =
    typeof token === 'string' && token.length <= maxStreamTokenLength
      ? await access.streamTokens.open(token)
      : undefined;
  if (!opened)
    throw apiErrors.error(
      'UNAUTHENTICATED',
      'The stream token has expired or is none: it opens a stream for one minute. POST /api/auth/stream-token ' +
        'gives another.',
    );
  request.headers.authorization = `Bearer ${opened.bearer}`;
  request.headers['x-tenant-slug'] = opened.tenant;
}

async function admit(access: Access, gate: Gate, request: Identified): Promise<void> {
  if (gate !== 'public') {
    readSessionCookie(request);
    const bearer = bearerOf(request);
    if (access.portal.isSession(bearer)) await admitPortal(access, gate, { request, bearer });
    else await admitPrincipal(access, gate, { request, bearer });
  }
  request.admittedBy = gate;
}

/** Somebody who looks through a portal: only calls in its tenant, with its role. */
async function admitPortal(
  access: Access,
  gate: Gate,
  { request, bearer }: { request: Identified; bearer: string },
): Promise<void> {
  const caller = await portalCallerOf(access, bearer, request);
  if (gate === 'operator' || gate === 'signed-in' || gate === 'public')
    throw apiErrors.error('FORBIDDEN', 'A portal opens calls in its tenant alone.');
  request.principal = caller.principal;
  request.caller = withRole(caller, gate);
}

async function admitPrincipal(
  access: Access,
  gate: Exclude<Gate, 'public'>,
  { request, bearer }: { request: Identified; bearer: string },
): Promise<void> {
  const principal = await access.authenticate(bearer);
  request.principal = principal;
  if (gate === 'operator') requireOperator(principal);
  else if (gate !== 'signed-in') request.caller = await callerFor(access, gate, principal, request);
}

function requireOperator(principal: Principal): void {
  if (!principal.operator) throw apiErrors.error('FORBIDDEN', 'Only platform operators may do this.');
}

async function callerFor(access: Access, gate: Role, principal: Principal, request: FastifyRequest): Promise<Caller> {
  const { caller } = await access.resolveTenant(
    principal,
    { slugHeader: single(request.headers['x-tenant-slug']), host: request.hostname },
    request.id,
  );
  if (!caller) throw apiErrors.error('FORBIDDEN', 'Name a tenant you belong to in X-Tenant-Slug.');
  return withRole(caller, gate);
}

/** Throws `FORBIDDEN` to whoever has a lesser role. */
function withRole(caller: Caller, gate: Role): Caller {
  if (!roleAtLeast(caller.role, gate))
    throw apiErrors.error(
      'FORBIDDEN',
      `This needs the role ${gate}; yours is ${caller.role}. Ask an admin of the tenant.`,
    );
  return caller;
}

/** Lets no request reach a controller that {@link admitBeforeBodies} has not let in by the controller's own gate. */
export class CallerGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const gate = gateOf(this.reflector, [context.getHandler(), context.getClass()]);
    const { admittedBy } = context.switchToHttp().getRequest<Identified>();
    if (gate !== undefined && admittedBy === gate) return true;
    throw apiErrors.error('INTERNAL', 'The request passed no gate.');
  }
}

/** The bearer token of a request (RFC 6750 §2.1). Throws `UNAUTHENTICATED` when there is none. */
export function bearerOf(request: FastifyRequest): string {
  const token = findBearer(request);
  if (token === undefined)
    throw apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
  return token;
}

export function findBearer(request: FastifyRequest): string | undefined {
  return bearerIn(request.headers.authorization);
}

/** The bearer token that an `Authorization` header holds, if it does. */
export function bearerIn(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 8192) return undefined;
  return /^bearer +([\w\-.~+/]+=*) *$/i.exec(header)?.[1];
}

/** The first value of a header that should come once. */
export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** The caller in the tenant, for endpoints behind a role. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<Identified>();
  if (!caller) throw apiErrors.error('INTERNAL', 'This endpoint has no gate that finds a caller.');
  return caller;
});

/** Who signed in, for endpoints that belong to no tenant. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<Identified>();
  if (!principal) throw apiErrors.error('INTERNAL', 'This endpoint has no gate that finds who signed in.');
  return principal;
});
