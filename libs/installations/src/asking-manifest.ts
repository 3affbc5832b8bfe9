import type { TenantTransaction } from '@annex/database';
import type { Manifest } from '@annex/manifest';
import type { Subject } from './context.js';
import { findRelease } from './rows/releases.js';

/**
 * What an installation may be granted: what its active release asks for, and the one that shall take over, whose word
 * on a permission is the newer one.
 */
export async function askingManifest(
  tx: TenantTransaction,
  { installation, release }: Subject,
): Promise<Pick<Manifest, 'permissions' | 'http'>> {
  const next = installation.nextReleaseId && (await findRelease(tx, installation.nextReleaseId));
  if (!next) return release.manifest;
  const { permissions, http } = next.manifest;
  const asked = new Set(permissions.map(({ name }) => name));
  return {
    permissions: [...permissions, ...release.manifest.permissions.filter(({ name }) => !asked.has(name))],
    http,
  };
}
