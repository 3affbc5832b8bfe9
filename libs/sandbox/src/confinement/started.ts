/** What is said of a program when it is started, and what is known of it then. */
import type { Duplex } from 'node:stream';
import type { Cgroup } from './cgroup.js';

/** How a process ended: not at all when it could not be started. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It had more memory than it may have: the kernel ended it for that, or it said so and could not go on. */
  outOfMemory?: boolean;
  error?: Error;
}

export interface StartOptions {
  /** Descriptors of the program that lead to this process. Of 0, 1 and 2 those not named lead nowhere. */
  streams: readonly number[];
  /** Descriptors of the program that lead to another program. Default: none. */
  between?: readonly (readonly [fd: number, pair: Between])[];
  group?: Cgroup | undefined;
  /**
   * It does this process's own work. Default: it comes behind this process in the line for the processor, and before it
   * in the line of those that the kernel ends when memory runs out.
   */
  isOurs?: boolean;
}

export interface Started {
  /** `undefined`: it is not known yet, or there is none. */
  readonly pid: number | undefined;
  /** This process's ends of `streams`, in their order. */
  readonly streams: Duplex[];
  readonly exited: Promise<Ending>;
  /** SIGKILL. */
  kill(): void;
}

/** Ends of a stream between two programs, each given to the start of one. */
export class Between {
  static #made = 0;
  readonly #number = (Between.#made += 1);
  #isTaken = false;
  /** The second program's end, while this process starts both itself. */
  end: Duplex | undefined;

  /** A name for the end that has not been given away. */
  takeName(): string {
    const name = `b${this.#number}${this.#isTaken ? 'b' : 'a'}`;
    this.#isTaken = true;
    return name;
  }
}
