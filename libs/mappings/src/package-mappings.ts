/** Mappings of packages: in force while their plugin is on. */
import type { TenantTransaction } from '@annex/database';
import type { Id } from '@annex/kernel';
import type { PackageMapping } from '@annex/manifest';
import { forgetMapping, putInForce } from './change.js';
import { beginMappingChange, deletePackageMappings, hasPackageMappings } from './rows/mappings.js';

/** Puts these, and no others of the installation, in force. Throws `MAPPING_LIMIT`. */
export async function connectPackageMappings(
  tx: TenantTransaction,
  owner: { installationId: Id<'installation'>; plugin: string },
  mappings: readonly PackageMapping[],
): Promise<void> {
  if (mappings.length === 0) return restPackageMappings(tx, owner.installationId);
  await beginMappingChange(tx);
  const named = mappings.map((mapping) => ({ ...mapping, name: `${owner.plugin}.${mapping.name}` }));
  const gone = await deletePackageMappings(
    tx,
    owner.installationId,
    named.map(({ name }) => name),
  );
  for (const name of gone) await forgetMapping(tx, name);
  for (const mapping of named) await putInForce(tx, mapping, { owner, actor: null });
}

/** An installation's mappings are not in force any more: its plugin is off. */
export async function restPackageMappings(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  if (!(await hasPackageMappings(tx, installationId))) return;
  await beginMappingChange(tx);
  for (const name of await deletePackageMappings(tx, installationId)) await forgetMapping(tx, name);
}
