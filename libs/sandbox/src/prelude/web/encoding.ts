import { TextDecoder as Decoder, TextEncoder as Encoder } from '@exodus/bytes/encoding-lite.js';
import { utf8fromStringLoose, utf8toStringLoose } from '@exodus/bytes/utf8.js';
import { setMultibyte } from 'exodus-encoding';
import { lazyScript } from './lazy.js';
import { finishInterface, requireArguments, toDictionary, toDomString } from './webidl.js';

interface MultiByteScript {
  createMultibyteDecoder(encoding: string, loose: boolean): (bytes: Uint8Array, stream?: boolean) => string;
}
const multiByte = lazyScript<MultiByteScript>('encodings');
// The East Asian encodings carry 150 kB of tables; they arrive with the first decoder that asks for one.
setMultibyte((encoding, loose) => multiByte().createMultibyteDecoder(encoding, loose), undefined);

const encoder = new Encoder();

/** Encoding Standard §7.2: the codec is `@exodus/bytes`', the shape Web IDL's. */
export class TextEncoder {
  #brand = true;

  get encoding(): string {
    void this.#brand;
    return 'utf-8';
  }

  encode(input: unknown = ''): Uint8Array {
    void this.#brand;
    return utf8Encode(toDomString(input));
  }

  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    void this.#brand;
    requireArguments(arguments.length, 2, 'encodeInto');
    return encoder.encodeInto(toDomString(source), destination as Uint8Array);
  }
}
finishInterface(TextEncoder, 'TextEncoder', { encode: 0 });

/** Encoding Standard §7.1. */
export class TextDecoder {
  #codec: InstanceType<typeof Decoder>;

  constructor(label: unknown = 'utf-8', options?: unknown) {
    const name = toDomString(label);
    const { fatal, ignoreBOM } = toDictionary(options, 'TextDecoder options');
    this.#codec = new Decoder(name, { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) });
  }

  get encoding(): string {
    return this.#codec.encoding;
  }
  get fatal(): boolean {
    return this.#codec.fatal;
  }
  get ignoreBOM(): boolean {
    return this.#codec.ignoreBOM;
  }

  decode(input?: unknown, options?: unknown): string {
    const { stream } = toDictionary(options, 'decode options');
    return this.#codec.decode(input as Uint8Array | undefined, { stream: Boolean(stream) });
  }
}
finishInterface(TextDecoder, 'TextDecoder', { constructor: 0, decode: 0 });

/** UTF-8 bytes of a string; lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  return utf8fromStringLoose(text);
}

/** "UTF-8 decode without BOM" of the Encoding Standard: malformed parts become U+FFFD, a byte order mark stays. */
export function utf8DecodeKeepingMark(bytes: Uint8Array): string {
  return utf8toStringLoose(bytes);
}

/** "UTF-8 decode" of the Encoding Standard: malformed parts become U+FFFD, a leading byte order mark is dropped. */
export function utf8Decode(bytes: Uint8Array): string {
  const hasMark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return utf8toStringLoose(hasMark ? bytes.subarray(3) : bytes);
}
