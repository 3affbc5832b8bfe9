/**
 * The least of tar (POSIX ustar): regular files with short names, one after the other. What is read comes from
 * strangers: readers of every kind of tar gather extended headers of any size in memory, and know links and devices.
 * Here there are neither.
 */
import { invalidArchive } from '../errors.js';

const block = 512;
const nameBytes = 100;
/** Eleven octal digits. */
const largestSize = 8 ** 11 - 1;

/** The header of an entry. Throws `RangeError` for what the format cannot say. */
export function tarHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > nameBytes || size > largestSize)
    throw new RangeError(`${name} with ${size} bytes does not fit into the archive`);
  const header = Buffer.alloc(block);
  header.write(name, 0, 'utf8');
  header.write('0000600\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  header.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124, 'latin1');
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What follows the bytes of an entry. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);

/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

function checksumOf(header: Buffer): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

/** An entry as it is read. Its body is read before the next entry is asked for, or skipped. */
export interface TarEntry {
  name: string;
  size: number;
  body: AsyncGenerator<Buffer>;
}

/**
 * Reads entries up to the end of the archive. Throws `ARCHIVE_INVALID` for everything that {@link tarHeader} cannot
 * write.
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source);
  for (;;) {
    const header = await bytes.take(block);
    if (header.every((byte) => byte === 0)) break;
    const { name, size } = readHeader(header);
    const body = bytes.chunks(size);
    yield { name, size, body };
    for await (const chunk of body) void chunk;
    await bytes.take((block - (size % block)) % block);
  }
  for (let left = 20; ; left -= 1) {
    const rest = await bytes.upTo(block);
    if (rest.length === 0) return;
    if (left === 0 || rest.some((byte) => byte !== 0))
      throw invalidArchive('Something follows the end of the archive.');
  }
}

function readHeader(header: Buffer): { name: string; size: number } {
  const name = /^[!-~]{1,100}$/.exec(field(header, 0, nameBytes))?.[0];
  const size = /^[0-7]{11}$/.exec(field(header, 124, 12))?.[0];
  const sum = /^[0-7]{6}$/.exec(field(header, 148, 8))?.[0];
  const isPlain = header[156] === 0x30 && field(header, 257, 6) === 'ustar' && field(header, 345, 155) === '';
  if (name === undefined || size === undefined || sum === undefined || !isPlain)
    throw invalidArchive('An entry is no plain file with a short name.');
  if (parseInt(sum, 8) !== checksumOf(header)) throw invalidArchive('The header of an entry is damaged.');
  return { name, size: parseInt(size, 8) };
}

function field(header: Buffer, at: number, length: number): string {
  const bytes = header.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end === -1 ? length : end).toString('latin1');
}

/** Bytes of a stream, as many as are asked for. */
class Bytes {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** So many, and fewer only at the end. */
  async upTo(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const part = await this.#some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async take(count: number): Promise<Buffer> {
    const taken = await this.upTo(count);
    if (taken.length < count) throw invalidArchive('The archive ends too soon.');
    return taken;
  }

  async *chunks(count: number): AsyncGenerator<Buffer> {
    for (let missing = count; missing > 0;) {
      const part = await this.#some(missing);
      if (part === undefined) throw invalidArchive('The archive ends too soon.');
      missing -= part.length;
      yield part;
    }
  }

  async #some(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#source.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
