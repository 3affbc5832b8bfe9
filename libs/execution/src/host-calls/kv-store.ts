/** What `ctx.kv` and `ctx.shared` do alike: each call is one transaction of its own. */
import type { HostArgs, HostResult } from '@annex/host-api';
import { pageOf, quote, readCursor, textCursor, type Id } from '@annex/kernel';
import { listLimits } from '@annex/limits';
import { deleteKv, incrementKv, listKv, setKv, setKvIf, type KvKey, type KvTable } from '../rows/kv.js';
import type { Database, TenantTransaction } from '@annex/database';
import { executionErrors } from '../errors.js';
import { kvChanged, kvNotANumber } from './kv-errors.js';
import { KvReads } from './kv-reads.js';
import type { RunIdentity } from './run-identity.js';

/** Where the keys of a call stand. */
export interface KvSpace {
  table: KvTable;
  /** Whose they are. */
  installationId: Id<'installation'>;
  /** What they begin with in the table. */
  prefix: string;
  /** For errors: `ctx.kv`. */
  name: string;
}

type Call = { identity: RunIdentity; space: KvSpace };

/** A store of one database. */
export class KvStore {
  readonly #reads: KvReads;

  constructor(private readonly database: Pick<Database, 'forTenant'>) {
    this.#reads = new KvReads(database);
  }

  async get(call: Call, [key, options]: HostArgs<'kv.get'>): Promise<HostResult<'kv.get'>> {
    const { identity, space } = call;
    const found = await this.#reads.get(identity.snapshot.tenantId, space.table, keyOf(call, key));
    if (!options?.version) return found?.value ?? null;
    return { value: found?.value ?? null, version: found?.version ?? 0 };
  }

  async set(call: Call, [key, value, options]: HostArgs<'kv.set'>): Promise<HostResult<'kv.set'>> {
    const { identity, space } = call;
    identity.checkName(key, `The key of ${space.name}.set`);
    const masked = identity.mask(value, `${space.name}.set(${quote(key)})`);
    const content = { ...keyOf(call, key), value: masked, ttlS: options?.ttl_s };
    const ifVersion = options?.if_version;
    if (ifVersion === undefined) {
      await this.#in(call, (tx) => setKv(tx, content));
      return null;
    }
    const version = await this.#in(call, (tx) => setKvIf(tx, content, ifVersion));
    if (version !== undefined) return version;
    throw kvChanged(key, ifVersion);
  }

  delete(call: Call, key: string): Promise<boolean> {
    return this.#in(call, (tx) => deleteKv(tx, keyOf(call, key)));
  }

  async list({ identity, space }: Call, options: HostArgs<'kv.list'>[0]): Promise<HostResult<'kv.list'>> {
    const { prefix = '', limit = listLimits.defaultItems, cursor } = options ?? {};
    const after = readCursor(cursor, textCursor.read, () => refuseCursor(space.name));
    // No key holds such characters, so nothing begins with them.
    if (prefix.includes('\0') || !prefix.isWellFormed()) return { keys: [], next_cursor: null };
    const { table, installationId, prefix: outer } = space;
    const range = { table, installationId, prefix: outer + prefix, limit: limit + 1 };
    const entries = await this.#in({ identity, space }, (tx) =>
      listKv(tx, { ...range, after: after === undefined ? undefined : outer + after }),
    );
    const own = entries.map(({ key, expiresAt }) => ({ key: key.slice(outer.length), expiresAt }));
    const { items, next_cursor } = pageOf(own, { limit }, ({ key }) => textCursor.write(key));
    return {
      keys: items.map(({ key, expiresAt }) => ({ key, expires_at: expiresAt?.toISOString() ?? null })),
      next_cursor,
    };
  }

  async incr(call: Call, [key, by, options]: HostArgs<'kv.incr'>): Promise<number> {
    call.identity.checkName(key, `The key of ${call.space.name}.incr`);
    const sum = await this.#in(call, (tx) =>
      incrementKv(tx, { ...keyOf(call, key), by: by ?? 1, ttlS: options?.ttl_s }),
    );
    if (sum !== undefined) return sum;
    throw kvNotANumber(key);
  }

  #in<T>({ identity }: Call, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.database.forTenant(identity.snapshot.tenantId).transaction(work);
  }
}

function keyOf({ space: { table, installationId, prefix } }: Call, key: string): KvKey {
  return { table, installationId, key: prefix + key };
}

function refuseCursor(name: string): never {
  throw executionErrors.error(
    'CURSOR_INVALID',
    `The cursor is not one that ${name}.list answered as next_cursor. Leave it out to begin at the first key.`,
  );
}
