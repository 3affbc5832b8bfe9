/** Stands in for whatwg-url's own `lib/encoding`, which would look for the codecs among the globals. */
import { utf8fromStringLoose, utf8toStringLoose } from '@exodus/bytes/utf8.js';

export function utf8Encode(text: string): Uint8Array {
  return utf8fromStringLoose(text);
}

export function utf8DecodeWithoutBOM(bytes: Uint8Array): string {
  return utf8toStringLoose(bytes);
}
