/** Whose the state of a name is. */
import { didYouMean, quote } from '@annex/kernel';
import { executionErrors } from '../errors.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';

/** Where the state of a name stands. Throws `SHARED_UNKNOWN`, `SHARED_READ_ONLY`, `SHARED_AMBIGUOUS`. */
export async function findSharedOwner(
  snapshot: InstallationSnapshot,
  { name, writes }: { name: string; writes: boolean },
  find: (slug: string) => Promise<InstallationSnapshot | undefined>,
): Promise<InstallationSnapshot> {
  const { shared = [], dependencies } = snapshot.manifest;
  const declared = shared.find((each) => each.name === name);
  if (!declared) {
    const names = shared.map((each) => each.name);
    throw executionErrors.error(
      'SHARED_UNKNOWN',
      `${snapshot.slug} declares no shared state ${quote(name, 64)}; add it to "shared" in plugin.json.` +
        didYouMean(name, names),
    );
  }
  if (declared.access === 'write') return snapshot;
  if (writes)
    throw executionErrors.error(
      'SHARED_READ_ONLY',
      `${snapshot.slug} may only read the shared state ${quote(name)}. The plugin that declares it with "access": ` +
        '"write" changes it.',
    );
  const slugs = declared.from === undefined ? Object.keys(dependencies) : [declared.from];
  const found = await Promise.all(slugs.map(find));
  const owners = found.filter((each) => each !== undefined).filter((each) => owns(each, name));
  const [owner] = owners;
  if (owner && owners.length === 1) return owner;
  if (!owner)
    throw executionErrors.error(
      'SHARED_UNKNOWN',
      `None of ${slugs.join(', ').slice(0, 300)} has a shared state ${quote(name)} of its own. Install the plugin ` +
        'that declares it with "access": "write", and name it in "dependencies".',
    );
  throw executionErrors.error(
    'SHARED_AMBIGUOUS',
    `${owners.map(({ slug }) => slug).join(' and ')} each have a shared state ${quote(name)}. Say which is meant: ` +
      '"from" beside "name" in plugin.json.',
  );
}

function owns({ manifest }: InstallationSnapshot, name: string): boolean {
  return (manifest.shared ?? []).some((each) => each.name === name && each.access === 'write');
}
