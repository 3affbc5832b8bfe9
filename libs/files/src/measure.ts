import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** Counts and digests what passes through; too much is an error, so that nothing beyond the limit is written. */
export class Measure extends Transform {
  size = 0;
  readonly #hash = createHash('sha256');

  /** `tooLarge` makes the error for more than `maxBytes`. */
  constructor(
    private readonly maxBytes: number,
    private readonly tooLarge: () => Error,
  ) {
    super();
  }

  /** SHA-256 of all that passed, hex. Ask once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) return done(this.tooLarge());
    this.#hash.update(chunk);
    done(null, chunk);
  }
}
