import { File, blobBytes, concatenate } from './blob.js';
import { bytesToLatin1 } from './base64.js';
import { parseDisposition } from './content-disposition.js';
import { utf8Decode, utf8Encode } from './encoding.js';
import { FormData, formEntriesOf } from './form-data.js';
import { randomBytes } from './random.js';

/** "multipart/form-data encoding" of HTML §4.10.21.8, in one piece. */
export function encodeMultipart(form: FormData): { bytes: Uint8Array<ArrayBuffer>; contentType: string } {
  const random = [...randomBytes(12)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const boundary = `----AnnexFormBoundary${random}`;
  const parts: Uint8Array[] = [];
  for (const [name, value] of formEntriesOf(form)) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(normalizeLines(name))}"`;
    if (typeof value === 'string') {
      parts.push(utf8Encode(`${head}\r\n\r\n${normalizeLines(value)}\r\n`));
    } else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      parts.push(
        utf8Encode(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`),
        blobBytes(value),
        CRLF,
      );
    }
  }
  parts.push(utf8Encode(`--${boundary}--\r\n`));
  return { bytes: concatenate(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

const CRLF = Uint8Array.of(13, 10);

function normalizeLines(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

function escapeName(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}

/** The "multipart/form-data parser" that Fetch asks for (RFC 7578). Throws a TypeError for a malformed body. */
export function decodeMultipart(bytes: Uint8Array, boundary: string): FormData {
  const form = new FormData();
  const delimiter = utf8Encode(`--${boundary}`);
  let at = 0;
  // A preamble and blank lines before the first delimiter are not for us.
  if (!startsWith(bytes, delimiter, at)) {
    const first = find(bytes, concatenate([CRLF, delimiter]), at);
    if (first < 0) throw malformed('no boundary');
    at = first + 2;
  }
  for (;;) {
    at += delimiter.length;
    if (bytes[at] === 45 && bytes[at + 1] === 45) return form;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    if (bytes[at] !== 13 || bytes[at + 1] !== 10) throw malformed('a boundary is not followed by a line break');
    at += 2;
    const headers = readHeaders(bytes, at);
    at = headers.end;
    const end = find(bytes, concatenate([CRLF, delimiter]), at - 2);
    if (end < 0) throw malformed('a part does not end');
    const content = bytes.subarray(at, Math.max(end, at));
    if (headers.filename === undefined) form.append(headers.name, utf8Decode(content));
    else form.append(headers.name, new File([content], headers.filename, { type: headers.type ?? 'text/plain' }));
    at = end + 2;
  }
}

interface PartHeaders {
  name: string;
  filename?: string;
  type?: string;
  end: number;
}

function readHeaders(bytes: Uint8Array, from: number): PartHeaders {
  let at = from;
  let disposition: string | undefined;
  let type: string | undefined;
  for (;;) {
    const end = find(bytes, CRLF, at);
    if (end < 0) throw malformed('the headers of a part do not end');
    if (end === at) {
      at += 2;
      break;
    }
    const line = bytes.subarray(at, end);
    const colon = line.indexOf(58);
    if (colon < 1) throw malformed('a header without a colon');
    const name = bytesToLatin1(line.subarray(0, colon)).trim().toLowerCase();
    if (name === 'content-disposition') disposition ??= utf8Decode(line.subarray(colon + 1)).trim();
    if (name === 'content-type') type ??= bytesToLatin1(line.subarray(colon + 1)).trim();
    at = end + 2;
  }
  const parsed = disposition === undefined ? null : parseDisposition(disposition);
  if (parsed?.type !== 'form-data') throw malformed('a part is no form-data');
  const name = parsed.parameters.get('name');
  if (name === undefined) throw malformed('a part has no name');
  const filename = parsed.parameters.get('filename');
  return { name, end: at, ...(filename === undefined ? {} : { filename }), ...(type === undefined ? {} : { type }) };
}

function malformed(why: string): TypeError {
  return new TypeError(`Cannot parse the body as form data: ${why}`);
}

function startsWith(bytes: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}

function find(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0] ?? 0;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (startsWith(bytes, needle, at)) return at;
  return -1;
}
