/**
 * Reads a ZIP that has one meaning only. Order matters: the directory, then names and types, then that the entries fill
 * the file without gap or overlap, then sizes as announced, and only then anything is inflated, each file no further
 * than it announced.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw, inflateRawSync, type InputType, type ZlibOptions } from 'node:zlib';
import { KiB, MiB, quote, type InputFault } from '@annex/kernel';
import { archiveLimits } from '@annex/limits';
import { readCentralDirectory, type CentralEntry } from './central-directory.js';
import { entryNameProblem, NameCollisions } from './entry-names.js';
import { readExtraFields } from './extra-fields.js';
import { type PackageLimits } from './limits.js';
import { ZipFaults } from './zip-fault.js';

export type ZipReading = { ok: true; files: Map<string, Uint8Array> } | { ok: false; errors: InputFault[] };

/** An entry whose data is found: `data` is what the archive holds, still deflated when `method` is 8. */
interface LocatedEntry extends CentralEntry {
  data: Uint8Array;
}

const localSize = 30;
const localSignature = 0x04034b50;
const descriptorSignature = 0x08074b50;

const flagEncrypted = 0x0001;
const flagDescriptor = 0x0008;
/** Enhanced deflate, patches, strong encryption, masked headers, and the bits that no one defined. */
const refusedFlags = 0xf7f0;

/**
 * Every regular file of an archive by its path (NFC); `errors` hold all faults that could be found, each naming its
 * entry and rule.
 */
export async function readZip(bytes: Uint8Array, limits: PackageLimits = archiveLimits): Promise<ZipReading> {
  const faults = new ZipFaults();
  const refuse = (): ZipReading => ({ ok: false, errors: faults.list() });
  if (bytes.length > limits.maxPackedBytes) {
    faults.add(
      'ZIP_TOO_LARGE',
      `is ${bytes.length} bytes; a package has at most ${limits.maxPackedBytes}. Leave out what the entry does not ` +
        'need.',
    );
    return refuse();
  }
  const directory = readCentralDirectory(bytes, limits.maxEntries, faults);
  if (directory === undefined) return refuse();
  const collisions = new NameCollisions();
  for (const entry of directory.entries) checkEntry(entry, collisions, faults);
  checkSizes(directory.entries, limits, faults);
  if (faults.any) return refuse();
  const located = locateData(bytes, directory.entries, directory.offset, faults);
  if (faults.any) return refuse();
  const files = await inflateAll(located, limits, faults);
  return faults.any ? refuse() : { ok: true, files };
}

/** Whether a file came with a package that the plugin uses, and is not the author's own. */
export function isInstalled(path: string): boolean {
  return /(^|\/)node_modules\//.test(path);
}

/** What a Mac puts into an archive beside the files. */
export function isArchiverLitter(path: string): boolean {
  return path.startsWith('__MACOSX/') || path === '.DS_Store' || path.endsWith('/.DS_Store');
}

function isFolder(entry: CentralEntry): boolean {
  return entry.name.endsWith('/');
}

function checkEntry(entry: CentralEntry, collisions: NameCollisions, faults: ZipFaults): void {
  const problem = entryNameProblem(entry.name);
  if (problem !== undefined) faults.add('ZIP_NAME', problem, entry.name);
  else collisions.add(isFolder(entry) ? entry.name.slice(0, -1) : entry.name, isFolder(entry), faults);
  if ((entry.flags & flagEncrypted) !== 0)
    faults.add('ZIP_ENCRYPTED', 'is encrypted; pack without a password.', entry.name);
  else if ((entry.flags & refusedFlags) !== 0)
    faults.add('ZIP_FORMAT', `uses ZIP flags 0x${entry.flags.toString(16)} that are not supported.`, entry.name);
  if (entry.method !== 0 && entry.method !== 8)
    faults.add('ZIP_METHOD', `is compressed with method ${entry.method}; use deflate or none.`, entry.name);
  const type = typeProblem(entry);
  if (type !== undefined) faults.add('ZIP_FILE_TYPE', type, entry.name);
}

const unixTypes: Record<number, string> = {
  0o120000: 'a symbolic link',
  0o060000: 'a block device',
  0o020000: 'a character device',
  0o010000: 'a pipe',
  0o140000: 'a socket',
};

/**
 * Only files and folders. The type in the Unix mode counts whatever system the writer claims; setuid bits mean nothing
 * here.
 */
function typeProblem(entry: CentralEntry): string | undefined {
  const type = entry.mode & 0o170000;
  const folder = isFolder(entry);
  if (type !== 0 && type !== 0o100000 && type !== 0o040000)
    return `is ${unixTypes[type] ?? 'neither a file nor a folder'}; only files and folders are allowed.`;
  if ((entry.dosAttributes & 0x08) !== 0) return 'is a volume label; only files and folders are allowed.';
  if ((type === 0o040000) !== folder && type !== 0) return 'is a folder by its mode or its name, but not by both.';
  if (folder && entry.bytes !== 0) return 'is a folder with data in it.';
  return undefined;
}

/** Sizes as announced; they bind, because inflating stops at them. */
function checkSizes(entries: readonly CentralEntry[], limits: PackageLimits, faults: ZipFaults): void {
  const files = entries.filter(
    (entry) => !isFolder(entry) && !isArchiverLitter(entry.name) && !isInstalled(entry.name),
  ).length;
  if (files > limits.maxFiles)
    faults.add(
      'ZIP_TOO_MANY_FILES',
      `holds ${files} files outside of node_modules; a package has at most ${limits.maxFiles}.`,
    );
  let bytes = 0;
  let compressed = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    compressed += entry.compressedBytes;
    if (isRatioBroken(entry.bytes, entry.compressedBytes, limits)) {
      faults.add(
        'ZIP_RATIO',
        `grows from ${entry.compressedBytes} to ${entry.bytes} bytes; past ${limits.ratioFreeBytes} bytes at most ` +
          `${limits.maxRatio} times are allowed.`,
        entry.name,
      );
    }
  }
  if (bytes > limits.maxUnpackedBytes)
    faults.add('ZIP_TOO_LARGE', `holds ${bytes} bytes unpacked; a package has at most ${limits.maxUnpackedBytes}.`);
  else if (isRatioBroken(bytes, compressed, limits)) {
    faults.add(
      'ZIP_RATIO',
      `grows from ${compressed} to ${bytes} bytes; past ${limits.ratioFreeBytes} bytes at most ${limits.maxRatio} ` +
        'times are allowed.',
    );
  }
}

function isRatioBroken(bytes: number, compressed: number, limits: PackageLimits): boolean {
  return bytes > limits.ratioFreeBytes && bytes > compressed * limits.maxRatio;
}

/**
 * Finds each entry's data, and that headers, data and descriptors fill the file from its start to the directory, once.
 */
function locateData(
  bytes: Uint8Array,
  entries: readonly CentralEntry[],
  directoryOffset: number,
  faults: ZipFaults,
): LocatedEntry[] {
  const located: LocatedEntry[] = [];
  const ordered = [...entries].sort((a, b) => a.localOffset - b.localOffset);
  for (const entry of ordered) {
    if (entry.localOffset + localSize > directoryOffset)
      faults.add('ZIP_HEADERS_DISAGREE', 'the directory says that it lies where no entry can be.', entry.name);
  }
  const first = ordered[0]?.localOffset ?? directoryOffset;
  if (first > 0 && !faults.any)
    faults.add('ZIP_STRAY_DATA', `${first} bytes before its first entry belong to nothing; pack the files again.`);
  ordered.forEach((entry, index) => {
    if (faults.any) return;
    const next = ordered[index + 1];
    const data = readLocal(bytes, entry, { offset: next?.localOffset ?? directoryOffset, name: next?.name }, faults);
    if (data !== undefined) located.push({ ...entry, data });
  });
  return located;
}

/**
 * The entry's data. `next`: where the next entry, or the directory, begins; data and descriptor must end exactly there.
 */
function readLocal(
  bytes: Uint8Array,
  entry: CentralEntry,
  next: { offset: number; name: string | undefined },
  faults: ZipFaults,
): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = entry.localOffset;
  const disagree = (what: string): undefined => {
    faults.add(
      'ZIP_HEADERS_DISAGREE',
      `its local header and the directory disagree about ${what}; pack the files again.`,
      entry.name,
    );
    return undefined;
  };
  if (view.getUint32(at, true) !== localSignature) return disagree('where the entry is');
  const nameLength = view.getUint16(at + 26, true);
  const extraLength = view.getUint16(at + 28, true);
  const start = at + localSize + nameLength + extraLength;
  const end = start + entry.compressedBytes;
  if (end > next.offset) {
    faults.add(
      'ZIP_OVERLAP',
      `shares bytes of the archive with ${next.name === undefined ? 'the directory' : quote(next.name)}.`,
      entry.name,
    );
    return undefined;
  }
  if (Buffer.compare(bytes.subarray(at + localSize, at + localSize + nameLength), entry.nameBytes) !== 0)
    return disagree('its name');
  // Bit 11 only says that the name is UTF-8, and names are read as UTF-8 in any case.
  if ((view.getUint16(at + 6, true) & ~0x0800) !== (entry.flags & ~0x0800)) return disagree('its flags');
  if (view.getUint16(at + 8, true) !== entry.method) return disagree('how it is compressed');
  readExtraFields(bytes.subarray(start - extraLength, start), entry, faults);
  const announced = [view.getUint32(at + 14, true), view.getUint32(at + 18, true), view.getUint32(at + 22, true)];
  const actual = [entry.crc32, entry.compressedBytes, entry.bytes];
  const isDescribed = (entry.flags & flagDescriptor) !== 0;
  // With a descriptor behind the data, the fields in front of it are zero, or right.
  if (!announced.every((value, index) => value === actual[index] || (isDescribed && value === 0)))
    return disagree('its sizes or checksum');
  if (isDescribed && !isDescriptor(view, end, next.offset, actual))
    return disagree('its sizes or checksum (data descriptor)');
  if (!isDescribed && end !== next.offset) {
    faults.add(
      'ZIP_STRAY_DATA',
      `${next.offset - end} bytes after its data belong to nothing; pack the files again.`,
      entry.name,
    );
    return undefined;
  }
  return bytes.subarray(start, end);
}

/** Checksum and sizes once more, with or without a signature in front (APPNOTE §4.3.9). */
function isDescriptor(view: DataView, from: number, to: number, actual: readonly number[]): boolean {
  const length = to - from;
  if (length !== 12 && length !== 16) return false;
  if (length === 16 && view.getUint32(from, true) !== descriptorSignature) return false;
  return actual.every((value, index) => view.getUint32(to - 12 + index * 4, true) === value);
}

const inflate = promisify(
  (
    data: InputType,
    options: ZlibOptions,
    done: (error: Error | null, result?: { buffer: Buffer; engine: { bytesWritten: number } }) => void,
  ) => inflateRaw(data, { ...options, info: true }, done as unknown as (error: Error | null, result: Buffer) => void),
);

/** Most bytes that are inflated without another thread, whose work costs more than a small file's own. */
const maxInflatedHere = 64 * KiB;

function inflateHere(data: Uint8Array, options: ZlibOptions): { buffer: Buffer; engine: { bytesWritten: number } } {
  return inflateRawSync(data, { ...options, info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
}

async function inflateAll(
  entries: readonly LocatedEntry[],
  limits: PackageLimits,
  faults: ZipFaults,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let left = limits.maxUnpackedBytes;
  for (const entry of entries) {
    const content = entry.method === 0 ? storedContent(entry, faults) : await inflateEntry(entry, left, faults);
    if (content === undefined) continue;
    left -= content.length;
    if (crc32(content) !== entry.crc32)
      faults.add('ZIP_DATA', 'its content does not fit its checksum; the archive is damaged.', entry.name);
    else if (!isFolder(entry)) files.set(entry.name.normalize('NFC'), content);
  }
  return files;
}

function storedContent(entry: LocatedEntry, faults: ZipFaults): Uint8Array | undefined {
  if (entry.compressedBytes === entry.bytes) return entry.data;
  faults.add(
    'ZIP_HEADERS_DISAGREE',
    `is stored as it is, but announces ${entry.compressedBytes} bytes here and ${entry.bytes} there.`,
    entry.name,
  );
  return undefined;
}

async function inflateEntry(entry: LocatedEntry, left: number, faults: ZipFaults): Promise<Uint8Array | undefined> {
  try {
    const options = {
      maxOutputLength: Math.max(1, Math.min(entry.bytes, left)),
      chunkSize: Math.min(Math.max(entry.bytes, 64), MiB),
    };
    const result =
      entry.bytes > maxInflatedHere ? await inflate(entry.data, options) : inflateHere(entry.data, options);
    if (result === undefined) return undefined;
    const { buffer, engine } = result;
    if (buffer.length !== entry.bytes) {
      faults.add(
        'ZIP_HEADERS_DISAGREE',
        `announces ${entry.bytes} bytes, but inflates to ${buffer.length}.`,
        entry.name,
      );
      return undefined;
    }
    if (engine.bytesWritten !== entry.data.length) {
      faults.add(
        'ZIP_STRAY_DATA',
        `${entry.data.length - engine.bytesWritten} bytes follow its compressed data.`,
        entry.name,
      );
      return undefined;
    }
    return buffer;
  } catch (thrown) {
    const isTooLarge = thrown instanceof RangeError;
    faults.add(
      isTooLarge ? 'ZIP_HEADERS_DISAGREE' : 'ZIP_DATA',
      isTooLarge ? `inflates to more than the ${entry.bytes} bytes it announces.` : 'its compressed data is damaged.',
      entry.name,
    );
    return undefined;
  }
}
