import { quote, type Clock } from '@annex/kernel';
import { findTenantBySlug } from './rows/tenants.js';
import { WatchedCache, type Change, type Database } from '@annex/database';
import { callerIn, type Principal, type Resolved, type TenantRef } from './caller.js';
import { accessErrors, tenantDeleted, tenantSuspended, unauthenticated } from './errors.js';

/** Where a request says which tenant it means. */
export interface TenantAddress {
  /** Of `/t/<tenant>/…`. */
  pathSlug?: string | undefined;
  /** `X-Tenant-Slug`. */
  slugHeader?: string | undefined;
  /** `Host`, with or without a port. */
  host?: string | undefined;
}

export const tenantSlugShape = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export interface TenantResolutionOptions {
  database: Database;
  clock: Clock;
  /** `<tenant>.<baseDomain>` names a tenant; unset: hosts name none. */
  baseDomain: string | undefined;
}

interface Found {
  tenant: TenantRef | null;
}

/** Decides which tenant a request means, and who its caller is there. */
export class TenantResolution {
  readonly #tenants: WatchedCache<Found>;
  readonly #hostSuffix: string | undefined;

  constructor(private readonly options: TenantResolutionOptions) {
    this.#tenants = new WatchedCache({
      max: 10_000,
      maxAgeMs: 15_000,
      clock: options.clock,
      isAbsence: ({ tenant }) => tenant === null,
    });
    this.#hostSuffix = options.baseDomain ? `.${options.baseDomain.toLowerCase()}` : undefined;
  }

  open(): void {
    this.#tenants.open();
  }

  close(): void {
    this.#tenants.close();
  }

  forget(change: Change | null): void {
    if (change === null || change.what === 'tenant') this.#tenants.drop();
  }

  /** As {@link resolve}, with what is at hand; `undefined`: the database must be asked. */
  resolveCached(principal: Principal | null, address: TenantAddress, requestId: string): Resolved | undefined {
    return this.#decide({ principal, slug: this.#slugOf(address), requestId, find: (slug) => this.#tenants.get(slug) });
  }

  /**
   * The tenant and the caller in it. Without a principal the caller is `null`, for routes that are open to everybody.
   * Throws
   * `UNAUTHENTICATED`, `TENANT_DELETED`, `TENANT_SUSPENDED`,
   * `TENANT_FORBIDDEN` (not theirs or not there: the answer is the same),
   * `TENANT_REQUIRED`, `TENANT_CONFLICT`, and to operators `NOT_FOUND`.
   */
  async resolve(principal: Principal | null, address: TenantAddress, requestId: string): Promise<Resolved> {
    const slug = this.#slugOf(address);
    const atHand = this.#decide({ principal, slug, requestId, find: (name) => this.#tenants.get(name) });
    if (atHand) return atHand;
    const found = slug === undefined ? { tenant: null } : await this.#find(slug);
    const decided = this.#decide({ principal, slug, requestId, find: () => found });
    if (!decided) throw unauthenticated('Say which tenant you mean.');
    return decided;
  }

  #find(slug: string): Promise<Found> {
    if (!tenantSlugShape.test(slug)) return Promise.resolve({ tenant: null });
    return this.#tenants.load(slug, async () => {
      const row = await this.options.database.platform((tx) => findTenantBySlug(tx, slug));
      return {
        tenant: row && {
          id: row.id,
          slug: row.slug,
          name: row.name,
          ...(row.eraseAfter && { erasesAt: row.eraseAfter }),
          ...(row.suspendScope === 'everything' && { shutFor: row.suspendReason ?? '' }),
        },
      };
    });
  }

  #decide({
    principal,
    slug,
    requestId,
    find,
  }: {
    principal: Principal | null;
    slug: string | undefined;
    requestId: string;
    find: (slug: string) => Found | undefined;
  }): Resolved | undefined {
    if (slug === undefined) return onlyTenant(principal, requestId);
    if (principal) {
      const own = principal.memberships.find((membership) => membership.tenant.slug === slug)?.tenant;
      if (own) return { tenant: open(own, principal), caller: callerIn(principal, own, requestId) };
      if (!principal.operator) throw forbidden(slug);
    }
    const found = find(slug);
    if (!found) return undefined;
    const { tenant } = found;
    // Strangers do not learn what became of a tenant.
    if (tenant && (principal || (tenant.erasesAt === undefined && tenant.shutFor === undefined)))
      return { tenant: open(tenant, principal), caller: principal && callerIn(principal, tenant, requestId) };
    if (principal)
      throw accessErrors.error('NOT_FOUND', `There is no tenant ${quote(slug)}. GET /api/tenants lists them.`);
    // The same as for a tenant that exists and whose plugins want a token.
    throw unauthenticated('Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
  }

  #slugOf({ pathSlug, slugHeader, host }: TenantAddress): string | undefined {
    const header = slugHeader?.trim() || undefined;
    if (pathSlug !== undefined) {
      if (header !== undefined && header !== pathSlug) {
        throw accessErrors.error(
          'TENANT_CONFLICT',
          `The path names the tenant ${quote(pathSlug)}, X-Tenant-Slug names ${quote(header)}. Leave the header out.`,
        );
      }
      return pathSlug;
    }
    return header ?? this.#slugOfHost(host);
  }

  #slugOfHost(host: string | undefined): string | undefined {
    if (this.#hostSuffix === undefined || host === undefined) return undefined;
    const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
    if (!name.endsWith(this.#hostSuffix)) return undefined;
    const slug = name.slice(0, -this.#hostSuffix.length);
    return tenantSlugShape.test(slug) ? slug : undefined;
  }
}

/**
 * Throws `TENANT_DELETED` for a tenant in its time of grace, and `TENANT_SUSPENDED` to whoever is no operator for one
 * that is suspended: an operator has to see what is wrong in it.
 */
function open(tenant: TenantRef, principal: Principal | null): TenantRef {
  if (tenant.erasesAt !== undefined) throw tenantDeleted(tenant.slug, tenant.erasesAt);
  if (tenant.shutFor !== undefined && principal?.operator !== true) throw tenantSuspended(tenant.slug, tenant.shutFor);
  return tenant;
}

function onlyTenant(principal: Principal | null, requestId: string): Resolved {
  if (!principal)
    throw unauthenticated(
      'Send Authorization: Bearer <token>. To call a public or signed route of a plugin, name the tenant in the ' +
        'path: /t/<tenant>/ext/<plugin>/…; whoever can set headers may name it in X-Tenant-Slug instead.',
    );
  const [only, ...others] = principal.memberships;
  if (only && others.length === 0)
    return { tenant: open(only.tenant, principal), caller: callerIn(principal, only.tenant, requestId) };
  if (!only && !principal.operator)
    throw accessErrors.error(
      'TENANT_FORBIDDEN',
      'Your account belongs to no tenant. Ask an admin of one to add your e-mail address.',
    );
  const choice = only ? ` Yours: ${principal.memberships.map(({ tenant }) => tenant.slug).join(', ')}.` : '';
  throw accessErrors.error('TENANT_REQUIRED', `Name the tenant in X-Tenant-Slug.${choice}`);
}

function forbidden(slug: string): Error {
  return accessErrors.error(
    'TENANT_FORBIDDEN',
    `You may not act in the tenant ${quote(slug)}, or there is none of that name.`,
  );
}
