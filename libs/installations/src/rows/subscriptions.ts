import type { Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { SubscriptionRow } from './subscription-row.js';

/** A handler that wants events. */
export type Subscription = Pick<SubscriptionRow, 'pattern' | 'ordinal' | 'policy' | 'filter'>;

/**
 * Makes these, and no others, the subscriptions of an installation. Events written later find them; runs made earlier
 * stay.
 */
export async function replaceSubscriptions(
  tx: TenantTransaction,
  { installationId, plugin }: { installationId: Id<'installation'>; plugin: string },
  subscriptions: readonly Subscription[],
): Promise<void> {
  const rows = tx.repository(SubscriptionRow);
  await rows.delete({ tenantId: tx.tenantId, installationId });
  if (subscriptions.length === 0) return;
  await rows.insert(subscriptions.map((each) => ({ ...each, tenantId: tx.tenantId, installationId, plugin })));
}
