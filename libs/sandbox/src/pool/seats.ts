import type { Flight } from './flight.js';

/**
 * The flights of one executor, each at a seat whose number crosses the wire. A list and not a `Map`: a map that
 * thousands of flights pass a second is laid out anew every few of them, and each layout that was left behind keeps the
 * flights that it held, with their requests, until the next full collection.
 */
export class Seats implements Iterable<Flight> {
  readonly #seats: (Flight | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Gives a flight a seat: one that was used before, if there is one. */
  seat(flight: Flight): void {
    flight.seat = this.#free.pop() ?? this.#seats.length;
    this.#seats[flight.seat] = flight;
    this.#size += 1;
  }

  /** Who sits there; any number may be asked for. */
  at(seat: number): Flight | undefined {
    return this.#seats[seat];
  }

  has(flight: Flight): boolean {
    return this.#seats[flight.seat] === flight;
  }

  /** Takes a flight from its seat. */
  leave(flight: Flight): void {
    if (!this.has(flight)) return;
    this.#seats[flight.seat] = undefined;
    this.#free.push(flight.seat);
    this.#size -= 1;
  }

  clear(): void {
    this.#seats.length = 0;
    this.#free.length = 0;
    this.#size = 0;
  }

  *[Symbol.iterator](): Iterator<Flight> {
    for (const flight of this.#seats) if (flight !== undefined) yield flight;
  }
}
