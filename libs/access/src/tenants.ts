import { messageOf, newId, quote, type Clock, type Id, type InputFault, type Logger } from '@annex/kernel';
import {
  appendTenantAudit,
  eraseTenantPortion,
  findTenantBySlug,
  insertTenant,
  isUniqueViolation,
  listErasingTenants,
  listTenants,
  lockTenantBySlug,
  markTenantErasing,
  updateTenant,
  type Change,
  type Database,
} from '@annex/persistence';
import type { Principal } from './caller.js';
import { accessErrors, refuseFaults } from './errors.js';
import { onePage, type Listing, type Page } from './pages.js';
import { tenantSlugShape } from './tenant-resolution.js';
import { tenantView, type TenantView } from './views.js';

export interface TenantsOptions {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

/** What operators may change of a tenant. */
export interface TenantChange {
  slug?: string | undefined;
  name?: string | undefined;
  /** Turns of background work where a tenant of weight 1 gets one: 1 to 100. */
  weight?: number | undefined;
  /** Background runs that it may always have at once, more while others idle: 1 to 1000. */
  backgroundConcurrency?: number | undefined;
}

/** Tenants, for platform operators. */
export class Tenants {
  constructor(private readonly options: TenantsOptions) {}

  /** Throws `FORBIDDEN`, `INVALID_INPUT`, `SLUG_TAKEN`. */
  async create(principal: Principal, { slug, name }: { slug: string; name: string }, requestId: string): Promise<TenantView> {
    requireOperator(principal);
    refuseFaults([...slugFaults(slug), ...nameFaults(name)]);
    const id = newId('tenant', this.options.clock.now());
    return this.options.database.platform(async (tx) => {
      if (!(await insertTenant(tx, { id, slug, name }))) throw slugTaken(slug);
      await appendTenantAudit(tx, id, { actor: actorOf(principal), action: 'tenant.created', target: id, detail: { slug, name }, requestId });
      // Somebody may have asked for the name before, and the answer "there is none" may be kept.
      await tx.changed(id, 'tenant');
      tx.afterCommit(() => this.options.forget({ tenantId: id, what: 'tenant' }));
      const row = await findTenantBySlug(tx, slug);
      if (!row) throw notFound(slug);
      return tenantView(row);
    });
  }

  /** Every tenant for an operator; for anybody else its own. */
  async list(principal: Principal, page: Page): Promise<Listing<TenantView>> {
    requireOperator(principal);
    return this.options.database.platform((tx) => onePage('tenant', page, { read: (part) => listTenants(tx, part), view: tenantView }));
  }

  /** Throws `FORBIDDEN`, `NOT_FOUND`. */
  async get(principal: Principal, slug: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    const row = await this.options.database.platform((tx) => findTenantBySlug(tx, slug));
    if (!row) throw notFound(slug);
    return tenantView(row);
  }

  /** Changes name, slug, weight or concurrency. Throws `FORBIDDEN`, `NOT_FOUND`, `INVALID_INPUT`, `SLUG_TAKEN`. */
  async update(principal: Principal, slug: string, change: TenantChange, requestId: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    refuseFaults([...(change.slug === undefined ? [] : slugFaults(change.slug)), ...(change.name === undefined ? [] : nameFaults(change.name))]);
    try {
      return await this.options.database.platform(async (tx) => {
        const row = await lockTenantBySlug(tx, slug);
        if (!row || row.erasingSince) throw notFound(slug);
        const { slug: newSlug, name, weight, backgroundConcurrency } = change;
        const wanted = {
          ...(newSlug !== undefined && { slug: newSlug }),
          ...(name !== undefined && { name }),
          ...(weight !== undefined && { weight }),
          ...(backgroundConcurrency !== undefined && { backgroundConcurrency }),
        };
        if (!(await updateTenant(tx, row.id, wanted))) throw slugTaken(change.slug ?? slug);
        await appendTenantAudit(tx, row.id, { actor: actorOf(principal), action: 'tenant.updated', target: row.id, detail: wanted, requestId });
        await tx.changed(row.id, 'tenant');
        tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
        const after = await findTenantBySlug(tx, change.slug ?? slug);
        if (!after) throw notFound(slug);
        return tenantView(after);
      });
    } catch (thrown) {
      if (isUniqueViolation(thrown)) throw slugTaken(change.slug ?? slug);
      throw thrown;
    }
  }

  /**
   * Ends a tenant and erases all of its data. From the first commit on nobody enters it and nothing of it starts; its rows then go in
   * portions. An erasure that dies in between is ended by the next start, or by deleting again. Throws `FORBIDDEN`, `NOT_FOUND`.
   */
  async delete(principal: Principal, slug: string, requestId: string): Promise<void> {
    requireOperator(principal);
    requireSlug(slug);
    const id = await this.options.database.platform(async (tx) => {
      const row = await lockTenantBySlug(tx, slug);
      if (!row) throw notFound(slug);
      await markTenantErasing(tx, row.id);
      tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
      return row.id;
    });
    // Its audit trail goes with it, so the log is where this stays.
    this.options.logger.info({ tenant: id, slug, actor: actorOf(principal), request_id: requestId }, 'a tenant is being erased');
    await this.#erase(id);
  }

  /** Ends erasures that an earlier process began. Never throws. */
  async eraseLeftovers(): Promise<void> {
    try {
      const rows = await this.options.database.platform((tx) => listErasingTenants(tx, 100));
      for (const row of rows) await this.#erase(row.id);
    } catch (thrown) {
      this.options.logger.warn({ err: thrown }, `tenants that were deleted could not be erased yet: ${messageOf(thrown)}`);
    }
  }

  async #erase(id: Id<'tenant'>): Promise<void> {
    let done = false;
    while (!done) done = await this.options.database.platform((tx) => eraseTenantPortion(tx, id));
  }
}

function requireOperator(principal: Principal): void {
  if (!principal.operator) throw accessErrors.error('FORBIDDEN', 'Only platform operators may do this.');
}

/** Nothing is looked up under a name that no tenant can have. */
function requireSlug(slug: string): void {
  if (!tenantSlugShape.test(slug)) throw notFound(slug);
}

function actorOf(principal: Principal): string {
  return principal.tokenId ?? principal.operatorId ?? principal.actor;
}

function slugFaults(slug: string): InputFault[] {
  if (tenantSlugShape.test(slug)) return [];
  return [{ pointer: '/slug', code: 'INVALID_SLUG', detail: 'must be 1 to 63 lower-case letters, digits and inner hyphens, as in a host name' }];
}

function nameFaults(name: string): InputFault[] {
  if (name.trim() !== '' && name.length <= 200 && !/\p{Cc}/u.test(name)) return [];
  return [{ pointer: '/name', code: 'INVALID_NAME', detail: 'must be 1 to 200 characters without control characters' }];
}

function slugTaken(slug: string): Error {
  return accessErrors.error('SLUG_TAKEN', `Another tenant has the slug ${slug}. Choose another.`, { errors: [{ pointer: '/slug', code: 'SLUG_TAKEN', detail: 'is taken' }] });
}

function notFound(slug: string): Error {
  return accessErrors.error('NOT_FOUND', `There is no tenant ${quote(slug)}. GET /api/tenants lists them.`);
}
