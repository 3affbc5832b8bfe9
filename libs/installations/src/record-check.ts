import type { TenantTransaction } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import type { InstallationsContext } from './context.js';
import { judgeCheck, type CheckVerdict, type HealthSaid } from './health.js';
import { lockCheck, saveCheck } from './rows/plugin-checks.js';

/** Writes down what a check said, and what follows from it: a trace, an event, fresh isolates. */
export async function recordCheck(
  context: InstallationsContext,
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  said: HealthSaid,
): Promise<void> {
  const before = await lockCheck(tx, installationId);
  if (!before?.active) return;
  const verdict = judgeCheck(before, said, context.now());
  await saveCheck(tx, before, verdict.row);
  if (verdict.dropsIsolates) await context.dropIsolates(tx, installationId);
  if (verdict.turn !== undefined)
    await tell(context, tx, installationId, { ...verdict, turn: verdict.turn }, before.since);
}

async function tell(
  context: InstallationsContext,
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  { turn, row }: CheckVerdict & { turn: 'unhealthy' | 'recovered' },
  since: Date,
): Promise<void> {
  const subject = await context.require(tx, installationId);
  const detail: Record<string, Json> =
    turn === 'unhealthy'
      ? { failures: row.failures, error: row.lastError && { ...row.lastError } }
      : { since: since.toISOString(), status: row.status };
  await context.record(tx, { actor: 'system' }, subject, `plugin.${turn}`, detail);
  await context.announce(tx, `plugin.${turn}`, subject, detail);
}
