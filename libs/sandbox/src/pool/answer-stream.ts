import { Readable } from 'node:stream';
import { streamWindow } from '../prelude/emissions.js';
import type { SandboxErrorCode } from '../sandbox.js';

/** Why a streamed answer ends before its end: its run did. */
export class StreamCut extends Error {
  override readonly name = 'StreamCut';
  constructor(
    readonly code: SandboxErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** So much is taken before the executor is told: a turn for every few bytes would cost more than the bytes. */
const creditStep = streamWindow / 4;
const bufferBytes = streamWindow / 4;

export interface AnswerStreamOptions {
  /** Most bytes in all; an executor that sends more is broken. */
  maxBytes: number;
  /** How long what is left may wait for its reader once the run is over, in milliseconds. */
  idleMs: number;
  /** The reader took so many bytes. */
  onCredit(bytes: number): void;
  /** The reader wants no more, before the end. */
  onAbandoned(): void;
}

/**
 * A route's answer as it arrives. The executor may have {@link streamWindow} bytes on their way that were not read;
 * whoever reads slowly makes the plugin wait, and nothing here grows.
 */
export class AnswerStream extends Readable {
  #onTheWay = 0;
  #total = 0;
  #isEnded = false;
  #isRunOver = false;
  #lingering: NodeJS.Timeout | undefined;

  constructor(private readonly options: AnswerStreamOptions) {
    super({ highWaterMark: bufferBytes });
    // A stream that nobody has begun to read may be cut: that is no fault of this process.
    this.on('error', () => undefined);
  }

  /**
   * Takes a part. `false`: it is more than was allowed, comes behind the last, or is an empty one that ends nothing, of
   * which there could be any number.
   */
  add(bytes: Buffer, isLast: boolean): boolean {
    this.#onTheWay += bytes.length;
    this.#total += bytes.length;
    if (
      this.#isEnded ||
      (bytes.length === 0 && !isLast) ||
      this.#onTheWay > streamWindow ||
      this.#total > this.options.maxBytes
    )
      return false;
    this.#isEnded = isLast;
    if (this.destroyed) return true;
    if (bytes.length > 0) this.push(bytes);
    if (isLast) this.push(null);
    return true;
  }

  /** The run is over: nothing comes any more. */
  finish(cut: StreamCut | undefined): void {
    this.#isRunOver = true;
    if (!this.#isEnded || cut)
      this.destroy(cut ?? new StreamCut('EXECUTOR_LOST', 'the run ended before its stream did'));
    else if (!this.destroyed)
      this.#lingering = setTimeout(
        () => this.destroy(new StreamCut('TIMEOUT', 'nobody read the rest of the stream')),
        this.options.idleMs,
      ).unref();
  }

  override _read(): void {
    const taken = this.#onTheWay - this.readableLength;
    if (taken < creditStep || this.#isEnded) return;
    this.#onTheWay -= taken;
    this.options.onCredit(taken);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#lingering);
    if (!this.#isEnded && !this.#isRunOver) this.options.onAbandoned();
    done(error);
  }
}
