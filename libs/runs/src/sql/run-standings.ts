import { hasEnded, type RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';

/** How a run stands. */
export interface RunStanding {
  hasEnded: boolean;
  /** `null`: it succeeded, or has not ended. */
  error: { code: string; message: string } | null;
}

/** How some runs stand; those that are not kept any more are left out. */
export async function readStandings(tx: TenantTransaction, uuids: readonly string[]): Promise<RunStanding[]> {
  const rows = await tx.query<{ status: RunStatus; error: RunStanding['error'] }>(
    'select status, error from runs where tenant_id = $1 and id = any($2)',
    [tx.tenantUuid, uuids],
  );
  return rows.map(({ status, error }) => ({
    hasEnded: hasEnded(status),
    error: status === 'failed' || status === 'cancelled' ? brief(error) : null,
  }));
}

function brief(error: RunStanding['error']): { code: string; message: string } {
  return {
    code: error?.code ?? 'CANCELLED',
    message: (error?.message ?? 'Its run was cancelled.').slice(0, 500),
  };
}
