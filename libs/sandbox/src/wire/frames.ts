/**
 * Frames between the parent and an executor, over one stream. Every message is a type, a few numbers and a few texts:
 * `u32 length · u8 type · u8 count of numbers · u8 count of texts · f64 … · (u32 bytes · UTF-8) …`, little-endian.
 * An executor may be hostile, so the reader looks at nothing before it has checked a size against a cap. Written for an
 * engine without optimising compilers, which is what executors run on: few calls, local variables, a DataView.
 */
import { readUtf8 } from '@annex/kernel';

/** A frame that breaks the format or a cap. The peer that sent it is not to be trusted any more. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * One frame, read field by field in the order in which it was written: first {@link Frame.expect}, then each number,
 * each text, and {@link Frame.close}. The reader has one and uses it again, so nobody keeps it.
 */
export class Frame {
  type = 0;
  numbers = 0;
  texts = 0;
  // Public, because private fields cost more without an optimising compiler.
  buffer: Buffer = nothing;
  view: DataView = viewOf(nothing);
  at = 0;
  end = 0;

  /** Begins a frame that lies whole in the buffer. */
  open(buffer: Buffer, view: DataView, start: number, end: number): void {
    this.buffer = buffer;
    this.view = view;
    this.type = view.getUint8(start + 4);
    this.numbers = view.getUint8(start + 5);
    this.texts = view.getUint8(start + 6);
    this.at = start + headBytes;
    this.end = end;
    if (this.at + this.numbers * 8 > end) throw new WireError('a frame is shorter than its fields');
  }

  /** Throws {@link WireError} unless it has just so many fields. */
  expect(numbers: number, texts: number): void {
    if (this.numbers !== numbers || this.texts !== texts)
      throw new WireError('a message with other fields than its own');
  }

  number(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  text(): string {
    const start = this.at + 4;
    const end = start > this.end ? Infinity : start + this.view.getUint32(this.at, true);
    if (end > this.end) throw new WireError('a frame is shorter than its fields');
    this.at = end;
    if (end === start) return '';
    return end - start < largeBytes ? this.buffer.toString('utf8', start, end) : readUtf8(this.buffer, start, end);
  }

  /** Nothing of it is to be acted upon before this was called. Throws {@link WireError} when something is left. */
  close(): void {
    if (this.at !== this.end) throw new WireError('a frame is longer than its fields');
  }
}

const nothing = Buffer.alloc(0);
const initialBytes = 64 * 1024;
/** A larger buffer is handed over instead of copied, and not kept. */
const keptBytes = 1024 * 1024;
const headBytes = 7;
/** From here on a frame is gathered in one buffer. */
const largeBytes = 256 * 1024;

/** Collects frames until they are taken as one chunk, so that many messages of one tick cost one system call. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #view = viewOf(this.#buffer);
  #start = 0;
  #end = 0;

  /** Begins a frame. Its numbers come next, then its texts, then {@link FrameWriter.close}. */
  open(type: number, numbers: number, texts: number): void {
    const start = this.#end;
    this.#start = start;
    const at = start + headBytes;
    if (at + numbers * 8 > this.#buffer.length) this.#grow(at + numbers * 8);
    const view = this.#view;
    view.setUint8(start + 4, type);
    view.setUint8(start + 5, numbers);
    view.setUint8(start + 6, texts);
    this.#end = at;
  }

  number(value: number): void {
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  text(text: string): void {
    const at = this.#end;
    const most = at + 4 + text.length * 3;
    if (most > this.#buffer.length) this.#grow(most);
    const bytes = text === '' ? 0 : this.#buffer.write(text, at + 4);
    this.#view.setUint32(at, bytes, true);
    this.#end = at + 4 + bytes;
  }

  close(): void {
    this.#view.setUint32(this.#start, this.#end - this.#start - 4, true);
  }

  /** Everything written since the last call, or `undefined`. */
  take(): Buffer | undefined {
    if (this.#end === 0) return undefined;
    const written = this.#buffer.subarray(0, this.#end);
    this.#end = 0;
    if (this.#buffer.length <= keptBytes) return Buffer.from(written);
    this.#renew(initialBytes);
    return written;
  }

  #grow(needed: number): void {
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

/** Cuts a stream of chunks into frames. */
export class FrameReader {
  #parts: Buffer[] = [];
  #have = 0;
  #need = 4;
  readonly #frame = new Frame();
  /** Where a large frame is gathered as its chunks come: to join them at its end would be a piece of work. */
  #large: Buffer | undefined;

  /** @param maxFrameBytes a longer frame is a {@link WireError}, noticed before anything of it is kept. */
  constructor(
    readonly maxFrameBytes: number,
    readonly onFrame: (frame: Frame) => void,
  ) {}

  /** Takes the next chunk. Throws {@link WireError}; nothing that comes after is to be read then. */
  push(chunk: Buffer): void {
    if (this.#large !== undefined) return this.#gather(this.#large, chunk);
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const whole = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#have);
    this.#parts = [];
    const view = viewOf(whole);
    const { maxFrameBytes, onFrame } = this;
    const frame = this.#frame;
    let at = 0;
    this.#need = 4;
    while (whole.length - at >= 4) {
      const length = view.getUint32(at, true);
      if (length < headBytes - 4 || length > maxFrameBytes)
        throw new WireError(`a frame of ${length} bytes, the limit is ${maxFrameBytes}`);
      if (whole.length - at - 4 < length) {
        this.#need = 4 + length;
        if (length < largeBytes) break;
        this.#large = Buffer.allocUnsafeSlow(4 + length);
        this.#have = whole.copy(this.#large, 0, at);
        return;
      }
      frame.open(whole, view, at, at + 4 + length);
      onFrame(frame);
      at += 4 + length;
    }
    this.#have = whole.length - at;
    if (this.#have > 0) this.#parts.push(at === 0 ? whole : whole.subarray(at));
  }

  #gather(large: Buffer, chunk: Buffer): void {
    const taken = chunk.copy(large, this.#have);
    this.#have += taken;
    if (this.#have < large.length) return;
    this.#large = undefined;
    this.#have = 0;
    this.#need = 4;
    this.#frame.open(large, viewOf(large), 0, large.length);
    this.onFrame(this.#frame);
    if (taken < chunk.length) this.push(chunk.subarray(taken));
  }
}
