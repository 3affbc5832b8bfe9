/** `ctx.shared`: state of one plugin that others of its tenant read. */
import type { HostHandlers } from '@annex/host-api';
import { didYouMean, quote } from '@annex/kernel';
import type { Database } from '@annex/database';
import { executionErrors } from '../errors.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { KvStore, type KvSpace } from './kv-store.js';
import type { PluginRoutesPort } from './plugins.js';
import type { RunIdentity } from './run-identity.js';

/** The calls of `ctx.shared`. */
export type SharedMethod = 'shared.get' | 'shared.set' | 'shared.delete' | 'shared.list' | 'shared.incr';

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

/** Its owner reads and writes, those that depend on it read. */
export function sharedHandlers(
  database: Pick<Database, 'forTenant'>,
  plugins: Pick<PluginRoutesPort, 'find'>,
): Pick<HostHandlers<RunIdentity>, SharedMethod> {
  const store = new KvStore(database);
  const spaceOf = async (
    identity: RunIdentity,
    name: string,
    writes = false,
  ): Promise<{ identity: RunIdentity; space: KvSpace }> => {
    const { snapshot } = identity;
    const find = (slug: string): Promise<InstallationSnapshot | undefined> => plugins.find(snapshot.tenantId, slug);
    const { installationId } = await findSharedOwner(snapshot, { name, writes }, find);
    const space = { table: 'shared_entries', installationId, prefix: `${name}/` } as const;
    return { identity, space: { ...space, name: `ctx.shared(${quote(name)})` } };
  };
  return {
    'shared.get': async ([name, ...args], { identity }) => store.get(await spaceOf(identity, name), args),
    'shared.set': async ([name, ...args], { identity }) => store.set(await spaceOf(identity, name, true), args),
    'shared.delete': async ([name, key], { identity }) => store.delete(await spaceOf(identity, name, true), key),
    'shared.list': async ([name, options], { identity }) => store.list(await spaceOf(identity, name), options),
    'shared.incr': async ([name, ...args], { identity }) => store.incr(await spaceOf(identity, name, true), args),
  };
}
