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

/**
 * Collects frames until they are taken as one chunk, so that many messages of one tick cost one system call. Written with a DataView
 * because an executor runs without optimising compilers, where Buffer's own methods in JavaScript cost several times as much.
 */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #view = viewOf(this.#buffer);
  #end = 0;
  #frameStart = 0;

  begin(type: number): void {
    this.#reserve(5);
    this.#frameStart = this.#end;
    this.#view.setUint8(this.#end + 4, type);
    this.#end += 5;
  }

  end(): void {
    this.#view.setUint32(this.#frameStart, this.#end - this.#frameStart - 4, true);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#end, value);
    this.#end += 1;
  }

  /** Values outside of 0..2^32-1 become the nearest one inside. */
  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#end, value > 0xffffffff ? 0xffffffff : value > 0 ? value : 0, true);
    this.#end += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const bytes = value === '' ? 0 : this.#buffer.write(value, this.#end + 4);
    this.#view.setUint32(this.#end, bytes, true);
    this.#end += 4 + bytes;
  }

  /** Everything written since the last call, or `undefined`. */
  take(): Buffer | undefined {
    if (this.#end === 0) return undefined;
    const end = this.#end;
    this.#end = 0;
    if (this.#buffer.length > keptBytes) {
      const chunk = this.#buffer.subarray(0, end);
      this.#renew(initialBytes);
      return chunk;
    }
    return Buffer.from(this.#buffer.subarray(0, end));
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const old = this.#buffer;
    this.#renew(Math.max(needed, old.length * 2));
    old.copy(this.#buffer, 0, 0, this.#end);
  }

  #renew(bytes: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = viewOf(this.#buffer);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Reads the fields of one frame, in order. Every method throws {@link WireError} when the frame is too short for it. */
export class FrameFields {
  #at: number;

  constructor(
    readonly buffer: Buffer,
    readonly view: DataView,
    start: number,
    readonly end: number,
  ) {
    this.#at = start;
  }

  u8(): number {
    return this.view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.#take(8), true);
  }

  text(): string {
    const bytes = this.view.getUint32(this.#take(4), true);
    if (bytes === 0) return '';
    const start = this.#take(bytes);
    return this.buffer.toString('utf8', start, start + bytes);
  }

  /** Throws when bytes are left over. */
  done(): void {
    if (this.#at !== this.end) throw new WireError('a frame is longer than its fields');
  }

  #take(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.end) throw new WireError('a frame is shorter than its fields');
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
    const view = viewOf(whole);
    let at = 0;
    this.#need = 4;
    while (whole.length - at >= 4) {
      const length = view.getUint32(at, true);
      if (length < 1 || length > this.maxFrameBytes) throw new WireError(`a frame of ${length} bytes, the limit is ${this.maxFrameBytes}`);
      if (whole.length - at - 4 < length) {
        this.#need = 4 + length;
        break;
      }
      const next = at + 4 + length;
      this.onFrame(view.getUint8(at + 4), new FrameFields(whole, view, at + 5, next));
      at = next;
    }
    this.#have = whole.length - at;
    if (this.#have > 0) this.#parts.push(at === 0 ? whole : whole.subarray(at));
  }
}
