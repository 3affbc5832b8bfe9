import type { Access, Caller, Principal, Role } from '@annex/access';
import { roleAtLeast } from '@annex/access';
import { createParamDecorator, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';

/** Who may call an endpoint: anybody, anybody signed in, platform operators, or a role in the tenant and every higher one. */
export type Gate = 'public' | 'signed-in' | 'operator' | Role;

const GATE = Symbol('gate');

/** Names who may call. The program refuses to start while an endpoint names nobody (see api.ts). */
export const Allow = (gate: Gate): MethodDecorator & ClassDecorator => SetMetadata(GATE, gate);

/** The gate that a handler or its controller names. */
export function gateOf(reflector: Reflector, targets: Parameters<Reflector['getAllAndOverride']>[1]): Gate | undefined {
  return reflector.getAllAndOverride<Gate | undefined>(GATE, targets);
}

interface Identified extends FastifyRequest {
  caller?: Caller;
  principal?: Principal;
}

/** Answers who calls before any controller runs. */
export class CallerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: Access,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const gate = gateOf(this.reflector, [context.getHandler(), context.getClass()]) ?? 'owner';
    if (gate === 'public') return true;
    const request = context.switchToHttp().getRequest<Identified>();
    const principal = await this.access.authenticate(bearerOf(request));
    request.principal = principal;
    if (gate === 'signed-in') return true;
    if (gate === 'operator') {
      if (!principal.operator) throw apiErrors.error('FORBIDDEN', 'Only platform operators may do this.');
      return true;
    }
    const { caller } = await this.access.resolveTenant(principal, { slugHeader: single(request.headers['x-tenant-slug']), host: request.hostname }, request.id);
    if (!caller) throw apiErrors.error('FORBIDDEN', 'Name a tenant you belong to in X-Tenant-Slug.');
    if (!roleAtLeast(caller.role, gate)) throw apiErrors.error('FORBIDDEN', `This needs the role ${gate}; yours is ${caller.role}. Ask an admin of the tenant.`);
    request.caller = caller;
    return true;
  }
}

/** The bearer token of a request (RFC 6750 §2.1). Throws `UNAUTHENTICATED` when there is none. */
export function bearerOf(request: FastifyRequest): string {
  const token = findBearer(request);
  if (token === undefined) throw apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
  return token;
}

export function findBearer(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
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
