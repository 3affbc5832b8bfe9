import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
import { utf8fromStringLoose, utf8toStringLoose } from '@exodus/bytes/utf8.js';
import { setMultibyte } from 'exodus-encoding';
import { lazyScript } from './lazy.js';

interface MultiByteScript {
  createMultibyteDecoder(encoding: string, loose: boolean): (bytes: Uint8Array, stream?: boolean) => string;
}
const multiByte = lazyScript<MultiByteScript>('encodings');
// The East Asian encodings carry 150 kB of tables; they arrive with the first decoder that asks for one.
setMultibyte((encoding, loose) => multiByte().createMultibyteDecoder(encoding, loose), undefined);

export { TextDecoder, TextEncoder };

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
