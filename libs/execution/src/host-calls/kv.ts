import type { HostHandlers } from '@annex/host-api';
import type { Database } from '@annex/database';
import { KvStore, type KvSpace } from './kv-store.js';
import type { RunIdentity } from './run-identity.js';

type KvHandlers = Pick<HostHandlers<RunIdentity>, 'kv.get' | 'kv.set' | 'kv.delete' | 'kv.list' | 'kv.incr'>;

/** `ctx.kv`: private to the installation. */
export function kvHandlers(database: Pick<Database, 'forTenant'>): KvHandlers {
  const store = new KvStore(database);
  const own = (identity: RunIdentity): { identity: RunIdentity; space: KvSpace } => {
    const { installationId } = identity.snapshot;
    return { identity, space: { table: 'kv', installationId, prefix: '', name: 'ctx.kv' } };
  };
  return {
    'kv.get': (args, { identity }) => store.get(own(identity), args),
    'kv.set': (args, { identity }) => store.set(own(identity), args),
    'kv.delete': ([key], { identity }) => store.delete(own(identity), key),
    'kv.list': ([options], { identity }) => store.list(own(identity), options),
    'kv.incr': (args, { identity }) => store.incr(own(identity), args),
  };
}
