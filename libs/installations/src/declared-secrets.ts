import type { TenantTransaction } from '@annex/database';
import type { Subject } from './context.js';
import type { SecretsPort } from './ports.js';
import { findRelease } from './rows/releases.js';
import { lastPermissionUses, secretUse } from './rows/permission-uses.js';

/** A secret that the active release names, or the one that shall take over, and how it stands. */
export interface DeclaredSecret {
  name: string;
  /** Enabling needs a value. */
  required: boolean;
  /** The author's; `null`: none is given. */
  description: string | null;
  /** Whose value the plugin gets: its own, the tenant's, or `null`: nobody has set one. */
  set_by: 'plugin' | 'tenant' | null;
  /** When its value was last given to the code, or sent for it. Exact to a minute; `null`: never. */
  last_used_at: string | null;
}

/** The secrets of the active release, in the order of its manifest, and then those that only the next one names. */
export async function declaredSecrets(
  tx: TenantTransaction,
  secrets: SecretsPort,
  { installation, release }: Subject,
): Promise<DeclaredSecret[]> {
  const next = installation.nextReleaseId && (await findRelease(tx, installation.nextReleaseId));
  const own = release.manifest.secrets;
  const known = new Set(own.map(({ name }) => name));
  const declared = [...own, ...(next ? next.manifest.secrets.filter(({ name }) => !known.has(name)) : [])];
  const names = declared.map(({ name }) => name);
  const setBy = await secrets.setBy(tx, installation.id, names);
  const uses = await lastPermissionUses(tx, installation.id);
  return declared.map(({ name, required, description }) => ({
    name,
    required,
    description,
    set_by: setBy.get(name) ?? null,
    last_used_at: uses.get(secretUse(name))?.toISOString() ?? null,
  }));
}
