/** The ledger as people read it: sums of a period, as JSON and as CSV. */
import { parseId, type Id, type PageRequest, type TenantActor } from '@annex/kernel';
import { spendLimits } from '@annex/limits';
import type { Database, Transaction } from '@annex/database';
import { lastClosedDay, readSpend, spendSums, type Period, type SpendLine } from './sql/read-spend.js';

/** What was used in a period. */
export interface SpendView {
  since: string;
  until: string;
  /** The last day that is closed; `null`: none yet. Later days of the period count nothing so far. */
  closed_until: string | null;
  /** Every day of the period is closed: the same period gives the same figures from now on. */
  complete: boolean;
  items: SpendLine[];
  next_cursor: string | null;
}

const header = `tenant_id,tenant,plugin,since,until,${spendSums.join(',')}`;

export class Spend {
  constructor(private readonly options: { database: Pick<Database, 'forTenant' | 'platform'> }) {}

  /** What a tenant used. */
  own(caller: TenantActor, period: Period): Promise<SpendView> {
    return this.options.database
      .forTenant(caller.tenant.id)
      .transaction(async (tx) => view(period, await lastClosedDay(tx), await readSpend(tx, period, ofOne(caller))));
  }

  /** The same as CSV. */
  async ownCsv(caller: TenantActor, period: Period): Promise<string> {
    const { items } = await this.own(caller, period);
    return [header, ...items.map((line) => csvLine(line, period)), ''].join('\n');
  }

  /** What all tenants used, those that are gone among them: `limit` tenants a page, in the order of their ids. */
  all(period: Period, { limit, cursor }: PageRequest): Promise<SpendView> {
    const after = cursor === undefined ? undefined : parseId('tenant', cursor);
    return this.options.database.platform(async (tx) => {
      const { lines, next } = await readPage(tx, period, limit, after);
      return { ...view(period, await lastClosedDay(tx), lines), next_cursor: next };
    });
  }

  /** The same as CSV, all of it. */
  async allCsv(period: Period): Promise<string> {
    const parts = [header];
    let after: Id<'tenant'> | undefined;
    do {
      const { lines, next } = await this.options.database.platform((tx) =>
        readPage(tx, period, spendLimits.tenantsAtOnce, after),
      );
      parts.push(...lines.map((line) => csvLine(line, period)));
      after = next ?? undefined;
    } while (after !== undefined);
    return [...parts, ''].join('\n');
  }
}

const ofOne = ({ tenant }: TenantActor): { tenantId: Id<'tenant'> } => ({ tenantId: tenant.id });

async function readPage(
  tx: Transaction,
  period: Period,
  limit: number,
  after: Id<'tenant'> | undefined,
): Promise<{ lines: SpendLine[]; next: Id<'tenant'> | null }> {
  const lines = await readSpend(tx, period, { limit: limit + 1, after });
  const tenants = [...new Set(lines.map((line) => line.tenant_id))];
  const last = tenants[limit - 1];
  if (tenants.length <= limit || last === undefined) return { lines, next: null };
  const more = tenants.at(-1);
  return { lines: lines.filter((line) => line.tenant_id !== more), next: last };
}

function view({ since, until }: Period, closedUntil: string | null, items: SpendLine[]): SpendView {
  return {
    ...{ since, until, closed_until: closedUntil },
    complete: closedUntil !== null && until <= closedUntil,
    items,
    next_cursor: null,
  };
}

/** Slugs are letters, digits and signs that mean nothing in CSV. */
function csvLine(line: SpendLine, { since, until }: Period): string {
  return [line.tenant_id, line.tenant, line.plugin ?? '', since, until, ...spendSums.map((name) => line[name])].join(
    ',',
  );
}
