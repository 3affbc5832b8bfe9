import type { Logger } from '@annex/kernel';
import type { Change, Database, PlatformTransaction } from '@annex/database';
import type { Principal } from './caller.js';
import { refuseFaults, tenantDeleted } from './errors.js';
import { findTenantBySlug, lockTenantBySlug } from './rows/tenants.js';
import type { SuspensionScope, TenantRow } from './rows/tenant-row.js';
import { endSuspension, writeSuspension } from './rows/tenant-suspension.js';
import { actorOf, noTenant, reasonFaults, recordOnTenant, requireOperator, requireSlug } from './tenant-acts.js';
import { tenantView, type TenantView } from './views.js';

export interface SuspensionsOptions {
  database: Database;
  logger: Logger;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

/** Tenants that an operator brings to a standstill and lets go on; nothing of theirs is lost meanwhile. */
export class Suspensions {
  constructor(private readonly options: SuspensionsOptions) {}

  /**
   * From the commit on nothing of the tenant is started; with the scope `everything` nobody but operators enters it
   * either. Runs under way end. Asked for again, the newer reason and scope hold. Throws `FORBIDDEN`, `NOT_FOUND`,
   * `INVALID_INPUT`, `TENANT_DELETED`.
   */
  async suspend(
    principal: Principal,
    slug: string,
    { reason, scope, requestId }: { reason: string; scope: SuspensionScope; requestId: string },
  ): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    refuseFaults(reasonFaults(reason));
    return this.#onTenant(slug, async (tx, row) => {
      await writeSuspension(tx, row.id, { by: actorOf(principal), reason: reason.trim(), scope });
      const detail = { reason: reason.trim(), scope };
      await recordOnTenant(tx, principal, { row, action: 'tenant.suspended', requestId, detail });
      this.options.logger.warn({ tenant: row.id, slug, scope, request_id: requestId }, 'a tenant was suspended');
    });
  }

  /** Starts what waited. One that goes on stays as it is. Throws `FORBIDDEN`, `NOT_FOUND`, `TENANT_DELETED`. */
  async resume(principal: Principal, slug: string, requestId: string): Promise<TenantView> {
    requireOperator(principal);
    requireSlug(slug);
    return this.#onTenant(slug, async (tx, row) => {
      if (row.suspendedAt === null) return;
      await endSuspension(tx, row.id);
      const detail = { reason: row.suspendReason, since: row.suspendedAt.toISOString() };
      await recordOnTenant(tx, principal, { row, action: 'tenant.resumed', requestId, detail });
    });
  }

  #onTenant(slug: string, act: (tx: PlatformTransaction, row: TenantRow) => Promise<void>): Promise<TenantView> {
    return this.options.database.platform(async (tx) => {
      const row = await lockTenantBySlug(tx, slug);
      if (!row || row.erasingSince) throw noTenant(slug);
      if (row.eraseAfter) throw tenantDeleted(slug, row.eraseAfter);
      await act(tx, row);
      tx.afterCommit(() => this.options.forget({ tenantId: row.id, what: 'tenant' }));
      const after = await findTenantBySlug(tx, slug);
      if (!after) throw noTenant(slug);
      return tenantView(after);
    });
  }
}
