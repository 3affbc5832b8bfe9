import type { PlatformTransaction } from '@annex/database';
import { WorkerRow } from '../rows/worker-row.js';

/** Says that a dispatcher is alive and how many runs it takes at once. Call every few seconds. */
export async function reportWorker(
  tx: PlatformTransaction,
  { id, slots }: { id: string; slots: number },
): Promise<void> {
  await tx.query(
    `insert into workers (id, slots) values ($1, $2) on conflict (id) do update
     set slots = excluded.slots, seen_at = now()`,
    [id, slots],
  );
  await tx.query(`delete from workers where seen_at < now() - interval '10 minutes'`);
}

/** Says that a dispatcher has left. */
export async function removeWorker(tx: PlatformTransaction, id: string): Promise<void> {
  await tx.repository(WorkerRow).delete({ id });
}
