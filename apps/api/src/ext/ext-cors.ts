/**
 * CORS of plugin routes. A browser asks first (a preflight) without token or tenant header, and can read a refusal only
 * if that carries the headers too; so the policy of a request that names an `Origin` is found before its body is read
 * and before anybody is asked who they are.
 */
import type { Access } from '@annex/access';
import type { Execution, InstallationSnapshot } from '@annex/execution';
import { readCors, type CorsRules } from '@annex/manifest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findBearer, single } from '../http/authentication.js';
import type { RouteEntry } from './begun.js';
import { corsHeaders, isPreflight, joinVary, policyOf, preflightHeaders } from '../http/cors.js';

/** Where a request to a plugin goes. */
export interface ExtTarget {
  slug: string;
  /** The tenant of the path. */
  pathSlug: string | undefined;
  /** Behind the plugin's mount, percent-encoded. */
  path: string;
}

const decided = new WeakSet<FastifyRequest>();

/** Whether Annex answers for CORS; then the plugin's own `Access-Control-*` headers are left out. */
export function isCorsDecided(request: FastifyRequest): boolean {
  return decided.has(request);
}

export class ExtCors {
  constructor(private readonly options: { access: Access; execution: Execution }) {}

  /**
   * Gives the answer its headers, if the route has a policy. Answers whether that was all: a preflight ends here. Never
   * rejects.
   */
  async apply(request: FastifyRequest, reply: FastifyReply, target: ExtTarget): Promise<boolean> {
    const snapshot = await this.#snapshotOf(request, target).catch(() => undefined);
    if (!snapshot) return false;
    const isAsking = isPreflight(request);
    const method = isAsking ? String(request.headers['access-control-request-method']) : request.method;
    const rules = rulesOf(snapshot, method, target.path);
    if (!rules) return false;
    decided.add(request);
    if (isAsking) {
      const { vary = '', ...headers } = preflightHeaders(policyOf(rules, methodsAt(snapshot, target.path)), request);
      void reply
        .status(204)
        .headers(headers)
        .header('vary', joinVary(reply.getHeader('vary'), vary))
        .send();
      return true;
    }
    const { vary = '', ...headers } = corsHeaders(policyOf(rules, []), request);
    void reply.headers(headers);
    if (vary !== '') void reply.header('vary', vary);
    return false;
  }

  /** The plugin that a request means, whether its caller may have it or not: a refusal has headers too. */
  async #snapshotOf(request: FastifyRequest, { slug, pathSlug }: ExtTarget): Promise<InstallationSnapshot | undefined> {
    const { access, execution } = this.options;
    const address = { pathSlug, slugHeader: single(request.headers['x-tenant-slug']), host: request.hostname };
    const find = async (bearer: string | undefined): Promise<InstallationSnapshot | undefined> => {
      const principal =
        bearer === undefined ? null : (access.authenticateCached(bearer) ?? (await access.authenticate(bearer)));
      const { tenant } =
        access.resolveTenantCached(principal, address, request.id) ??
        (await access.resolveTenant(principal, address, request.id));
      return execution.snapshots.getCached(tenant.id, slug) ?? (await execution.snapshots.get(tenant.id, slug));
    };
    // Named by path, header or host; else only a token tells.
    return find(undefined).catch(() => find(findBearer(request)));
  }
}

/** What an answer says that it depends on: who asks, and of the tenant's name only where it was looked at. */
export function varyByCaller(pathSlug: string | undefined): string {
  return pathSlug === undefined ? 'Authorization, X-Tenant-Slug' : 'Authorization';
}

/**
 * What an answer of a route to a request without `Origin` depends on: caches have to know of the origin also when none
 * asked.
 */
export function varyOf({ snapshot, route, address: { pathSlug } }: RouteEntry): string {
  const vary = varyByCaller(pathSlug);
  return variesByOrigin(snapshot, route) ? `${vary}, Origin` : vary;
}

/** Routes live as long as their snapshot. */
const originMatters = new WeakMap<RouteEntry['route'], boolean>();

function variesByOrigin({ manifest }: InstallationSnapshot, route: RouteEntry['route']): boolean {
  const known = originMatters.get(route);
  if (known !== undefined) return known;
  const reading = route.cors === undefined ? undefined : readCors(route.cors);
  const origins = reading === undefined ? manifest.cors?.origins : reading.ok ? reading.rules?.origins : undefined;
  originMatters.set(route, Array.isArray(origins));
  return Array.isArray(origins);
}

function rulesOf({ routes, manifest }: InstallationSnapshot, method: string, path: string): CorsRules | null {
  const cors = routes.match(method, path)?.route?.cors;
  if (cors === undefined) return manifest.cors ?? null;
  const reading = readCors(cors);
  return reading.ok ? reading.rules : null;
}

/** The methods that a path takes. No route has an empty one, so the table tells what else it has. */
function methodsAt({ routes }: InstallationSnapshot, path: string): string[] {
  return path.startsWith('/static/') ? ['GET', 'HEAD'] : (routes.match('', path)?.methodNotAllowed ?? []);
}
