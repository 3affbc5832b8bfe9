/** `node:buffer`: the package buffer, with the encoding `base64url` and the names that came to Node after it. */
import type * as nodeBuffer from 'node:buffer';
import feross from 'buffer/';

type Text = (this: Uint8Array, encoding?: string, start?: number, end?: number) => string;
type Method = (this: unknown, ...args: unknown[]) => unknown;

const { Buffer, SlowBuffer, INSPECT_MAX_BYTES, kMaxLength } = feross as unknown as typeof nodeBuffer & {
  SlowBuffer: unknown;
};
const native = Uint8Array.prototype as unknown as {
  toBase64(options?: { alphabet: 'base64url'; omitPadding: boolean }): string;
};

/** Lets a method know `base64url` among the names of encodings that follow its first argument. */
function alsoForUrls(owner: object, name: string): void {
  const methods = owner as Record<string, Method>;
  const before = methods[name];
  if (before === undefined) return;
  methods[name] = function (...args) {
    for (let index = 1; index < args.length; index += 1) if (isForUrls(args[index])) args[index] = 'base64';
    return before.apply(this, args);
  };
}

function isForUrls(encoding: unknown): boolean {
  return typeof encoding === 'string' && encoding.toLowerCase() === 'base64url';
}

// What reads base64 there takes both alphabets already.
for (const name of ['from', 'byteLength', 'alloc']) alsoForUrls(Buffer, name);
for (const name of ['write', 'fill', 'indexOf', 'lastIndexOf', 'includes']) alsoForUrls(Buffer.prototype, name);

const isEncoding = Buffer.isEncoding.bind(Buffer);
(Buffer as { isEncoding(value: string): boolean }).isEncoding = (value) => isForUrls(value) || isEncoding(value);

const toText = Buffer.prototype.toString as Text;
(Buffer.prototype as { toString: Text }).toString = function (encoding, start, end) {
  const name = typeof encoding === 'string' ? encoding.toLowerCase() : '';
  if (name !== 'base64' && name !== 'base64url') return toText.call(this, encoding, start, end);
  const part = this.subarray(Math.max(0, start ?? 0), Math.max(0, end ?? this.length));
  return name === 'base64'
    ? native.toBase64.call(part)
    : native.toBase64.call(part, { alphabet: 'base64url', omitPadding: true });
};

function bytesOf(value: Uint8Array | ArrayBuffer): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

function isUtf8(value: Uint8Array | ArrayBuffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(value));
    return true;
  } catch {
    return false;
  }
}

function isAscii(value: Uint8Array | ArrayBuffer): boolean {
  return bytesOf(value).every((byte) => byte < 128);
}

export default {
  Buffer,
  SlowBuffer,
  INSPECT_MAX_BYTES,
  kMaxLength,
  kStringMaxLength: 0x1fffffe8,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 0x1fffffe8 },
  Blob: globalThis.Blob,
  File: globalThis.File,
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  isUtf8,
  isAscii,
};
