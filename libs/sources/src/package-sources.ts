import type { ManifestEventSource } from '@annex/manifest';
import type { Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { connectPackageSources, type SourceOwner } from './rows/sources.js';

export { restPackageSources } from './rows/sources.js';

/** Makes what a manifest declares the sources of an installation whose plugin is on. */
export function connectDeclaredSources(
  tx: TenantTransaction,
  owner: SourceOwner,
  declared: readonly ManifestEventSource[],
): Promise<void> {
  return connectPackageSources(
    tx,
    owner,
    declared.map(({ type, ...spec }) => ({ type, spec: { ...spec, auth: spec.auth as Json } })),
  );
}
