import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { Transaction } from '@annex/database';

/** A period of UTC days, both inclusive: `2026-01-31`. */
export interface Period {
  since: string;
  until: string;
}

/** What a plugin of a tenant used in the closed days of a period. Names are those of the wire. */
export interface SpendLine {
  tenant_id: Id<'tenant'>;
  /** The slug that it had last. */
  tenant: string;
  /** `null`: of the tenant as a whole, or nothing is known of the plugin any more. */
  plugin: string | null;
  runs: number;
  failed_runs: number;
  cpu_ms: number;
  wall_ms: number;
  host_calls: number;
  http_calls: number;
  egress_bytes: number;
  mails: number;
  llm_tokens: number;
  /** The sum of what was kept at the end of each day. */
  storage_byte_days: number;
}

/** The sums of a line, in the order in which they are shown. */
export const spendSums = [
  'runs',
  'failed_runs',
  'cpu_ms',
  'wall_ms',
  'host_calls',
  'http_calls',
  'egress_bytes',
  'mails',
  'llm_tokens',
  'storage_byte_days',
] as const;

const sumsSql = spendSums
  .map((name) => `sum(${name === 'storage_byte_days' ? 'storage_bytes' : name})::float8 as ${name}`)
  .join(', ');

/** The last day that is closed, `null` before the first one. */
export async function lastClosedDay(tx: Transaction): Promise<string | null> {
  const [row] = await tx.query<{ day: string | null }>(`select to_char(max(day), 'YYYY-MM-DD') as day from spend_days`);
  return row?.day ?? null;
}

/** Which tenants' lines are read: one, or so many in the order of their ids. */
export type SpendOf = { tenantId: Id<'tenant'> } | { limit: number; after?: Id<'tenant'> | undefined };

/** Lines of a period by tenant and plugin. A day that is not closed counts nothing. */
export async function readSpend(tx: Transaction, { since, until }: Period, of: SpendOf): Promise<SpendLine[]> {
  const one = 'tenantId' in of ? uuidFromId(of.tenantId) : null;
  const after = 'after' in of && of.after ? uuidFromId(of.after) : null;
  const rows = await tx.query<SpendLine>(
    `with tenants_of_page as (
       select distinct tenant_id from spend
       where day between $1::date and $2::date and ($3::uuid is null or tenant_id = $3)
         and ($4::uuid is null or tenant_id > $4)
       order by tenant_id limit $5)
     select s.tenant_id, (array_agg(s.tenant order by s.day desc))[1] as tenant, nullif(s.plugin, '') as plugin,
       ${sumsSql}
     from spend s join tenants_of_page p on p.tenant_id = s.tenant_id
     where s.day between $1::date and $2::date and s.day <= (select max(day) from spend_days)
     group by s.tenant_id, s.plugin order by s.tenant_id, s.plugin`,
    [since, until, one, after, 'limit' in of ? of.limit : 1],
  );
  return rows.map((row) => ({ ...row, tenant_id: idFromUuid('tenant', row.tenant_id) }));
}
