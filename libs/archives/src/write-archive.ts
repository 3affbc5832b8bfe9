/** Writes a tenant into a stream, as fast as whoever reads it takes it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { tenantArchiveLimits } from '@annex/limits';
import type { PlatformTransaction } from '@annex/database';
import { archivedTables, type ArchivedTable } from './archived-tables.js';
import {
  ArchiveDigest,
  fileName,
  firstEntry,
  lastEntry,
  partName,
  type ArchiveCounts,
  type ArchiveEnd,
  type ArchiveHead,
} from './format.js';
import type { ArchiveKeys } from './passphrase.js';
import { readFiles, type WrittenFile } from './sql/files.js';
import { readRows } from './sql/tables.js';
import { tarEnd, tarHeader, tarPadding } from './tar/tar.js';

export interface WriteArchiveOptions {
  head: ArchiveHead;
  /** Left out: without secrets. */
  keys: ArchiveKeys | undefined;
  tenantUuid: string;
  /** The bytes of an object; `undefined`: they are gone, with the file that they were of. */
  readObject(file: WrittenFile): Promise<AsyncIterable<Buffer> | undefined>;
  /** Ends the writing. */
  signal: AbortSignal;
}

/** Writes everything, and answers what that was. The stream is not ended. */
export async function writeArchive(
  tx: PlatformTransaction,
  out: Writable,
  options: WriteArchiveOptions,
): Promise<ArchiveCounts> {
  const archive = new ArchiveWriter(out, options.signal);
  await archive.whole(firstEntry, Buffer.from(JSON.stringify(options.head)));
  const counts: ArchiveCounts = { tables: {}, files: { count: 0, bytes: 0, gone: 0 } };
  for (const table of archivedTables) {
    if (options.keys === undefined && table.bare === 'none') continue;
    counts.tables[table.name] = await writeTable(tx, archive, { table, ...options });
  }
  for await (const file of readFiles(tx, options.tenantUuid)) {
    const bytes = await options.readObject(file);
    if (bytes === undefined) {
      counts.files.gone += 1;
      continue;
    }
    const { object: _, size, ...row } = file;
    const names = fileName(counts.files.count);
    await archive.whole(names.row, Buffer.from(JSON.stringify(row)));
    await archive.entry(names.bytes, size, bytes);
    counts.files.count += 1;
    counts.files.bytes += size;
  }
  const sha256 = archive.digest.of(counts);
  const end: ArchiveEnd = { ...counts, sha256, mac: options.keys?.mac(sha256) ?? null };
  await archive.whole(lastEntry, Buffer.from(JSON.stringify(end)));
  await archive.send(tarEnd());
  return counts;
}

async function writeTable(
  tx: PlatformTransaction,
  archive: ArchiveWriter,
  { table, tenantUuid, keys }: { table: ArchivedTable } & Pick<WriteArchiveOptions, 'tenantUuid' | 'keys'>,
): Promise<ArchiveCounts['tables'][string]> {
  const hash = createHash('sha256');
  let lines: Buffer[] = [];
  const state = { rows: 0, parts: 0, bytes: 0 };
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const part = Buffer.concat(lines);
    [lines, state.bytes] = [[], 0];
    hash.update(part);
    await archive.whole(partName(table.name, state.parts), part);
    state.parts += 1;
  };
  for await (const text of readRows(tx, table, { tenantUuid, isBare: keys === undefined })) {
    const line = Buffer.from(`${text}\n`);
    if (state.bytes + line.length > tenantArchiveLimits.partBytes) await flush();
    lines.push(line);
    state.bytes += line.length;
    state.rows += 1;
  }
  await flush();
  return { rows: state.rows, sha256: hash.digest('hex') };
}

/** Entries into a stream that may be slow. */
class ArchiveWriter {
  readonly digest = new ArchiveDigest();

  constructor(
    private readonly out: Writable,
    private readonly signal: AbortSignal,
  ) {}

  whole(name: string, bytes: Buffer): Promise<void> {
    return this.entry(name, bytes.length, [bytes]);
  }

  /** Throws when there are more or fewer bytes than was said. */
  async entry(name: string, size: number, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    await this.send(tarHeader(name, size));
    const isCounted = name !== lastEntry;
    if (isCounted) this.digest.entry(name, size);
    let sent = 0;
    for await (const chunk of chunks) {
      sent += chunk.length;
      if (sent > size) break;
      if (isCounted) this.digest.bytes(chunk);
      await this.send(chunk);
    }
    if (sent !== size) throw new Error(`${name} has other bytes than the ${size} that it should have`);
    await this.send(tarPadding(size));
  }

  async send(bytes: Buffer): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.out.write(bytes)) await once(this.out, 'drain', { signal: this.signal });
  }
}
