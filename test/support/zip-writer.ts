import { crc32, deflateRawSync } from 'node:zlib';

/** Fields of a header, any of which a test may set to a lie. */
export interface ZipHeader {
  flags: number;
  method: number;
  crc32: number;
  compressedBytes: number;
  bytes: number;
  name: string | Uint8Array;
  extra: Uint8Array;
}

export interface ZipEntry {
  name: string | Uint8Array;
  /** Default: none, as a folder has. */
  data?: string | Uint8Array;
  /** 8 (default) deflates, anything else stores. */
  method?: number;
  /** What lies in the archive instead of the packed data. */
  packed?: Uint8Array;
  /**
   * Unix mode with its type, such as 0o120777 for a symbolic link. Default: 0o100644, or 0o040755 for a name that ends
   * in `/`.
   */
  mode?: number;
  dosAttributes?: number;
  /** Operating system in "version made by": 3 is Unix (default), 0 is DOS. */
  host?: number;
  comment?: string;
  /** Changes to the local header, and to the central one. */
  local?: Partial<ZipHeader>;
  central?: Partial<ZipHeader> & { localOffset?: number };
  /** Writes a data descriptor and zeroes in the local header, with bit 3 set. */
  descriptor?: 'signed' | 'bare';
  /** Bytes put in front of the local header that no header mentions. */
  gap?: Uint8Array;
  /** Only in the directory: the local header is another entry's (give `central.localOffset`). */
  centralOnly?: boolean;
}

export interface ZipOptions {
  prefix?: Uint8Array;
  suffix?: Uint8Array;
  comment?: string;
  /** Bytes between the directory and the end record. */
  beforeEnd?: Uint8Array;
  /** Bytes between the last entry and the directory. */
  beforeDirectory?: Uint8Array;
  /** What the end record says, instead of the truth. */
  end?: Partial<{
    disk: number;
    directoryDisk: number;
    entriesHere: number;
    entries: number;
    size: number;
    offset: number;
    commentLength: number;
  }>;
}

/** One extra field. */
export function extraField(id: number, data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

/** A ZIP of exactly these entries, true wherever the caller did not ask for a lie. */
export function writeZip(entries: readonly ZipEntry[], options: ZipOptions = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  const put = (part: Uint8Array): void => {
    parts.push(part);
    offset += part.length;
  };
  if (options.prefix) put(options.prefix);
  for (const entry of entries) {
    if (entry.gap) put(entry.gap);
    const { local, central, body } = headersOf(entry);
    const localOffset = entry.central?.localOffset ?? offset;
    directory.push(centralHeader(entry, { ...central, ...entry.central }, localOffset));
    if (entry.centralOnly === true) continue;
    put(localHeader({ ...local, ...entry.local }));
    put(body);
  }
  if (options.beforeDirectory) put(options.beforeDirectory);
  const start = offset;
  for (const part of directory) put(part);
  const size = offset - start;
  if (options.beforeEnd) put(options.beforeEnd);
  const comment = Buffer.from(options.comment ?? '');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.end?.disk ?? 0, 4);
  end.writeUInt16LE(options.end?.directoryDisk ?? 0, 6);
  end.writeUInt16LE(options.end?.entriesHere ?? options.end?.entries ?? entries.length, 8);
  end.writeUInt16LE(options.end?.entries ?? entries.length, 10);
  end.writeUInt32LE(options.end?.size ?? size, 12);
  end.writeUInt32LE(options.end?.offset ?? start, 16);
  end.writeUInt16LE(options.end?.commentLength ?? comment.length, 20);
  return Buffer.concat([...parts, end, comment, options.suffix ?? new Uint8Array()]);
}

function headersOf(entry: ZipEntry): { local: ZipHeader; central: ZipHeader; body: Uint8Array } {
  const data = Buffer.from(entry.data ?? '');
  const isFolder = typeof entry.name === 'string' && entry.name.endsWith('/');
  const method = entry.method ?? (isFolder ? 0 : 8);
  const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data);
  const flags =
    (entry.descriptor === undefined ? 0 : 0x0008) |
    (typeof entry.name === 'string' && /\P{ASCII}/u.test(entry.name) ? 0x0800 : 0);
  const central: ZipHeader = {
    flags,
    method,
    crc32: crc32(data),
    compressedBytes: packed.length,
    bytes: data.length,
    name: entry.name,
    extra: new Uint8Array(),
  };
  if (entry.descriptor === undefined) return { local: central, central, body: packed };
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(central.crc32, 4);
  descriptor.writeUInt32LE(central.compressedBytes, 8);
  descriptor.writeUInt32LE(central.bytes, 12);
  return {
    local: { ...central, crc32: 0, compressedBytes: 0, bytes: 0 },
    central,
    body: Buffer.concat([packed, entry.descriptor === 'signed' ? descriptor : descriptor.subarray(4)]),
  };
}

function localHeader(header: ZipHeader): Uint8Array {
  const name = Buffer.from(header.name);
  const out = Buffer.alloc(30);
  out.writeUInt32LE(0x04034b50, 0);
  out.writeUInt16LE(20, 4);
  writeCommon(out, 6, header, name.length);
  return Buffer.concat([out, name, header.extra]);
}

function centralHeader(entry: ZipEntry, header: ZipHeader, localOffset: number): Uint8Array {
  const name = Buffer.from(header.name);
  const comment = Buffer.from(entry.comment ?? '');
  const out = Buffer.alloc(46);
  const isFolder = name.at(-1) === 0x2f;
  out.writeUInt32LE(0x02014b50, 0);
  out.writeUInt8(20, 4);
  out.writeUInt8(entry.host ?? 3, 5);
  out.writeUInt16LE(20, 6);
  writeCommon(out, 8, header, name.length);
  out.writeUInt16LE(comment.length, 32);
  const mode = entry.mode ?? (isFolder ? 0o040755 : 0o100644);
  out.writeUInt32LE((((mode << 16) >>> 0) | (entry.dosAttributes ?? (isFolder ? 0x10 : 0))) >>> 0, 38);
  out.writeUInt32LE(localOffset, 42);
  return Buffer.concat([out, name, header.extra, comment]);
}

/** Flags to extra length: the fields that both headers have, in the same order. 1980-01-01 is the date. */
function writeCommon(out: Buffer, at: number, header: ZipHeader, nameLength: number): void {
  out.writeUInt16LE(header.flags, at);
  out.writeUInt16LE(header.method, at + 2);
  out.writeUInt16LE(0, at + 4);
  out.writeUInt16LE(0x21, at + 6);
  out.writeUInt32LE(header.crc32, at + 8);
  out.writeUInt32LE(header.compressedBytes, at + 12);
  out.writeUInt32LE(header.bytes, at + 16);
  out.writeUInt16LE(nameLength, at + 20);
  out.writeUInt16LE(header.extra.length, at + 22);
}
