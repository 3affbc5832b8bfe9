import { uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { RunPolicy } from '@annex/runs';

/** A handler that wants events. */
export interface Subscription {
  pattern: string;
  /** Which of several handlers with the same pattern, from 0. */
  ordinal: number;
  policy: RunPolicy;
}

/**
 * Makes these, and no others, the subscriptions of an installation. Events written later find them; runs made earlier
 * stay.
 */
export async function replaceSubscriptions(
  tx: TenantTransaction,
  { installationId, plugin }: { installationId: Id<'installation'>; plugin: string },
  subscriptions: readonly Subscription[],
): Promise<void> {
  await tx.query('delete from subscriptions where tenant_id = $1 and installation_id = $2', [
    tx.tenantUuid,
    uuidFromId(installationId),
  ]);
  if (subscriptions.length === 0) return;
  await tx.query(
    `insert into subscriptions (tenant_id, installation_id, pattern, ordinal, plugin, policy)
     select $1, $2, s.pattern, s.ordinal, $3, s.policy::jsonb from unnest($4::text[], $5::int[], $6::text[]) as s (pattern, ordinal, policy)`,
    [
      tx.tenantUuid,
      uuidFromId(installationId),
      plugin,
      subscriptions.map((each) => each.pattern),
      subscriptions.map((each) => each.ordinal),
      subscriptions.map((each) => JSON.stringify(each.policy)),
    ],
  );
}
