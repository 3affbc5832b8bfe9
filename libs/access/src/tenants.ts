import { setTimeout as sleep } from 'node:timers/promises';
import {
  mapPage,
  messageOf,
  newId,
  pageOf,
  quote,
  readCursor,
  type Clock,
  type Id,
  type InputFault,
  type Logger,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import type { QuotaLimits } from '@annex/quotas';
import { listPlatformAudit, type PlatformAuditView } from '@annex/audit';
import {
  appendTenantAudit,
  countTenant,
  findTenantBySlug,
  insertTenant,
  listTenants,
  listTenantsToErase,
  lockTenantBySlug,
  restoreTenant,
  suspendTenant,
  updateTenant,
} from './rows/tenants.js';
import { eraseTenantPortion, type ErasedPortion } from './rows/erasure.js';
import { erasureView, type ErasureView } from './erasures.js';
import type { TenantRow } from './rows/tenant-row.js';
import { isUniqueViolation, type Change, type Database } from '@annex/database';
import { wakeQuotaWaiters } from '@annex/runs';
import { timezoneFault } from '@annex/scheduling';
import type { Caller, Principal } from './caller.js';
import { accessErrors, refuseFaults, tenantDeleted } from './errors.js';
import { onePage, refuseCursor } from './pages.js';
import { tenantSlugShape } from './tenant-resolution.js';
import { actorOf, noTenant, recordOnTenant, requireOperator, requireSlug } from './tenant-acts.js';
import { tenantView, type TenantView } from './views.js';

export interface TenantsOptions {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** How long a deleted tenant can be taken back, in milliseconds; 0: it is erased at once. */
  graceMs: number;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

/** What a tenant's own admins may change of it. */
export interface OwnTenantChange {
  name?: string | undefined;
  /** IANA zone in which its people read times; schedules name their own. */
  timezone?: string | undefined;
}

/** What operators may change of a tenant. */
export interface TenantChange extends OwnTenantChange {
  slug?: string | undefined;
  /** Turns of background work where a tenant of weight 1 gets one: 1 to 100. */
  weight?: number | undefined;
  /** Background runs that it may always have at once, more while others idle: 1 to 1000. */
  backgroundConcurrency?: number | undefined;
  /** Limits of this tenant alone, by quota; `null`: what holds for every tenant. */
  quotas?: Partial<QuotaLimits> | undefined;
}

/** Tenants, for platform operators and for their own people. */
export class Tenants {
  constructor(private readonly options: TenantsOptions) {}

  /** Throws `FORBIDDEN`, `INVALID_INPUT`, `SLUG_TAKEN`. */
  async create(
    principal: Principal,
    { slug, name }: { slug: string; name: string },
    requestId: string,
  ): Promise<TenantView> {
    requireOperator(principal);
    refuseFaults([...slugFaults(slug), ...nameFaults(name)]);
    const id = newId('tenant', this.options.clock.now());
    return this.options.database.platform(async (tx) => {
      if (!(await insertTenant(tx, { id, slug, name }))) throw slugTaken(slug, await lockTenantBySlug(tx, slug));
      await appendTenantAudit(tx, id, {
        actor: actorOf(principal),
        action: 'tenant.created',
        target: id,
        detail: { slug, name },
        requestId,
      });
      // Somebody may have asked for the name before, and the answer "there is none" may be kept.
      await tx.changed(id, 'tenant');
      tx.afterCommit(() => this.options.forget({ tenantId: id, what: 'tenant' }));
      const row = await findTenantBySlug(tx, slug);
      if (!row) throw noTenant(slug);
      return tenantView(row);
    });
  }

  /** Every tenant for an operator; for anybody else its own. */
  async list(principal: Principal, page: PageRequest): Promise<Page<TenantView>> {
    requireOperator(principal);
    return this.options.database.platform((tx) =>
      onePage('tenant', page, { read: (part) => listTenants(tx, part), view: tenantView }),
    );
  }

  /** Throws `FORBIDDEN`, `NOT_FOUND`. */
  async get(principal: Principal, slug: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    const row = await this.options.database.platform((tx) => findTenantBySlug(tx, slug));
    if (!row) throw noTenant(slug);
    return tenantView(row);
  }

  /**
   * Changes name, slug, weight, concurrency or quotas. Throws `FORBIDDEN`, `NOT_FOUND`, `INVALID_INPUT`, `SLUG_TAKEN`.
   */
  async update(principal: Principal, slug: string, change: TenantChange, requestId: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    refuseFaults([...(change.slug === undefined ? [] : slugFaults(change.slug)), ...ownFaults(change)]);
    return this.#change(slug, change, { actor: actorOf(principal), requestId });
  }

  /** The tenant of somebody who belongs to it. */
  async own({ tenant }: Pick<Caller, 'tenant'>): Promise<TenantView> {
    const row = await this.options.database.platform((tx) => findTenantBySlug(tx, tenant.slug));
    if (!row) throw noTenant(tenant.slug);
    return tenantView(row);
  }

  /** Changes name or zone of the caller's own tenant. Throws `INVALID_INPUT`. The API has checked that they may. */
  async updateOwn(
    { tenant, actor, requestId }: Pick<Caller, 'tenant' | 'actor' | 'requestId'>,
    { name, timezone }: OwnTenantChange,
  ): Promise<TenantView> {
    refuseFaults(ownFaults({ name, timezone }));
    return this.#change(tenant.slug, { name, timezone }, { actor, requestId });
  }

  async #change(
    slug: string,
    change: TenantChange,
    { actor, requestId }: { actor: string; requestId: string },
  ): Promise<TenantView> {
    try {
      return await this.options.database.platform(async (tx) => {
        const row = await lockTenantBySlug(tx, slug);
        if (!row || row.erasingSince) throw noTenant(slug);
        if (row.eraseAfter) throw tenantDeleted(slug, row.eraseAfter);
        const { slug: newSlug, name, timezone, weight, backgroundConcurrency, quotas } = change;
        const wanted = {
          ...(newSlug !== undefined && { slug: newSlug }),
          ...(name !== undefined && { name }),
          ...(timezone !== undefined && { timezone }),
          ...(weight !== undefined && { weight }),
          ...(backgroundConcurrency !== undefined && { backgroundConcurrency }),
          ...(quotas !== undefined && { quotas }),
        };
        if (!(await updateTenant(tx, row.id, wanted))) throw slugTaken(change.slug ?? slug);
        await appendTenantAudit(tx, row.id, {
          actor,
          action: 'tenant.updated',
          target: row.id,
          detail: wanted,
          requestId,
        });
        await tx.changed(row.id, 'tenant');
        if (quotas !== undefined) await wakeQuotaWaiters(tx, row.id);
        tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
        const after = await findTenantBySlug(tx, change.slug ?? slug);
        if (!after) throw noTenant(slug);
        return tenantView(after);
      });
    } catch (thrown) {
      if (isUniqueViolation(thrown)) throw slugTaken(change.slug ?? slug);
      throw thrown;
    }
  }

  /**
   * Deletes a tenant. From the commit on nobody enters it and nothing of it starts; its data is erased after the time
   * of grace, until which {@link restore} takes it back. `now`: erased at once, before this answers `null`. Asked for
   * again, the earlier time holds. `confirm` must be the tenant's slug. Throws `FORBIDDEN`, `NOT_FOUND`,
   * `INVALID_INPUT`.
   */
  async delete(
    principal: Principal,
    slug: string,
    { confirm, now = false, requestId }: { confirm?: string | undefined; now?: boolean; requestId: string },
  ): Promise<TenantView | null> {
    requireOperator(principal);
    requireSlug(slug);
    if (confirm !== slug) {
      const said = confirm === undefined ? '' : ` You sent ${quote(confirm)}.`;
      refuseFaults([
        {
          pointer: '/confirm',
          code: 'CONFIRM',
          detail:
            'must be the slug of the tenant that is to be deleted, so that none goes by accident: ' +
            `?confirm=${slug}.${said}`,
        },
      ]);
    }
    const { database, graceMs } = this.options;
    const tenant = await database.platform(async (tx) => {
      const row = await lockTenantBySlug(tx, slug);
      if (!row) throw noTenant(slug);
      await suspendTenant(tx, row.id, { by: actorOf(principal), graceMs: now ? 0 : graceMs });
      if (row.erasingSince === null)
        await recordOnTenant(tx, principal, {
          row,
          action: 'tenant.deleted',
          requestId,
          detail: { now, ...(await countTenant(tx, row.id)) },
        });
      tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
      return { id: row.id, after: await lockTenantBySlug(tx, slug) };
    });
    this.options.logger.info(
      { tenant: tenant.id, slug, now, actor: actorOf(principal), request_id: requestId },
      'a tenant was deleted',
    );
    if (!now && graceMs > 0 && tenant.after) return tenantView(tenant.after);
    await this.#erase(tenant.id);
    return null;
  }

  /**
   * Takes a deleted tenant back within its time of grace; one that lives stays as it is. Throws `FORBIDDEN`,
   * `NOT_FOUND`, `TENANT_ERASING`.
   */
  async restore(principal: Principal, slug: string, requestId: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    return this.options.database.platform(async (tx) => {
      const row = await lockTenantBySlug(tx, slug);
      if (!row) throw noTenant(slug);
      if (row.erasingSince !== null)
        throw accessErrors.error(
          'TENANT_ERASING',
          `The tenant ${slug} is being erased since ${row.erasingSince.toISOString()} and cannot be taken back. ` +
            'Its slug is free again when nothing is left of it.',
        );
      if (row.eraseAfter === null) return tenantView(row);
      await restoreTenant(tx, row.id);
      await recordOnTenant(tx, principal, { row, action: 'tenant.restored', requestId, detail: {} });
      tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
      const after = await lockTenantBySlug(tx, slug);
      if (!after) throw noTenant(slug);
      return tenantView(after);
    });
  }

  /** Operators' acts on tenants, newest first. Throws `FORBIDDEN`. */
  async audit(
    principal: Principal,
    { limit, cursor, ...filter }: PageRequest & { action?: string | undefined; target?: string | undefined },
  ): Promise<Page<PlatformAuditView>> {
    requireOperator(principal);
    const before = readCursor(cursor, (text) => (/^\d{1,18}$/.test(text) ? text : undefined), refuseCursor);
    const rows = await this.options.database.platform((tx) =>
      listPlatformAudit(tx, { ...filter, before, limit: limit + 1 }),
    );
    return pageOf(rows, { limit }, ({ id }) => id);
  }

  /** Receipts of erasures, newest first. Throws `FORBIDDEN`. */
  async erasures(
    principal: Principal,
    page: PageRequest & { target?: string | undefined },
  ): Promise<Page<ErasureView>> {
    return mapPage(await this.audit(principal, { ...page, action: 'tenant.erased' }), erasureView);
  }

  /**
   * Erases every tenant whose time of grace is over, also what an earlier process began. `signal`: stops between two
   * portions. Never throws.
   */
  async eraseDue(signal?: AbortSignal): Promise<void> {
    try {
      const ids = await this.options.database.platform((tx) => listTenantsToErase(tx, 100));
      for (const id of ids) {
        let state: ErasedPortion = 'more';
        while (state === 'more' && signal?.aborted !== true) state = await this.#portion(id);
      }
    } catch (thrown) {
      this.options.logger.warn(
        { err: thrown },
        `tenants that were deleted could not be erased yet: ${messageOf(thrown)}`,
      );
    }
  }

  /** Erases a tenant until nothing is left, beside whoever else does. */
  async #erase(id: Id<'tenant'>): Promise<void> {
    for (;;) {
      const state = await this.#portion(id);
      if (state === 'gone') return;
      if (state === 'busy') await sleep(100);
    }
  }

  #portion(id: Id<'tenant'>): Promise<ErasedPortion> {
    return this.options.database.platform((tx) => eraseTenantPortion(tx, id));
  }
}

function slugFaults(slug: string): InputFault[] {
  if (tenantSlugShape.test(slug)) return [];
  return [
    {
      pointer: '/slug',
      code: 'INVALID_SLUG',
      detail: 'must be 1 to 63 lower-case letters, digits and inner hyphens, as in a host name',
    },
  ];
}

function nameFaults(name: string): InputFault[] {
  if (name.trim() !== '' && name.length <= 200 && !/\p{Cc}/u.test(name)) return [];
  return [{ pointer: '/name', code: 'INVALID_NAME', detail: 'must be 1 to 200 characters without control characters' }];
}

function ownFaults({ name, timezone }: OwnTenantChange): InputFault[] {
  const zoneFault = timezone === undefined ? undefined : timezoneFault(timezone, '/timezone');
  return [...(name === undefined ? [] : nameFaults(name)), ...(zoneFault ? [zoneFault] : [])];
}

/** `holder`: the tenant that has it, if that is known. */
function slugTaken(slug: string, holder: TenantRow | null = null): Error {
  const until = holder?.eraseAfter
    ? ` It was deleted, and the slug is free again when its data is erased, from ${holder.eraseAfter.toISOString()} on.`
    : '';
  return accessErrors.error('SLUG_TAKEN', `Another tenant has the slug ${slug}.${until} Choose another.`, {
    errors: [{ pointer: '/slug', code: 'SLUG_TAKEN', detail: 'is taken' }],
  });
}
