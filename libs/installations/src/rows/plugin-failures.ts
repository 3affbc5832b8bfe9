/**
 * How plugins fail in a row by their own fault. Counted where attempts end (runs/claim.ts); a run that goes well
 * forgets it.
 */
import type { Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { In } from 'typeorm';
import { PluginFailuresRow } from './plugin-failures-row.js';

/** Those of the installations that fail; the others are missing. */
export async function listPluginFailures(
  tx: TenantTransaction,
  installationIds: readonly Id<'installation'>[],
): Promise<PluginFailuresRow[]> {
  if (installationIds.length === 0) return [];
  return tx.repository(PluginFailuresRow).findBy({ tenantId: tx.tenantId, installationId: In([...installationIds]) });
}

/** Forgets what went wrong: the plugin begins afresh. */
export async function forgetPluginFailures(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.repository(PluginFailuresRow).delete({ tenantId: tx.tenantId, installationId });
}
