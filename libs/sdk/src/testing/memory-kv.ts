import {
  executionErrors,
  findSharedOwner,
  kvChanged,
  kvNotANumber,
  type RunIdentity,
  type SharedMethod,
} from '@annex/execution';
import type { HostArgs, HostHandlers, HostResult } from '@annex/host-api';
import { pageOf, quote, readCursor, textCursor, type Clock, type Json } from '@annex/kernel';

interface Entry {
  value: Json;
  /** Milliseconds since the epoch, or `null`: it stays. */
  expiresAtMs: number | null;
  /** Another one with each change. */
  version: number;
}

const defaultKeys = 100;

/**
 * `ctx.kv` in memory: what the plugin keeps between its runs, open to the test.
 * @example
 * const ordersOf = (kv: MemoryKv) => kv.get('orders') ?? 0
 */
export class MemoryKv {
  readonly #entries = new Map<string, Entry>();
  #changes = 0;

  constructor(private readonly clock: Clock) {}

  /** The value of a key; `undefined` when there is none or it ran out. */
  get(key: string): Json | undefined {
    return this.#live(key)?.value;
  }

  /** The version of a key; 0: there is none. */
  version(key: string): number {
    return this.#live(key)?.version ?? 0;
  }

  /** @param ttlS seconds until it is gone; left out: it stays */
  set(key: string, value: Json, ttlS?: number): void {
    this.#entries.set(key, {
      value: structuredClone(value),
      expiresAtMs: ttlS === undefined ? null : this.clock.now() + ttlS * 1000,
      version: (this.#changes += 1),
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
    entry.version = this.#changes += 1;
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
    'kv.get': (args) => get(kv, args),
    'kv.set': (args, { identity }) => set(kv, args, (value) => identity.mask(value, `ctx.kv.set(${quote(args[0])})`)),
    'kv.delete': ([key]) => kv.delete(key),
    'kv.list': ([options]) => list(kv, options),
    'kv.incr': (args) => incr(kv, args),
  };
}

/**
 * Answers `ctx.shared` from memory. `stateOf`: the state of a name, whoever owns it; what the plugin may not do is
 * refused as on a server.
 */
export function memorySharedHandlers(
  stateOf: (name: string) => MemoryKv,
): Pick<HostHandlers<RunIdentity>, SharedMethod> {
  const open = async ({ snapshot }: RunIdentity, name: string, writes = false): Promise<MemoryKv> => {
    const shared = [{ name, access: 'write' as const }];
    // Whoever is depended on has the state: the test fills it.
    await findSharedOwner(snapshot, { name, writes }, (slug) =>
      Promise.resolve(
        slug === ownerOf(snapshot, name)
          ? { ...snapshot, slug, manifest: { ...snapshot.manifest, shared } }
          : undefined,
      ),
    );
    return stateOf(name);
  };
  return {
    'shared.get': async ([name, ...args], { identity }) => get(await open(identity, name), args),
    'shared.set': async ([name, ...args], { identity }) =>
      set(await open(identity, name, true), args, (value) => identity.mask(value, `ctx.shared(${quote(name)}).set`)),
    'shared.delete': async ([name, key], { identity }) => (await open(identity, name, true)).delete(key),
    'shared.list': async ([name, options], { identity }) => list(await open(identity, name), options),
    'shared.incr': async ([name, ...args], { identity }) => incr(await open(identity, name, true), args),
  };
}

function ownerOf({ manifest }: RunIdentity['snapshot'], name: string): string | undefined {
  return manifest.shared?.find((each) => each.name === name)?.from ?? Object.keys(manifest.dependencies)[0];
}

function get(kv: MemoryKv, [key, options]: HostArgs<'kv.get'>): HostResult<'kv.get'> {
  const value = kv.get(key) ?? null;
  return options?.version ? { value, version: kv.version(key) } : value;
}

function set(kv: MemoryKv, [key, value, options]: HostArgs<'kv.set'>, mask: (value: Json) => Json): number | null {
  const ifVersion = options?.if_version;
  if (ifVersion !== undefined && ifVersion !== kv.version(key)) throw kvChanged(key, ifVersion);
  kv.set(key, mask(value), options?.ttl_s);
  return ifVersion === undefined ? null : kv.version(key);
}

function list(kv: MemoryKv, options: HostArgs<'kv.list'>[0]): HostResult<'kv.list'> {
  const { prefix = '', limit = defaultKeys, cursor } = options ?? {};
  const after = readCursor(cursor, textCursor.read, refuseCursor);
  const rest = kv.keys(prefix).filter((key) => after === undefined || isBehind(key, after));
  const { items, next_cursor } = pageOf(rest, { limit }, textCursor.write);
  return { keys: items.map((key) => ({ key, expires_at: isoOrNull(kv.expiresAtMs(key)) })), next_cursor };
}

function incr(kv: MemoryKv, [key, by, options]: HostArgs<'kv.incr'>): number {
  const sum = kv.increment(key, by ?? 1, options?.ttl_s);
  if (sum !== undefined) return sum;
  throw kvNotANumber(key);
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
