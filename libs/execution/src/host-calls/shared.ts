/** `ctx.shared`: state of one plugin that others of its tenant read. */
import type { HostHandlers } from '@annex/host-api';
import { quote } from '@annex/kernel';
import type { Database } from '@annex/database';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { findSharedOwner } from './find-shared-owner.js';
import { KvStore, type KvSpace } from './kv-store.js';
import type { PluginRoutesPort } from './plugins.js';
import type { RunIdentity } from './run-identity.js';

/** The calls of `ctx.shared`. */
export type SharedMethod = 'shared.get' | 'shared.set' | 'shared.delete' | 'shared.list' | 'shared.incr';

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
