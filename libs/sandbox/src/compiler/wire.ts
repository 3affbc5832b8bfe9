/**
 * Messages between the parent and a compiler: `u32 bytes of JSON · u32 bytes of the rest · JSON · rest`, little-endian.
 * What is large (archives, files, scripts) goes in the rest, so that nobody parses it. A compiler may be hostile: sizes
 * are judged before anything is kept.
 */
import { WireError } from '../wire/frames.js';

export interface Message {
  head: unknown;
  rest: Buffer;
}

export function encodeMessage(head: unknown, rest: readonly Uint8Array[] = []): Buffer[] {
  const json = Buffer.from(JSON.stringify(head));
  const sizes = Buffer.allocUnsafe(8);
  sizes.writeUInt32LE(json.length, 0);
  sizes.writeUInt32LE(
    rest.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  return [sizes, json, ...rest.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))];
}

export interface MessageLimits {
  maxHeadBytes: number;
  /** Most bytes that may follow a head. */
  maxRestBytes(head: unknown): number;
}

const sizesBytes = 8;

/**
 * Cuts a stream of chunks into messages. Each of the three parts is kept once, in a buffer of its own size, and only
 * when its size was judged.
 */
export class MessageReader {
  #part = Buffer.allocUnsafe(sizesBytes);
  #have = 0;
  #reads: 'sizes' | 'head' | 'rest' = 'sizes';
  #restBytes = 0;
  #head: unknown;

  constructor(
    readonly limits: MessageLimits,
    readonly onMessage: (message: Message) => void,
  ) {}

  /**
   * Takes the next chunk. Throws {@link WireError} and what `JSON.parse` throws; nothing that comes after is to be read
   * then.
   */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(this.#part, this.#have, at);
      at += taken;
      this.#have += taken;
      // A part of no bytes is whole at once.
      while (this.#have === this.#part.length) this.#take(this.#part);
    }
  }

  #take(part: Buffer): void {
    if (this.#reads === 'sizes') {
      const headBytes = part.readUInt32LE(0);
      this.#restBytes = part.readUInt32LE(4);
      if (headBytes > this.limits.maxHeadBytes) throw new WireError(`a message whose head is ${headBytes} bytes`);
      this.#expect('head', headBytes);
    } else if (this.#reads === 'head') {
      this.#head = JSON.parse(part.toString('utf8'));
      if (this.#restBytes > this.limits.maxRestBytes(this.#head))
        throw new WireError(`a message with ${this.#restBytes} bytes behind its head`);
      this.#expect('rest', this.#restBytes);
    } else {
      const head = this.#head;
      this.#expect('sizes', sizesBytes);
      this.onMessage({ head, rest: part });
    }
  }

  #expect(reads: 'sizes' | 'head' | 'rest', bytes: number): void {
    this.#reads = reads;
    this.#have = 0;
    this.#part = Buffer.allocUnsafe(bytes);
  }
}
