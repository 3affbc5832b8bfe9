import { readHealth, type HealthSaid } from '@annex/installations';
import type { Id, Json } from '@annex/kernel';
import { countsAgainstPlugin } from '@annex/runs';
import type { RunOutcome } from '@annex/sandbox';
import type { Execution } from './execution.js';

/** What the end of a health check says of the plugin. `undefined`: nothing, the platform could not ask it. */
export function healthSaid(outcome: RunOutcome): HealthSaid | undefined {
  if (outcome.status === 'succeeded') {
    const result = 'result' in outcome ? outcome.result : undefined;
    return readHealth(result === undefined ? undefined : (JSON.parse(result) as Json));
  }
  const { code, message } = outcome.error;
  return countsAgainstPlugin(code) ? { status: 'unhealthy', error: { code, message } } : undefined;
}

/**
 * Asks an enabled plugin for its health. `undefined`: it is not enabled, has no `health` handler, or the platform could
 * not ask it. Never rejects.
 */
export async function askHealth(
  execution: Pick<Execution, 'checkHealth' | 'snapshots'>,
  tenantId: Id<'tenant'>,
  installationId: Id<'installation'>,
): Promise<HealthSaid | undefined> {
  const snapshot = await execution.snapshots.getById(tenantId, installationId).catch(() => undefined);
  if (snapshot?.status !== 'enabled') return undefined;
  const checked = await execution.checkHealth(snapshot);
  return checked && healthSaid(checked.outcome);
}
