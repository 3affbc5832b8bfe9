/** The health of a tenant's plugins on one page: what checks said last, and what fails. */
import type { TenantTransaction } from '@annex/database';
import type { Id } from '@annex/kernel';
import { failureLimits } from '@annex/limits';
import type { InstallationRow, InstallationStatus } from './rows/installation-row.js';
import { listInstallations } from './rows/installations.js';
import { listChecks } from './rows/plugin-checks.js';
import type { PluginCheckRow } from './rows/plugin-check-row.js';
import { listPluginFailures } from './rows/plugin-failures.js';
import type { SettingsPort } from './ports.js';
import type { PluginFailuresRow } from './rows/plugin-failures-row.js';

/** From bad to good. `failed`: the platform stopped it. `unknown`: enabled, and nothing speaks for or against it. */
const statuses = ['failed', 'unhealthy', 'degraded', 'unknown', 'healthy'] as const;

/** How an enabled plugin does. */
export type HealthStatus = (typeof statuses)[number];

/** One plugin. */
export interface PluginHealthLine {
  id: Id<'installation'>;
  slug: string;
  /** Of one that nobody enabled or that an admin disabled, its status. */
  status: HealthStatus | Exclude<InstallationStatus, 'enabled' | 'suspended' | 'failed'>;
  /** Why it is not healthy; `null` where there is nothing to say. */
  reason: string | null;
  /** When that began; `null` where nobody knows. */
  since: string | null;
  /** When its last scheduled check ended; `null`: there was none. */
  checked_at: string | null;
}

/** All of them. */
export interface PluginsHealth {
  /** The worst of the plugins that are enabled or were stopped by the platform; `healthy` where there is none. */
  status: HealthStatus;
  /** The worst first, then in order of slug. */
  items: PluginHealthLine[];
  next_cursor: null;
}

/** More plugins than the quota of any tenant allows in practice; one page. */
const maxPlugins = 1000;

/** Reads the health of all the tenant's plugins. */
export async function readPluginsHealth(
  tx: TenantTransaction,
  settings?: Pick<SettingsPort, 'refused'>,
): Promise<PluginsHealth> {
  const installations = await listInstallations(tx, { limit: maxPlugins, after: null });
  const ids = installations.map(({ id }) => id);
  const checks = new Map((await listChecks(tx, ids)).map((row) => [row.installationId, row]));
  const failures = new Map((await listPluginFailures(tx, ids)).map((row) => [row.installationId, row]));
  const refused = await settings?.refused(tx, ids);
  const items = installations.map((each) =>
    lineOf(each, { check: checks.get(each.id), failures: failures.get(each.id), refused: refused?.get(each.id) }),
  );
  items.sort((one, other) => badness(one.status) - badness(other.status));
  const [worst] = items;
  return { status: worst && isHealth(worst.status) ? worst.status : 'healthy', items, next_cursor: null };
}

/** What speaks for or against a plugin. */
interface Signs {
  check: PluginCheckRow | undefined;
  failures: PluginFailuresRow | undefined;
  /** A setting that it did not take. */
  refused: { reason: string; since: string } | undefined;
}

function lineOf(
  { id, slug, status, statusReason, updatedAt }: InstallationRow,
  { check, failures, refused }: Signs,
): PluginHealthLine {
  const line = { id, slug, checked_at: check?.checkedAt?.toISOString() ?? null };
  const since = updatedAt.toISOString();
  if (status === 'suspended' || status === 'failed' || (status === 'disabled' && statusReason !== null))
    return { ...line, status: 'failed', reason: statusReason, since };
  if (status !== 'enabled') return { ...line, status, reason: null, since };
  if (check?.status === 'unhealthy' || check?.status === 'degraded') {
    const { status: said, lastError, since: from } = check;
    return { ...line, status: said, reason: lastError?.message ?? null, since: from.toISOString() };
  }
  if (failures && failures.attempts >= failureLimits.degradedAfterAttempts) {
    const reason = `${failures.attempts} attempts in a row failed, the last with ${failures.lastError.code}`;
    return { ...line, status: 'degraded', reason, since: failures.since.toISOString() };
  }
  if (refused) return { ...line, status: 'degraded', ...refused };
  return { ...line, status: check?.status ?? 'unknown', reason: null, since: check?.since.toISOString() ?? null };
}

function isHealth(status: string): status is HealthStatus {
  return (statuses as readonly string[]).includes(status);
}

/** Place among the statuses; what is not on comes last. */
function badness(status: string): number {
  return isHealth(status) ? statuses.indexOf(status) : statuses.length;
}
