/**
 * Frames between the parent and an executor, over one stream. Every message is a type, a few numbers and a few texts:
 * `u32 length · u8 type · u8 count of numbers · u8 count of texts · f64 … · (u32 bytes · UTF-8) …`, little-endian.
 * An executor may be hostile, so the reader looks at nothing before it has checked a size against a cap. Written for an
 * engine without optimising compilers, which is what executors run on: few calls, local variables, a DataView.
 */

/** A frame that breaks the format or a cap. The peer that sent it is not to be trusted any more. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export interface Frame {
  type: number;
  numbers: number[];
  texts: string[];
}

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
  #end = 0;

  write(type: number, numbers: number[], texts: string[]): void {
    let most = headBytes + numbers.length * 8;
    for (let index = 0; index < texts.length; index += 1) most += 4 + (texts[index] as string).length * 3;
    if (this.#end + most > this.#buffer.length) this.#grow(this.#end + most);
    const buffer = this.#buffer;
    const view = this.#view;
    const start = this.#end;
    view.setUint8(start + 4, type);
    view.setUint8(start + 5, numbers.length);
    view.setUint8(start + 6, texts.length);
    let at = start + headBytes;
    for (let index = 0; index < numbers.length; index += 1) {
      view.setFloat64(at, numbers[index] as number, true);
      at += 8;
    }
    for (let index = 0; index < texts.length; index += 1) {
      const text = texts[index] as string;
      const bytes = text === '' ? 0 : buffer.write(text, at + 4);
      view.setUint32(at, bytes, true);
      at += 4 + bytes;
    }
    view.setUint32(start, at - start - 4, true);
    this.#end = at;
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
      onFrame(readFrame(whole, view, at, at + 4 + length));
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
    this.onFrame(readFrame(large, viewOf(large), 0, large.length));
    if (taken < chunk.length) this.push(chunk.subarray(taken));
  }
}

function readFrame(buffer: Buffer, view: DataView, start: number, end: number): Frame {
  const numbers: number[] = [];
  const texts: string[] = [];
  let at = start + headBytes;
  const numbersEnd = at + view.getUint8(start + 5) * 8;
  if (numbersEnd > end) throw new WireError('a frame is shorter than its fields');
  for (; at < numbersEnd; at += 8) numbers.push(view.getFloat64(at, true));
  for (let left = view.getUint8(start + 6); left > 0; left -= 1) {
    const textStart = at + 4;
    const textEnd = textStart > end ? Infinity : textStart + view.getUint32(at, true);
    if (textEnd > end) throw new WireError('a frame is shorter than its fields');
    texts.push(textEnd === textStart ? '' : buffer.toString('utf8', textStart, textEnd));
    at = textEnd;
  }
  if (at !== end) throw new WireError('a frame is longer than its fields');
  return { type: view.getUint8(start + 4), numbers, texts };
}
