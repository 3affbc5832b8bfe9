/**
 * How the kept interpreter is written down: of its memory only the pages that hold something.
 * `u32 magic · u32 bytes of JSON · u32 bytes of memory · u32 pages · JSON · page numbers · pages`, little-endian, each
 * part at a multiple of 16 bytes.
 */
const magic = 0x31_70_79_61;
const pageBytes = 4096;

export interface ReadSnapshot {
  memoryBytes: number;
  /** Fills a memory of at least so many bytes, and answers what Pyodide notes about JavaScript's side. */
  restore(heap: Uint8Array): unknown;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** Writes down a memory and what goes with it (JSON). */
export function writeSnapshot(json: Uint8Array, heap: Uint8Array): Uint8Array {
  const words = new Uint32Array(heap.buffer, heap.byteOffset, heap.length / 4);
  const kept: number[] = [];
  const wordsOfPage = pageBytes / 4;
  for (let page = 0; page < heap.length / pageBytes; page += 1) {
    const end = (page + 1) * wordsOfPage;
    for (let at = page * wordsOfPage; at < end; at += 1) {
      if (words[at] === 0) continue;
      kept.push(page);
      break;
    }
  }
  const jsonAt = 16;
  const listAt = jsonAt + aligned(json.length);
  const pagesAt = listAt + aligned(kept.length * 4);
  const written = new Uint8Array(pagesAt + kept.length * pageBytes);
  new Uint32Array(written.buffer, 0, 4).set([magic, json.length, heap.length, kept.length]);
  written.set(json, jsonAt);
  new Uint32Array(written.buffer, listAt, kept.length).set(kept);
  kept.forEach((page, index) =>
    written.set(heap.subarray(page * pageBytes, (page + 1) * pageBytes), pagesAt + index * pageBytes),
  );
  return written;
}

/** Throws for what {@link writeSnapshot} did not write. `decode`: UTF-8. */
export function readSnapshot(written: Uint8Array, decode: (bytes: Uint8Array) => string): ReadSnapshot {
  const [found, jsonBytes = 0, memoryBytes = 0, count = 0] = new Uint32Array(written.buffer, written.byteOffset, 4);
  if (found !== magic) throw new Error('this is no snapshot of the interpreter');
  const jsonAt = 16;
  const listAt = jsonAt + aligned(jsonBytes);
  const pagesAt = listAt + aligned(count * 4);
  return {
    memoryBytes,
    restore(heap) {
      const list = new Uint32Array(written.buffer, written.byteOffset + listAt, count);
      for (let index = 0; index < count;) {
        const first = list[index] ?? 0;
        const from = index;
        // Neighbours are copied together.
        do index += 1;
        while (index < count && list[index] === first + index - from);
        heap.set(written.subarray(pagesAt + from * pageBytes, pagesAt + index * pageBytes), first * pageBytes);
      }
      return JSON.parse(decode(written.slice(jsonAt, jsonAt + jsonBytes))) as unknown;
    },
  };
}
