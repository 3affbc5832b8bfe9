import { uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

interface SendingRun {
  id: Id<'run'>;
  eventId?: string | null;
  /** The endpoint; without one the run sends nothing. */
  webhookId?: Id<'webhook'> | null;
  /** A delivery that was made before and is sent again. Default: a new one, with the run's UUID. */
  deliveryId?: Id<'delivery'> | null;
}

/** Gives each run of kind `webhook` its delivery: a new one, or an earlier one that it sends again. @internal */
export async function recordDeliveries(tx: TenantTransaction, runs: readonly SendingRun[]): Promise<void> {
  const sending = runs.flatMap((run) => (run.webhookId ? [{ ...run, webhookId: run.webhookId }] : []));
  if (sending.length === 0) return;
  await tx.query(
    `insert into webhook_deliveries as d (tenant_id, id, webhook_id, event_id, run_id)
     select $1, s.id, s.webhook_id, s.event_id, s.run_id
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[]) as s (id, webhook_id, event_id, run_id)
     on conflict (tenant_id, id) do update set run_id = excluded.run_id where d.webhook_id = excluded.webhook_id`,
    [
      tx.tenantUuid,
      sending.map((run) => uuidFromId(run.deliveryId ?? run.id)),
      sending.map((run) => uuidFromId(run.webhookId)),
      sending.map((run) => run.eventId ?? null),
      sending.map((run) => uuidFromId(run.id)),
    ],
  );
}
