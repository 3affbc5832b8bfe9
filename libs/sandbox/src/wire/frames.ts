/**
 * Frames between the parent and an executor, over one stream: a 32-bit length, a type byte, then fields. Text is a 32-bit byte count and
 * UTF-8. An executor may be hostile, so the reader looks at nothing before it has checked a size against a cap.
 */

/** A frame that breaks the format or a cap. The peer that sent it is not to be trusted any more. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const initialBytes = 64 * 1024;
const keptBytes = 1024 * 1024;

/** Collects frames until they are taken as one chunk, so that many messages of one tick cost one system call. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #end = 0;
  #frameStart = 0;

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  begin(type: number): void {
    this.#frameStart = this.#end;
    this.#reserve(5);
    this.#end += 4;
    this.#buffer[this.#end] = type;
    this.#end += 1;
  }

  end(): void {
    this.#buffer.writeUInt32LE(this.#end - this.#frameStart - 4, this.#frameStart);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#end] = value;
    this.#end += 1;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#end = this.#buffer.writeUInt32LE(value >>> 0, this.#end);
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#end = this.#buffer.writeDoubleLE(value, this.#end);
  }

  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const bytes = this.#buffer.write(value, this.#end + 4, 'utf8');
    this.#buffer.writeUInt32LE(bytes, this.#end);
    this.#end += 4 + bytes;
  }

  /** Everything written since the last call, or `undefined`. */
  take(): Buffer | undefined {
    if (this.#end === 0) return undefined;
    const end = this.#end;
    this.#end = 0;
    if (this.#buffer.length > keptBytes) {
      const chunk = this.#buffer.subarray(0, end);
      this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
      return chunk;
    }
    return Buffer.from(this.#buffer.subarray(0, end));
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

/** Reads the fields of one frame, in order. Every method throws {@link WireError} when the frame is too short for it. */
export class FrameFields {
  #at: number;
  readonly #end: number;

  constructor(
    readonly buffer: Buffer,
    start: number,
    end: number,
  ) {
    this.#at = start;
    this.#end = end;
  }

  u8(): number {
    return this.buffer[this.#take(1)] ?? 0;
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.#take(4));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.#take(8));
  }

  text(): string {
    const bytes = this.u32();
    const start = this.#take(bytes);
    return this.buffer.toString('utf8', start, start + bytes);
  }

  /** Throws when bytes are left over. */
  done(): void {
    if (this.#at !== this.#end) throw new WireError('a frame is longer than its fields');
  }

  #take(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#end) throw new WireError('a frame is shorter than its fields');
    this.#at = start + bytes;
    return start;
  }
}

/** Cuts a stream of chunks into frames. */
export class FrameReader {
  #parts: Buffer[] = [];
  #have = 0;
  #need = 4;

  /** @param maxFrameBytes a longer frame is a {@link WireError}, noticed before anything of it is kept. */
  constructor(
    readonly maxFrameBytes: number,
    readonly onFrame: (type: number, fields: FrameFields) => void,
  ) {}

  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const whole = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#have);
    this.#parts = [];
    let at = 0;
    this.#need = 4;
    while (whole.length - at >= 4) {
      const length = whole.readUInt32LE(at);
      if (length < 1 || length > this.maxFrameBytes) throw new WireError(`a frame of ${length} bytes, the limit is ${this.maxFrameBytes}`);
      if (whole.length - at - 4 < length) {
        this.#need = 4 + length;
        break;
      }
      const type = whole[at + 4] ?? 0;
      const next = at + 4 + length;
      this.onFrame(type, new FrameFields(whole, at + 5, next));
      at = next;
    }
    this.#have = whole.length - at;
    if (this.#have > 0) this.#parts.push(at === 0 ? whole : whole.subarray(at));
  }
}
