/**
 * When to count the keys that a tenant has open. Counting with each new key would cost more than the rest of the emit;
 * so it is done after as many new ones as leave room enough, the fewer the closer the bound is.
 */
import { mappingLimits } from '@annex/limits';
import { LRUCache } from 'lru-cache';

/** Processes that may add keys at once, each without the others' knowledge. */
const assumedProcesses = 8;

export class OpenKeys {
  /** By tenant: how many keys may still be taken in here before the next count. */
  readonly #left = new LRUCache<string, number>({ max: 1000 });

  /** Whether to count with the next key. */
  isCountDue(tenant: string): boolean {
    return (this.#left.get(tenant) ?? 0) <= 0;
  }

  /** Notes a key that was new, or `counted`: how many there are, at most {@link mappingLimits.openKeys} of them. */
  took(tenant: string, { isNew, counted }: { isNew: boolean; counted: number | null }): void {
    const before = this.#left.get(tenant) ?? 0;
    const left = counted === null ? before : Math.floor((mappingLimits.openKeys - counted) / assumedProcesses);
    if (isNew || counted !== null) this.#left.set(tenant, left - (isNew ? 1 : 0));
  }
}
