/**
 * Messages between the parent and a compiler: `u32 bytes of JSON · u32 bytes of the rest · JSON · rest`, little-endian. What is large (archives,
 * files, scripts) goes in the rest, so that nobody parses it. A compiler may be hostile: sizes are judged before anything is kept.
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

/** Cuts a stream of chunks into messages. */
export class MessageReader {
  #parts: Buffer[] = [];
  #have = 0;
  #need = 8;

  constructor(
    readonly limits: { maxHeadBytes: number; maxRestBytes: number },
    readonly onMessage: (message: Message) => void,
  ) {}

  /** Takes the next chunk. Throws {@link WireError} and what `JSON.parse` throws; nothing that comes after is to be read then. */
  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    while (this.#have >= this.#need) {
      const whole = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#have);
      this.#parts = [whole];
      const headBytes = whole.readUInt32LE(0);
      const restBytes = whole.readUInt32LE(4);
      if (headBytes > this.limits.maxHeadBytes || restBytes > this.limits.maxRestBytes) throw new WireError(`a message of ${headBytes} and ${restBytes} bytes`);
      const end = 8 + headBytes + restBytes;
      if (whole.length < end) {
        this.#need = end;
        return;
      }
      const head: unknown = JSON.parse(whole.toString('utf8', 8, 8 + headBytes));
      const rest = whole.subarray(8 + headBytes, end);
      this.#parts = whole.length === end ? [] : [whole.subarray(end)];
      this.#have = whole.length - end;
      this.#need = 8;
      this.onMessage({ head, rest });
    }
  }
}
