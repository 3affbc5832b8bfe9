/** The warm isolates of one executor: by key, least recently used out first, and one fresh isolate kept ready. */
import { Guest, type GuestOptions } from './guest.js';
import type { GuestIsolate, GuestRun } from './guest-run.js';
import { WarmIsolate, type IsolateEvents } from './warm-isolate.js';

type GuestParts = Pick<GuestOptions, 'addon' | 'guard' | 'prelude' | 'lazySource' | 'python' | 'onCatastrophe'>;

export interface WarmIsolatesParts extends GuestParts {
  events: IsolateEvents<GuestRun>;
}

export interface WarmIsolatesSettings {
  callNames: string[];
  /** Isolates in service at most, as long as an idle one can go. */
  maxIsolates: number;
  /** Heap limit of the isolate that is kept ready, in megabytes. */
  spareMemoryMb: number;
}

/** The spare is made again this long after it was taken, when the run that took it is as a rule under way. */
const refillAfterMs = 15;

export class WarmIsolates {
  readonly #parts: WarmIsolatesParts;
  #settings: WarmIsolatesSettings = { callNames: [], maxIsolates: 12, spareMemoryMb: 100 };
  #callNames = '[]';
  readonly #byKey = new Map<string, GuestIsolate>();
  /** Out of service: they finish their runs, or their thread has not ended yet. */
  readonly #leaving = new Set<GuestIsolate>();
  #spare: Guest | undefined;
  #refilling: NodeJS.Timeout | undefined;

  constructor(parts: WarmIsolatesParts) {
    this.#parts = parts;
  }

  configure(settings: WarmIsolatesSettings): void {
    this.#settings = settings;
    this.#callNames = JSON.stringify(settings.callNames);
    this.#spare = this.#makeGuest(settings.spareMemoryMb);
  }

  /** Isolates in service. */
  get size(): number {
    return this.#byKey.size;
  }

  get someLeave(): boolean {
    return this.#leaving.size > 0;
  }

  get(key: string): GuestIsolate | undefined {
    return this.#byKey.get(key);
  }

  /** All isolates, those that leave included. */
  all(): GuestIsolate[] {
    return [...this.#byKey.values(), ...this.#leaving];
  }

  /** Puts a fresh isolate into service; one that had the key before finishes its runs and goes. */
  open(key: string, sha256: string, memoryMb: number): GuestIsolate {
    const old = this.#byKey.get(key);
    if (old !== undefined) this.retire(old);
    while (this.#byKey.size >= this.#settings.maxIsolates && this.dropQuietest());
    const isolate = new WarmIsolate(key, sha256, this.#takeGuest(memoryMb), this.#parts.events);
    this.#byKey.set(key, isolate);
    return isolate;
  }

  /** Takes an isolate out of service at once, and ends what it runs where V8 can. */
  drop(isolate: GuestIsolate): void {
    if (this.#byKey.get(isolate.key) === isolate) this.#byKey.delete(isolate.key);
    isolate.state = 'dead';
    isolate.guest.dispose();
    if (isolate.isInTurn) this.#leaving.add(isolate);
    else this.#leaving.delete(isolate);
  }

  /** Takes isolates out of service whose key begins so; their runs finish. */
  evict(prefix: string): void {
    for (const [key, isolate] of this.#byKey) if (key.startsWith(prefix)) this.retire(isolate);
  }

  /** Ends an isolate whose last run is over, if it was only waiting for that. */
  dropIfLeaving(isolate: GuestIsolate): void {
    if (isolate.state !== 'dead' && this.#leaving.has(isolate)) this.drop(isolate);
  }

  /** Answers whether there was an idle one. */
  dropQuietest(): boolean {
    let quietest: GuestIsolate | undefined;
    for (const isolate of this.#byKey.values()) {
      if (isolate.isIdle && (quietest === undefined || isolate.lastUsedAt < quietest.lastUsedAt)) quietest = isolate;
    }
    if (quietest !== undefined) this.drop(quietest);
    return quietest !== undefined;
  }

  /** Forgets the isolates whose thread has ended. */
  forgetGone(): void {
    for (const isolate of this.#leaving)
      if (isolate.state === 'dead' && !isolate.isInTurn) this.#leaving.delete(isolate);
  }

  /** Makes the next isolate ready, soon. */
  refill(): void {
    if (this.#spare !== undefined || this.#refilling !== undefined) return;
    this.#refilling = setTimeout(() => {
      this.#refilling = undefined;
      if (this.#byKey.size < this.#settings.maxIsolates) this.#spare ??= this.#makeGuest(this.#settings.spareMemoryMb);
    }, refillAfterMs);
  }

  /** Takes an isolate out of service; its runs finish. */
  retire(isolate: GuestIsolate): void {
    if (this.#byKey.get(isolate.key) !== isolate) return;
    this.#byKey.delete(isolate.key);
    if (isolate.isIdle) this.drop(isolate);
    else this.#leaving.add(isolate);
  }

  #takeGuest(memoryMb: number): Guest {
    const spare = this.#spare;
    if (spare === undefined || memoryMb !== this.#settings.spareMemoryMb) return this.#makeGuest(memoryMb);
    this.#spare = undefined;
    return spare;
  }

  #makeGuest(memoryMb: number): Guest {
    return new Guest({ ...this.#parts, memoryMb, callNames: this.#callNames });
  }
}
