/**
 * How plugins fail in a row by their own fault. Counted where attempts end (runs/claim.ts); a run that goes well
 * forgets it.
 */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

/** What went wrong since a plugin's last run that went well. */
export interface PluginFailures {
  installationId: Id<'installation'>;
  /** Attempts that failed, those that were tried again included. */
  attempts: number;
  /** Runs that failed for good. */
  runs: number;
  since: Date;
  lastAt: Date;
  lastRunId: Id<'run'>;
  /** `{ code, message }`. */
  lastError: Json;
}

/** Those of the installations that fail; the others are missing. */
export async function listPluginFailures(
  tx: TenantTransaction,
  installationIds: readonly Id<'installation'>[],
): Promise<PluginFailures[]> {
  if (installationIds.length === 0) return [];
  const rows = await tx.query<{
    installation_id: string;
    attempts: number;
    runs: number;
    since: Date;
    last_at: Date;
    last_run_id: string;
    last_error: Json;
  }>(
    'select installation_id, attempts, runs, since, last_at, last_run_id, last_error from plugin_failures where tenant_id = $1 and installation_id = any($2::uuid[])',
    [tx.tenantUuid, installationIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    installationId: idFromUuid('installation', row.installation_id),
    attempts: row.attempts,
    runs: row.runs,
    since: row.since,
    lastAt: row.last_at,
    lastRunId: idFromUuid('run', row.last_run_id),
    lastError: row.last_error,
  }));
}

/** Forgets what went wrong: the plugin begins afresh. */
export async function forgetPluginFailures(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.query('delete from plugin_failures where tenant_id = $1 and installation_id = $2', [
    tx.tenantUuid,
    uuidFromId(installationId),
  ]);
}
