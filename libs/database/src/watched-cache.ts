/**
 * A cache whose owner hears of changes. The subtle part: a value that was read before a change and arrives after it
 * must not be kept, and nobody who asks after the change may be handed a read that began before it.
 */
import { SingleFlight, type Clock } from '@annex/kernel';
import { LRUCache } from 'lru-cache';

export interface WatchedCacheOptions<V> {
  /** Most entries; the least recently used leaves. */
  max: number;
  /** A backstop should a notification be lost. Milliseconds. */
  maxAgeMs: number;
  clock: Clock;
  /**
   * Whether a value says that there is nothing. Such entries have a room of their own, as large, so that a stranger who
   * guesses names cannot push out what is in use. Default: none is.
   */
  isAbsence?: (value: V) => boolean;
}

interface Entry<V> {
  value: V;
  until: number;
}

export class WatchedCache<V extends object> {
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #absences: LRUCache<string, Entry<V>>;
  readonly #reads = new SingleFlight<V>();
  #generation = 0;
  #open = false;

  constructor(private readonly options: WatchedCacheOptions<V>) {
    this.#entries = new LRUCache({ max: options.max });
    this.#absences = new LRUCache({ max: options.max });
  }

  /** Begins to keep values. Call once changes are heard; before, every read goes to the source. */
  open(): void {
    this.#open = true;
  }

  /** Forgets everything and keeps nothing any more. */
  close(): void {
    this.#open = false;
    this.drop();
  }

  /** The kept value, if it is still good. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key) ?? this.#absences.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.options.clock.now()) return entry.value;
    this.#entries.delete(key);
    this.#absences.delete(key);
    return undefined;
  }

  /**
   * The kept value, else what `read` answers; callers that come meanwhile share one read.
   * @param untilOf until when a value is good at most, milliseconds since the epoch
   */
  load(key: string, read: () => Promise<V>, untilOf?: (value: V) => number): Promise<V> {
    const kept = this.get(key);
    if (kept) return Promise.resolve(kept);
    const generation = this.#generation;
    return this.#reads.run(`${generation}/${key}`, async () => {
      const value = await read();
      if (this.#open && generation === this.#generation) {
        const until = this.options.clock.now() + this.options.maxAgeMs;
        const room = this.options.isAbsence?.(value) ? this.#absences : this.#entries;
        room.set(key, { value, until: Math.min(until, untilOf?.(value) ?? until) });
      }
      return value;
    });
  }

  /** Forgets the entries that `matches` picks (default: all) and disowns every read under way. */
  drop(matches?: (value: V, key: string) => boolean): void {
    this.#generation += 1;
    for (const room of [this.#entries, this.#absences]) {
      if (!matches) room.clear();
      else for (const [key, entry] of room.entries()) if (matches(entry.value, key)) room.delete(key);
    }
  }
}
