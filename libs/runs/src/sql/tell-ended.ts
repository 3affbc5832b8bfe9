import { uuidFromId, type Id } from '@annex/kernel';
import type { Transaction } from '@annex/database';

/** Tells whoever waits for a run, once this commits, that it has ended. */
export async function tellEnded(tx: Transaction, runId: Id<'run'>, status: string): Promise<void> {
  await tx.notify('annex_run', `${uuidFromId(runId)} ${status}`);
}
