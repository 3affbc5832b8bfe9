/** Reads of `ctx.kv` and `ctx.shared` that arrive together are one transaction. */
import type { Database } from '@annex/database';
import type { Id } from '@annex/kernel';
import { readKv, type KvAt, type KvTable, type KvValue } from '../rows/kv.js';

/** Keys of one transaction: values of 256 KiB each fill eight megabytes. */
const keysAtOnce = 32;

interface Wanted {
  at: KvAt;
  resolve(found: KvValue | undefined): void;
  reject(reason: unknown): void;
}

/**
 * Gathers what one tenant's runs ask for in a round of the event loop: a transaction costs three ways to the database,
 * whatever it reads. A read begins after it was asked for, so it sees whatever was written before.
 */
export class KvReads {
  readonly #waiting = new Map<string, Wanted[]>();

  constructor(private readonly database: Pick<Database, 'forTenant'>) {}

  /** The value of a key with its version, or `undefined` when there is none or it ran out. */
  get(tenantId: Id<'tenant'>, table: KvTable, at: KvAt): Promise<KvValue | undefined> {
    const name = `${table} ${tenantId}`;
    return new Promise((resolve, reject) => {
      const lot = this.#waiting.get(name) ?? this.#begin(name, { tenantId, table });
      lot.push({ at, resolve, reject });
      if (lot.length >= keysAtOnce) this.#waiting.delete(name);
    });
  }

  #begin(name: string, { tenantId, table }: { tenantId: Id<'tenant'>; table: KvTable }): Wanted[] {
    const lot: Wanted[] = [];
    this.#waiting.set(name, lot);
    setImmediate(() => {
      if (this.#waiting.get(name) === lot) this.#waiting.delete(name);
      void this.#read(tenantId, table, lot);
    });
    return lot;
  }

  async #read(tenantId: Id<'tenant'>, table: KvTable, together: readonly Wanted[]): Promise<void> {
    try {
      const keys = together.map(({ at }) => at);
      const found = await this.database.forTenant(tenantId).transaction((tx) => readKv(tx, table, keys));
      for (const [index, { resolve }] of together.entries()) resolve(found[index]);
    } catch (thrown) {
      for (const { reject } of together) reject(thrown);
    }
  }
}
