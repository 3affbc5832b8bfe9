/** The warm isolates of one executor: by key, least recently used out first, and one fresh isolate kept ready. */
import { Guest, type GuestOptions } from './guest.js';
import type { GuestLane, GuestRun } from './guest-run.js';
import { Lane, type LaneEvents } from './lane.js';

export interface LanesParts extends Pick<GuestOptions, 'addon' | 'prelude' | 'lazySource' | 'onCatastrophe'> {
  events: LaneEvents<GuestRun>;
}

export interface LanesSettings {
  callNames: string[];
  /** Isolates in service at most, as long as an idle one can go. */
  maxIsolates: number;
  /** Heap limit of the isolate that is kept ready, in megabytes. */
  spareMemoryMb: number;
}

/** The spare is made again this long after it was taken, when the run that took it is as a rule under way. */
const refillAfterMs = 15;

export class Lanes {
  readonly #parts: LanesParts;
  #settings: LanesSettings = { callNames: [], maxIsolates: 12, spareMemoryMb: 100 };
  #callNames = '[]';
  readonly #byKey = new Map<string, GuestLane>();
  /** Out of service: they finish their runs, or their thread has not ended yet. */
  readonly #leaving = new Set<GuestLane>();
  #spare: Guest | undefined;
  #refilling: NodeJS.Timeout | undefined;

  constructor(parts: LanesParts) {
    this.#parts = parts;
  }

  configure(settings: LanesSettings): void {
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

  get(key: string): GuestLane | undefined {
    return this.#byKey.get(key);
  }

  /** All isolates, those that leave included. */
  all(): GuestLane[] {
    return [...this.#byKey.values(), ...this.#leaving];
  }

  /** Puts a fresh isolate into service; one that had the key before finishes its runs and goes. */
  open(key: string, sha256: string, memoryMb: number): GuestLane {
    const old = this.#byKey.get(key);
    if (old !== undefined) this.retire(old);
    while (this.#byKey.size >= this.#settings.maxIsolates && this.dropQuietest());
    const lane = new Lane(key, sha256, this.#takeGuest(memoryMb), this.#parts.events);
    this.#byKey.set(key, lane);
    return lane;
  }

  /** Takes an isolate out of service at once, and ends what it runs where V8 can. */
  drop(lane: GuestLane): void {
    if (this.#byKey.get(lane.key) === lane) this.#byKey.delete(lane.key);
    lane.state = 'dead';
    lane.guest.dispose();
    if (lane.isInTurn) this.#leaving.add(lane);
    else this.#leaving.delete(lane);
  }

  /** Takes isolates out of service whose key begins so; their runs finish. */
  evict(prefix: string): void {
    for (const [key, lane] of this.#byKey) if (key.startsWith(prefix)) this.retire(lane);
  }

  /** Ends an isolate whose last run is over, if it was only waiting for that. */
  dropIfLeaving(lane: GuestLane): void {
    if (lane.state !== 'dead' && this.#leaving.has(lane)) this.drop(lane);
  }

  /** Answers whether there was an idle one. */
  dropQuietest(): boolean {
    let quietest: GuestLane | undefined;
    for (const lane of this.#byKey.values()) {
      if (lane.isIdle && (quietest === undefined || lane.lastUsedAt < quietest.lastUsedAt)) quietest = lane;
    }
    if (quietest !== undefined) this.drop(quietest);
    return quietest !== undefined;
  }

  /** Forgets the isolates whose thread has ended. */
  forgetGone(): void {
    for (const lane of this.#leaving) if (lane.state === 'dead' && !lane.isInTurn) this.#leaving.delete(lane);
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
  retire(lane: GuestLane): void {
    if (this.#byKey.get(lane.key) !== lane) return;
    this.#byKey.delete(lane.key);
    if (lane.isIdle) this.drop(lane);
    else this.#leaving.add(lane);
  }

  #takeGuest(memoryMb: number): Guest {
    const spare = this.#spare;
    if (spare === undefined || memoryMb !== this.#settings.spareMemoryMb) return this.#makeGuest(memoryMb);
    this.#spare = undefined;
    return spare;
  }

  #makeGuest(memoryMb: number): Guest {
    const { addon, prelude, lazySource, onCatastrophe } = this.#parts;
    return new Guest({ addon, prelude, memoryMb, callNames: this.#callNames, lazySource, onCatastrophe });
  }
}
