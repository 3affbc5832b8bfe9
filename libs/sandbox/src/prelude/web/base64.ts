import { DOMException } from './dom-exception.js';
import {
  MathMin,
  StringFromCharCode,
  StringPrototypeCharCodeAt,
  Uint8ArrayCtor,
  Uint8ArrayFromBase64,
  Uint8ArrayToBase64,
  apply,
  bareRecord,
  uncurryThis,
} from './primordials.js';
import { requireArguments, toDomString } from './webidl.js';

const LOOSE = bareRecord({ alphabet: 'base64' as const, lastChunkHandling: 'loose' as const });
const PADDED = bareRecord({ alphabet: 'base64' as const, omitPadding: false });
const URL_SAFE = bareRecord({ alphabet: 'base64url' as const, omitPadding: true });
const URL_SAFE_LOOSE = bareRecord({ alphabet: 'base64url' as const, lastChunkHandling: 'loose' as const });
const decode = uncurryThis(
  Uint8ArrayFromBase64 as (this: unknown, text: string, options: object) => Uint8Array<ArrayBuffer>,
);

/** Standard base64 with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  return Uint8ArrayToBase64(bytes, PADDED);
}

/** base64url without padding (RFC 7515). */
export function bytesToBase64Url(bytes: Uint8Array): string {
  return Uint8ArrayToBase64(bytes, URL_SAFE);
}

/** Bytes of base64 text, padded or not; throws a SyntaxError for anything else. */
export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> {
  return decode(Uint8ArrayCtor, text, LOOSE);
}

/** Bytes of base64url text, padded or not; throws a SyntaxError for anything else. */
export function base64UrlToBytes(text: string): Uint8Array<ArrayBuffer> {
  return decode(Uint8ArrayCtor, text, URL_SAFE_LOOSE);
}

/** One character for each byte. */
export function bytesToLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    text += apply(
      StringFromCharCode as (...codes: number[]) => string,
      undefined,
      new Uint8ArrayCtor(bytes.buffer as ArrayBuffer, bytes.byteOffset + i, MathMin(8192, bytes.length - i)) as never,
    );
  }
  return text;
}

/** HTML §8.3. */
export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob');
  let bytes;
  try {
    bytes = base64ToBytes(toDomString(data));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DOMException('The string to be decoded is not correctly encoded', 'InvalidCharacterError');
  }
  return bytesToLatin1(bytes);
}

/** HTML §8.3. */
export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa');
  const text = toDomString(data);
  const bytes = new Uint8ArrayCtor(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    if (code > 255)
      throw new DOMException(
        'The string to be encoded contains characters outside of the Latin1 range',
        'InvalidCharacterError',
      );
    bytes[i] = code;
  }
  return bytesToBase64(bytes);
}
