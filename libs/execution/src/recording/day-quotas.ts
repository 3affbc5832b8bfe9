import { MINUTE, messageOf, SECOND, type Clock, type Id, type Logger } from '@annex/kernel';
import { watchChanges, type Database, type TenantTransaction } from '@annex/database';
import { findSpentQuota, quotaSpent, type SpentQuota } from '@annex/quotas';

export interface DayQuotasOptions {
  database: Pick<Database, 'forTenant' | 'listen'>;
  clock: Clock;
  logger: Logger;
}

/** Time between two looks while a tenant goes on, and while it is refused. */
const runningLookMs = SECOND;
const refusedLookMs = 5 * SECOND;
/** The longest that a run waits before it is looked at again: the quota of all tenants may be raised meanwhile. */
const maxWaitMs = 10 * MINUTE;
const maxTenantsKept = 50_000;

/**
 * Which tenants have used up what their runs may use in a day. Whoever starts a run asks a map; the map is brought up
 * to date as usage is written, once a second at most. So each process may start as much too much as it starts in little
 * more than a second.
 */
export class DayQuotas {
  readonly #spent = new Map<Id<'tenant'>, SpentQuota & { lookedAtMs: number }>();
  readonly #lookedAtMs = new Map<Id<'tenant'>, number>();

  #unwatch: Promise<() => void> | undefined;

  constructor(private readonly options: DayQuotasOptions) {}

  /** Begins to hear of tenants whose quotas were changed: what is known of them counts no more. */
  async start(): Promise<void> {
    this.#unwatch ??= watchChanges(this.options.database, (change) => {
      if (change === null) this.#forget();
      else if (change.what === 'tenant') this.#forget(change.tenantId);
    });
    await this.#unwatch;
  }

  async stop(): Promise<void> {
    const unwatch = this.#unwatch;
    this.#unwatch = undefined;
    if (unwatch) (await unwatch)();
  }

  #forget(tenantId?: Id<'tenant'>): void {
    if (tenantId === undefined) this.#spent.clear();
    else this.#spent.delete(tenantId);
    if (tenantId === undefined) this.#lookedAtMs.clear();
    else this.#lookedAtMs.delete(tenantId);
  }

  /** Whether nothing may be started for a tenant now. Waits for nothing. */
  isSpent(tenantId: Id<'tenant'>): boolean {
    return this.#spent.size > 0 && this.#find(tenantId) !== undefined;
  }

  /** Throws `QUOTA_EXCEEDED` when nothing may be started for a tenant now. `isInside`: whoever asks belongs to it. */
  require(tenantId: Id<'tenant'>, { isInside }: { isInside: boolean }): void {
    const spent = this.#find(tenantId);
    if (spent) throw quotaSpent(spent, { nowMs: this.options.clock.now(), isInside });
  }

  /** How long a background run has to wait before it is looked at again, in milliseconds; `undefined`: not at all. */
  waitMs(tenantId: Id<'tenant'>): number | undefined {
    const spent = this.#find(tenantId);
    return spent && Math.min(maxWaitMs, Math.max(SECOND, spent.untilMs - this.options.clock.now()));
  }

  /** Looks where the tenant stands, in the transaction that has just added to its usage. */
  async refresh(tx: TenantTransaction): Promise<void> {
    const nowMs = this.options.clock.now();
    const lookedAtMs = this.#lookedAtMs.get(tx.tenantId);
    if (lookedAtMs !== undefined && nowMs >= lookedAtMs && nowMs - lookedAtMs < runningLookMs) return;
    if (this.#lookedAtMs.size >= maxTenantsKept) this.#lookedAtMs.clear();
    this.#lookedAtMs.set(tx.tenantId, nowMs);
    this.#note(tx.tenantId, await findSpentQuota(tx, nowMs), nowMs);
  }

  #find(tenantId: Id<'tenant'>): SpentQuota | undefined {
    const known = this.#spent.get(tenantId);
    if (known === undefined) return undefined;
    const nowMs = this.options.clock.now();
    if (nowMs >= known.untilMs) {
      this.#spent.delete(tenantId);
      return undefined;
    }
    // Nothing is written for a tenant that starts nothing, so that a quota that was raised is seen here alone.
    if (Math.abs(nowMs - known.lookedAtMs) >= refusedLookMs) {
      known.lookedAtMs = nowMs;
      void this.#look(tenantId, nowMs);
    }
    return known;
  }

  async #look(tenantId: Id<'tenant'>, nowMs: number): Promise<void> {
    try {
      const spent = await this.options.database.forTenant(tenantId).transaction((tx) => findSpentQuota(tx, nowMs));
      this.#note(tenantId, spent, nowMs);
    } catch (thrown) {
      this.options.logger.warn({ reason: messageOf(thrown), tenant: tenantId }, 'a quota of the day could not be read');
    }
  }

  #note(tenantId: Id<'tenant'>, spent: SpentQuota | undefined, lookedAtMs: number): void {
    if (spent === undefined) this.#spent.delete(tenantId);
    else this.#spent.set(tenantId, { ...spent, lookedAtMs });
  }
}
