/** What is packed small must not unpack to any size. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';

/** What one batch of records may unpack to, in bytes. */
const maxBatchBytes = 64 * 1024 * 1024;

const bits = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

interface Unpacking {
  decompressSync(data: Buffer): Buffer;
}

let isBound = false;

/**
 * The library unpacks without an end. Its table is replaced where zlib takes a limit; what snappy and lz4 unpack is
 * bounded by how much they can pack, so their input is.
 */
export function boundDecompression(): void {
  if (isBound) return;
  isBound = true;
  const table = compressionsAlgorithmsByBitmask as unknown as Record<number, Unpacking>;
  const bytesOf = (data: Buffer | { buffer: Buffer }): Buffer => (Buffer.isBuffer(data) ? data : data.buffer);
  const options = { maxOutputLength: maxBatchBytes };
  table[bits.gzip] = { decompressSync: (data) => gunzipSync(bytesOf(data), options) };
  table[bits.zstd] = { decompressSync: (data) => zstdDecompressSync(bytesOf(data), options) };
  for (const bit of [bits.snappy, bits.lz4]) {
    const inner = table[bit];
    if (!inner) continue;
    table[bit] = {
      decompressSync(data) {
        const packed = bytesOf(data);
        if (packed.length > maxPackedBytes)
          throw new Error(`A batch of ${packed.length} packed bytes; at most ${maxPackedBytes} are unpacked.`);
        return inner.decompressSync(packed);
      },
    };
  }
}

/** Of snappy and lz4, which pack 255 bytes into one at best. */
const maxPackedBytes = 2 * 1024 * 1024;
