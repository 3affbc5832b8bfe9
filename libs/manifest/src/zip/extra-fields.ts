import { crc32 } from 'node:zlib';
import type { ZipFaults } from './zip-fault.js';

/**
 * Extra fields (APPNOTE 6.3.10 §4.5) that change what an entry is. Times, owners and padding are harmless and not
 * looked at.
 */
const zip64Field = 0x0001;
const unicodePathField = 0x7075;
const refusedFields = new Map<number, string>([
  [0x0017, 'strong encryption'],
  [0x9901, 'AES encryption'],
  [0x756e, 'a Unix record that can hold a link'],
]);

/**
 * Adds faults for extra fields that a reader could take another entry from. Used on the central and the local header.
 */
export function readExtraFields(
  extra: Uint8Array,
  { name, nameBytes }: { name: string; nameBytes: Uint8Array },
  faults: ZipFaults,
): void {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  let at = 0;
  while (at < extra.length) {
    if (at + 4 > extra.length || at + 4 + view.getUint16(at + 2, true) > extra.length) {
      // Aligning tools pad with up to three zero bytes.
      if (extra.length - at < 4 && extra.subarray(at).every((byte) => byte === 0)) return;
      faults.add('ZIP_FORMAT', 'has broken extra fields; pack the files again.', name);
      return;
    }
    const id = view.getUint16(at, true);
    const data = extra.subarray(at + 4, at + 4 + view.getUint16(at + 2, true));
    const refused = refusedFields.get(id);
    if (id === zip64Field)
      faults.add('ZIP_ZIP64', 'is in the ZIP64 format; pack the files again with a plain zip.', name);
    else if (refused !== undefined)
      faults.add(
        refused.includes('encryption') ? 'ZIP_ENCRYPTED' : 'ZIP_FILE_TYPE',
        `carries ${refused}; pack plain files.`,
        name,
      );
    else if (id === unicodePathField && !agreesWithName(data, nameBytes)) {
      faults.add(
        'ZIP_HEADERS_DISAGREE',
        'a Unicode path field gives the entry a second name; pack the files again.',
        name,
      );
    }
    at += 4 + data.length;
  }
}

/** Version 1, CRC-32 of the header's name, then the UTF-8 name (APPNOTE §4.6.9). */
function agreesWithName(data: Uint8Array, nameBytes: Uint8Array): boolean {
  if (data.length < 5 || data[0] !== 1) return false;
  const checksum = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(1, true);
  return checksum === crc32(nameBytes) && Buffer.compare(data.subarray(5), nameBytes) === 0;
}
