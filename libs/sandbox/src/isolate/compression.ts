/**
 * The executor's side of `CompressionStream` and `DecompressionStream`: zlib, a piece of input at a time, and of output
 * no more than the isolate has asked for. What comes in is chosen by plugin code.
 */
import {
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  type Zlib,
} from 'node:zlib';
import type { Transform } from 'node:stream';
import { sandboxLimits } from '@annex/limits/sandbox';

/** Most bytes of one piece of input. */
const MAX_PIECE_BYTES = 512 * 1024;

/**
 * `COMPRESSION_INVALID`: no such call or bad arguments; `COMPRESSION_LIMIT`: too much; `COMPRESSION_DATA`: the input is
 * not in its format.
 */
type CompressionCode = 'COMPRESSION_INVALID' | 'COMPRESSION_LIMIT' | 'COMPRESSION_DATA';

class CompressionError extends Error {
  constructor(
    readonly code: CompressionCode,
    message: string,
  ) {
    super(message);
  }
}

// `rejectGarbageAfterEnd`, as in Node's own DecompressionStream: what follows the end of the data is an error.
const strict = { chunkSize: 65_536, rejectGarbageAfterEnd: true };
const makers: Record<string, () => Zlib & Transform> = {
  'compress gzip': () => createGzip(),
  'compress deflate': () => createDeflate(),
  'compress deflate-raw': () => createDeflateRaw(),
  'decompress gzip': () => createGunzip(strict),
  'decompress deflate': () => createInflate(strict),
  'decompress deflate-raw': () => createInflateRaw(strict),
};

class Compressor {
  readonly #stream: Zlib & Transform;
  readonly #isDecompressing: boolean;
  #isConsumed = true;
  #failure: CompressionError | undefined;
  #outBytes = 0;
  #wake: () => void = () => undefined;

  constructor(kind: string) {
    const make = Object.hasOwn(makers, kind) ? makers[kind] : undefined;
    if (make === undefined) throw new CompressionError('COMPRESSION_INVALID', 'there is no such format');
    this.#isDecompressing = kind.startsWith('decompress');
    this.#stream = make();
    this.#stream.on('readable', () => this.#wake());
    this.#stream.on('error', () => {
      this.#failure ??= new CompressionError(
        'COMPRESSION_DATA',
        this.#isDecompressing ? 'The data is not in this format, or ends too early' : 'The data cannot be compressed',
      );
      this.#wake();
    });
  }

  /** Takes a piece of input, or the end, and answers the first output. */
  take(piece: Buffer | undefined): Promise<string> {
    if (!this.#isConsumed)
      throw new CompressionError('COMPRESSION_INVALID', 'the output of the last piece has not been read');
    this.#isConsumed = false;
    const onConsumed = (): void => {
      this.#isConsumed = true;
      this.#wake();
    };
    if (piece === undefined) {
      this.#stream.once('end', onConsumed);
      this.#stream.end();
    } else {
      this.#stream.write(piece, onConsumed);
    }
    return this.more();
  }

  /** The next output; `done` when there is none until more input comes. */
  async more(): Promise<string> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const data = this.#stream.read() as Buffer | null;
      if (data !== null) {
        this.#outBytes += data.length;
        if (this.#isDecompressing && this.#outBytes > sandboxLimits.decompressedBytes) {
          this.close();
          throw new CompressionError(
            'COMPRESSION_LIMIT',
            `The data becomes more than ${sandboxLimits.decompressedBytes} bytes, the limit ` +
              '(MAX_DECOMPRESSED_BYTES) of one ' +
              'stream',
          );
        }
        return `{"data":"${data.toString('base64')}","done":false}`;
      }
      if (this.#isConsumed) return '{"data":"","done":true}';
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#failure ??= new CompressionError('COMPRESSION_INVALID', 'the stream is closed');
    this.#stream.destroy();
    this.#wake();
  }
}

/** The open streams of one run. */
export class RunCompression {
  readonly #open = new Map<number, Compressor>();
  #lastId = 0;

  /** Answers `compression.open`, `write`, `end`, `more` or `close`. Rejects with an error that carries a code. */
  async answer(method: string, argsJson: string): Promise<string> {
    const args = readArguments(argsJson);
    if (method === 'compression.open')
      return this.#begin(`${String(args.get('direction'))} ${String(args.get('format'))}`);
    const id = args.get('id');
    const compressor = typeof id === 'number' ? this.#open.get(id) : undefined;
    if (compressor === undefined || typeof id !== 'number')
      throw new CompressionError('COMPRESSION_INVALID', 'there is no such stream in this run');
    switch (method) {
      case 'compression.write':
        return compressor.take(pieceOf(args.get('data')));
      case 'compression.end':
        return compressor.take(undefined);
      case 'compression.more':
        return compressor.more();
      case 'compression.close':
        compressor.close();
        this.#open.delete(id);
        return '{}';
      default:
        throw new CompressionError('COMPRESSION_INVALID', 'there is no such operation');
    }
  }

  #begin(kind: string): string {
    if (this.#open.size >= sandboxLimits.compressionStreams) {
      throw new CompressionError(
        'COMPRESSION_LIMIT',
        `${sandboxLimits.compressionStreams} streams compress or decompress already, the limit ` +
          '(MAX_COMPRESSION_STREAMS) of ' +
          'one run; read one to its end',
      );
    }
    this.#lastId += 1;
    this.#open.set(this.#lastId, new Compressor(kind));
    return `{"id":${this.#lastId}}`;
  }

  /** Frees everything. */
  close(): void {
    for (const compressor of this.#open.values()) compressor.close();
    this.#open.clear();
  }
}

function readArguments(argsJson: string): Map<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(argsJson);
    if (Array.isArray(parsed) && typeof parsed[0] === 'object' && parsed[0] !== null)
      return new Map(Object.entries(parsed[0]));
  } catch {
    // As below.
  }
  throw new CompressionError('COMPRESSION_INVALID', 'the arguments are not one object');
}

function pieceOf(data: unknown): Buffer {
  if (typeof data !== 'string' || data.length > Math.ceil(MAX_PIECE_BYTES / 3) * 4)
    throw new CompressionError('COMPRESSION_INVALID', 'data must be base64 of one piece');
  return Buffer.from(data, 'base64');
}
