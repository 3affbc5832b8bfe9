/**
 * Reads the list of entries at the end of a ZIP (APPNOTE 6.3.10 §4.3.12, §4.3.16), and nothing else. A ZIP can be read
 * in two ways, from its end or from its start, and archives that differ between the two get past every check of the
 * first reader. So the strange forms are refused here, before anything is inflated: what remains has one meaning.
 */
import { readExtraFields } from './extra-fields.js';
import type { ZipFaults } from './zip-fault.js';

/** One entry as the central directory tells it. */
export interface CentralEntry {
  /** The name as decoded text, not yet judged. */
  name: string;
  nameBytes: Uint8Array;
  flags: number;
  method: number;
  crc32: number;
  compressedBytes: number;
  bytes: number;
  localOffset: number;
  /** Unix mode as found in the upper half of the external attributes; 0 when the writer gave none. */
  mode: number;
  dosAttributes: number;
}

export interface Directory {
  entries: CentralEntry[];
  /** Where the central directory begins, which is where the last entry's data must end. */
  offset: number;
}

const endSize = 22;
const endSignature = 0x06054b50;
const centralSize = 46;
const centralSignature = 0x02014b50;
const zip64LocatorSignature = 0x07064b50;

/**
 * The length of an archive comment that is a commit's id and nothing else: what `git archive`, and so every "Download
 * ZIP" of a repository, writes there (git-archive(1)). 40 digits cannot hide an archive; any other comment is refused.
 * 0 when there is none of the kind.
 */
function commitIdLength(bytes: Uint8Array, view: DataView): number {
  for (const length of [40, 64]) {
    const end = bytes.length - endSize - length;
    if (end < 0 || view.getUint32(end, true) !== endSignature || view.getUint16(end + 20, true) !== length) continue;
    if (bytes.subarray(end + endSize).every((byte) => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)))
      return length;
  }
  return 0;
}

/** The directory, or `undefined` when faults were added. */
export function readCentralDirectory(bytes: Uint8Array, maxEntries: number, faults: ZipFaults): Directory | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const comment = commitIdLength(bytes, view);
  const end = bytes.length - endSize - comment;
  if (end < 0 || view.getUint32(end, true) !== endSignature) {
    explainMissingEnd(view, faults);
    return undefined;
  }
  const size = view.getUint32(end + 12, true);
  const offset = view.getUint32(end + 16, true);
  const count = view.getUint16(end + 10, true);
  if (view.getUint16(end + 20, true) !== comment) {
    faults.add('ZIP_STRAY_DATA', 'the end record announces a comment that is not there; pack the files again.');
    return undefined;
  }
  const hasLocator = end >= 20 && view.getUint32(end - 20, true) === zip64LocatorSignature;
  if (hasLocator || count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
    faults.add(
      'ZIP_ZIP64',
      'is in the ZIP64 format, which is for archives over 4 GiB; pack the files again with a plain zip.',
    );
    return undefined;
  }
  if (
    view.getUint16(end + 4, true) !== 0 ||
    view.getUint16(end + 6, true) !== 0 ||
    view.getUint16(end + 8, true) !== count
  ) {
    faults.add('ZIP_FORMAT', 'is one part of an archive split over several files; send it as one file.');
    return undefined;
  }
  if (offset + size !== end) {
    const detail =
      offset + size < end
        ? 'data lies before the archive or between its directory and its end'
        : 'its directory does not fit into the file';
    faults.add('ZIP_STRAY_DATA', `${detail}; pack the files again.`);
    return undefined;
  }
  if (count > maxEntries || count * centralSize > size) {
    if (count > maxEntries)
      faults.add('ZIP_TOO_MANY_FILES', `holds ${count} entries, folders included; at most ${maxEntries} are read.`);
    else faults.add('ZIP_FORMAT', `announces ${count} entries, which its directory of ${size} bytes cannot hold.`);
    return undefined;
  }
  const entries = readEntries(bytes, { offset, end, count }, faults);
  return faults.any ? undefined : { entries, offset };
}

function readEntries(
  bytes: Uint8Array,
  { offset, end, count }: { offset: number; end: number; count: number },
  faults: ZipFaults,
): CentralEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: CentralEntry[] = [];
  let at = offset;
  while (at < end) {
    if (at + centralSize > end || view.getUint32(at, true) !== centralSignature) {
      faults.add('ZIP_FORMAT', `its directory is broken after ${entries.length} entries.`);
      return entries;
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const next = at + centralSize + nameLength + extraLength + commentLength;
    if (next > end || entries.length >= count) {
      faults.add(
        'ZIP_FORMAT',
        next > end
          ? `its directory ends inside entry ${entries.length + 1}.`
          : `its directory holds more than the ${count} entries it announces.`,
      );
      return entries;
    }
    const nameBytes = bytes.subarray(at + centralSize, at + centralSize + nameLength);
    const extra = bytes.subarray(at + centralSize + nameLength, at + centralSize + nameLength + extraLength);
    const flags = view.getUint16(at + 8, true);
    const name = decodeName(nameBytes, faults);
    if (name !== undefined) {
      if (commentLength > 0)
        faults.add('ZIP_COMMENT', 'carries a comment, where data can hide; pack without comments.', name);
      if (view.getUint16(at + 34, true) !== 0)
        faults.add('ZIP_FORMAT', 'lies in another part of a split archive; send one file.', name);
      readExtraFields(extra, { name, nameBytes }, faults);
      const external = view.getUint32(at + 38, true);
      entries.push({
        name,
        nameBytes,
        flags,
        method: view.getUint16(at + 10, true),
        crc32: view.getUint32(at + 16, true),
        compressedBytes: view.getUint32(at + 20, true),
        bytes: view.getUint32(at + 24, true),
        localOffset: view.getUint32(at + 42, true),
        mode: external >>> 16,
        dosAttributes: external & 0xff,
      });
    } else if (faults.any && entries.length + 1 > count) return entries;
    at = next;
  }
  if (entries.length !== count && !faults.any)
    faults.add('ZIP_FORMAT', `announces ${count} entries, but its directory holds ${entries.length}.`);
  return entries;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Names are UTF-8 with or without the flag that says so (the archiver of macOS leaves it out); other code pages are
 * guesses, so refused.
 */
function decodeName(nameBytes: Uint8Array, faults: ZipFaults): string | undefined {
  try {
    return utf8.decode(nameBytes);
  } catch {
    faults.add(
      'ZIP_NAME',
      'is not UTF-8; rename the file, or pack with a tool that writes UTF-8 names.',
      Buffer.from(nameBytes.subarray(0, 200)).toString('latin1'),
    );
    return undefined;
  }
}

function explainMissingEnd(view: DataView, faults: ZipFaults): void {
  const lowest = Math.max(0, view.byteLength - endSize - 0xffff);
  for (let at = view.byteLength - endSize; at >= lowest; at -= 1) {
    if (view.getUint32(at, true) !== endSignature) continue;
    const comment = view.getUint16(at + 20, true);
    if (comment > 0 && at + endSize + comment === view.byteLength)
      faults.add('ZIP_COMMENT', 'carries an archive comment, where data can hide; pack without it.');
    else
      faults.add(
        'ZIP_STRAY_DATA',
        `${view.byteLength - at - endSize} bytes follow the end of the archive; pack the files again.`,
      );
    return;
  }
  const isStart = view.byteLength >= 4 && view.getUint32(0, true) === 0x04034b50;
  faults.add(
    'ZIP_FORMAT',
    view.byteLength === 0
      ? 'is empty; send the bytes of a ZIP.'
      : isStart
        ? 'is a ZIP that was cut off before its end; send it again.'
        : 'is not a ZIP; pack the folder that holds plugin.json.',
  );
}
