import { type RunIdentity, executionErrors } from '@annex/execution';
import type { HostHandlers } from '@annex/host-api';
import { pageOf, quote, readCursor, textCursor, type Clock, type Json } from '@annex/kernel';

interface Entry {
  value: Json;
  /** Milliseconds since the epoch, or `null`: it stays. */
  expiresAtMs: number | null;
}

const defaultKeys = 100;

/**
 * `ctx.kv` in memory: what the plugin keeps between its runs, open to the test.
 * @example
 * const ordersOf = (kv: MemoryKv) => kv.get('orders') ?? 0
 */
export class MemoryKv {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  /** The value of a key; `undefined` when there is none or it ran out. */
  get(key: string): Json | undefined {
    return this.#live(key)?.value;
  }

  /** @param ttlS seconds until it is gone; left out: it stays */
  set(key: string, value: Json, ttlS?: number): void {
    this.#entries.set(key, {
      value: structuredClone(value),
      expiresAtMs: ttlS === undefined ? null : this.clock.now() + ttlS * 1000,
    });
  }

  /** Whether there was one. */
  delete(key: string): boolean {
    return this.#live(key) !== undefined && this.#entries.delete(key);
  }

  /** Keys in the order of their bytes. */
  keys(prefix = ''): string[] {
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(prefix) && this.#live(key))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** When a key runs out, in milliseconds since the epoch; `null` when it stays or is not there. */
  expiresAtMs(key: string): number | null {
    return this.#live(key)?.expiresAtMs ?? null;
  }

  /** Adds to a number; `undefined` when the key holds something else. `ttlS` counts when the key is made. */
  increment(key: string, by: number, ttlS?: number): number | undefined {
    const entry = this.#live(key);
    if (entry === undefined) {
      this.set(key, by, ttlS);
      return by;
    }
    if (typeof entry.value !== 'number') return undefined;
    entry.value += by;
    return entry.value;
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAtMs === null || entry.expiresAtMs > this.clock.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }
}

/** Answers `ctx.kv` from memory, as the platform does from PostgreSQL. */
export function memoryKvHandlers(
  kv: MemoryKv,
): Pick<HostHandlers<RunIdentity>, 'kv.get' | 'kv.set' | 'kv.delete' | 'kv.list' | 'kv.incr'> {
  return {
    'kv.get': ([key]) => kv.get(key) ?? null,
    'kv.set': ([key, value, options], { identity }) => {
      kv.set(key, identity.mask(value, `ctx.kv.set(${quote(key)})`), options?.ttl_s);
      return null;
    },
    'kv.delete': ([key]) => kv.delete(key),
    'kv.list': ([options]) => {
      const { prefix = '', limit = defaultKeys, cursor } = options ?? {};
      const after = readCursor(cursor, textCursor.read, refuseCursor);
      const rest = kv.keys(prefix).filter((key) => after === undefined || isBehind(key, after));
      const { items, next_cursor } = pageOf(rest, { limit }, textCursor.write);
      return { keys: items.map((key) => ({ key, expires_at: isoOrNull(kv.expiresAtMs(key)) })), next_cursor };
    },
    'kv.incr': ([key, by, options]) => {
      const sum = kv.increment(key, by ?? 1, options?.ttl_s);
      if (sum !== undefined) return sum;
      throw executionErrors.error(
        'KV_NOT_A_NUMBER',
        `The key ${quote(key)} holds something else than a number, so it cannot be counted up. Delete it or use ` +
          'another key.',
      );
    },
  };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Keys are in the order of their bytes. */
function isBehind(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}

function refuseCursor(): never {
  throw executionErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that ctx.kv.list answered as next_cursor. Leave it out to begin at the first key.',
  );
}
