/**
 * Reads an archive from a file, twice: once to see that it is whole and nobody changed it, once to take what it holds.
 */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { KiB, MiB } from '@annex/kernel';
import { tenantArchiveLimits } from '@annex/limits';
import { archivedTables } from './archived-tables.js';
import { archiveErrors, invalidArchive } from './errors.js';
import {
  archiveEnd,
  ArchiveDigest,
  archiveHead,
  fileName,
  firstEntry,
  formatVersion,
  lastEntry,
  partName,
  readShape,
  tableOf,
  wholeBody,
  type ArchiveCounts,
  type ArchiveHead,
} from './format.js';
import { ArchiveKeys } from './passphrase.js';
import { readTar, type TarEntry } from './tar/tar.js';

/** What an archive is, once all of it was seen. */
export interface CheckedArchive {
  head: ArchiveHead;
  counts: ArchiveCounts;
  /** `undefined`: its secrets were left out. */
  keys: ArchiveKeys | undefined;
}

/** Where an archive lies while it is read. */
export type SpooledArchive = Pick<FileHandle, 'read'>;

/** Its entries, unpacked within the limits. Throws `ARCHIVE_INVALID`, `ARCHIVE_TOO_LARGE`. */
export async function* entriesOf(file: SpooledArchive): AsyncGenerator<TarEntry> {
  let packedBytes = 0;
  async function* packed(): AsyncGenerator<Buffer> {
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, packedBytes);
      if (bytesRead === 0) return;
      packedBytes += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
  const gunzip = createGunzip();
  pipeline(Readable.from(packed()), gunzip, () => undefined);
  try {
    yield* readTar(bounded(gunzip, () => packedBytes));
  } finally {
    gunzip.destroy();
  }
}

/** Bytes that are read from the file at once. */
const readBytes = 64 * KiB;

async function* bounded(unpacked: Readable, packedBytes: () => number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > tenantArchiveLimits.unpackedBytes || bytes > MiB + packedBytes() * tenantArchiveLimits.ratio)
        throw archiveErrors.error(
          'ARCHIVE_TOO_LARGE',
          `The archive unpacks to more than ${tenantArchiveLimits.unpackedBytes} bytes, or to more than ` +
            `${tenantArchiveLimits.ratio} times its size. Annex writes none like that. Nothing was kept.`,
        );
      yield chunk;
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && /^(Z_|ERR_STREAM_PREMATURE)/.test(String(thrown.code)))
      throw invalidArchive('The file is no gzip, or not all of it.', thrown);
    throw thrown;
  }
}

/**
 * Sees that an archive is whole, in order, and what it says of itself. Throws `ARCHIVE_INVALID`, `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_VERSION`, `ARCHIVE_PASSPHRASE`.
 */
export async function checkArchive(
  file: SpooledArchive,
  { passphrase, schema }: { passphrase: string | undefined; schema: string },
): Promise<CheckedArchive> {
  const check = new Check();
  let opened: { head: ArchiveHead; keys: ArchiveKeys | undefined } | undefined;
  let counts: ArchiveCounts | undefined;
  for await (const entry of entriesOf(file)) {
    // The last entry vouches for those before it; what follows would be taken unseen.
    if (counts !== undefined) throw invalidArchive(`${entry.name} follows ${lastEntry}.`);
    if (opened === undefined) {
      if (entry.name !== firstEntry) throw invalidArchive(`The file does not begin with ${firstEntry}.`);
      const text = await wholeBody(entry);
      check.small(entry.name, text);
      const head = readHead(text, schema);
      opened = { head, keys: await openKeys(head, passphrase) };
    } else if (entry.name === lastEntry) counts = check.end(await wholeBody(entry), opened.keys);
    else await check.entry(entry);
  }
  if (opened !== undefined && counts !== undefined) return { ...opened, counts };
  throw invalidArchive(`The file has no ${lastEntry}: its export broke off.`);
}

function readHead(text: Buffer, schema: string): ArchiveHead {
  const head = readShape(archiveHead, text, firstEntry);
  if (head.format_version !== formatVersion || head.schema !== schema)
    throw archiveErrors.error(
      'ARCHIVE_VERSION',
      `The archive was written by Annex ${head.annex} (format ${head.format_version}, schema ${head.schema}); here ` +
        `are format ${formatVersion} and schema ${schema}. Bring both servers to one release, then export anew.`,
    );
  return head;
}

async function openKeys({ secrets }: ArchiveHead, passphrase: string | undefined): Promise<ArchiveKeys | undefined> {
  if ((secrets === null) !== (passphrase === undefined))
    throw archiveErrors.error(
      'ARCHIVE_PASSPHRASE',
      secrets === null
        ? 'The archive was written without a passphrase, so it is not the one that you mean, or import it without one.'
        : 'The archive was written with a passphrase. Send it as X-Archive-Passphrase.',
    );
  return secrets === null || passphrase === undefined ? undefined : ArchiveKeys.of(passphrase, secrets.salt);
}

/** What has been seen so far, and what may follow. */
class Check {
  readonly #digest = new ArchiveDigest();
  readonly #tables = new Map<string, { hash: Hash; parts: number }>();
  #table = -1;
  #files = 0;
  #fileBytes = 0;
  #rowSeen = false;

  small(name: string, text: Buffer): void {
    this.#digest.entry(name, text.length);
    this.#digest.bytes(text);
  }

  async entry({ name, size, body }: TarEntry): Promise<void> {
    const hash = this.#expect(name, size);
    this.#digest.entry(name, size);
    for await (const chunk of body) {
      this.#digest.bytes(chunk);
      hash?.update(chunk);
    }
  }

  /** Whether this may come now. Answers what digests the rows of a part. */
  #expect(name: string, size: number): Hash | undefined {
    const found = tableOf(name);
    if (found && found.place >= this.#table && this.#files === 0 && !this.#rowSeen) {
      this.#table = found.place;
      const seen = this.#tables.get(found.table.name) ?? { hash: createHash('sha256'), parts: 0 };
      if (name !== partName(found.table.name, seen.parts)) throw invalidArchive(`${name} is not the next part.`);
      if (size > tenantArchiveLimits.readPartBytes) throw invalidArchive(`${name} has ${size} bytes.`);
      this.#tables.set(found.table.name, { hash: seen.hash, parts: seen.parts + 1 });
      return seen.hash;
    }
    const names = fileName(this.#files);
    if (name === names.row && !this.#rowSeen && size <= tenantArchiveLimits.descriptionBytes) {
      this.#rowSeen = true;
      return undefined;
    }
    if (name !== names.bytes || !this.#rowSeen) throw invalidArchive(`${name} does not belong there.`);
    this.#rowSeen = false;
    this.#files += 1;
    this.#fileBytes += size;
    return undefined;
  }

  end(text: Buffer, keys: ArchiveKeys | undefined): ArchiveCounts {
    const { sha256, mac, ...counts } = readShape(archiveEnd, text, lastEntry);
    const { tables, files } = counts;
    for (const { name } of archivedTables) {
      const [said, seen] = [tables[name], this.#tables.get(name)];
      const empty = createHash('sha256');
      if (said ? (seen?.hash ?? empty).digest('hex') !== said.sha256 : seen)
        throw invalidArchive(`The rows of ${name} are not those that were written.`);
    }
    if (Object.keys(tables).some((name) => !archivedTables.some((table) => table.name === name)))
      throw invalidArchive('It counts a table that no tenant has.');
    if (this.#rowSeen || files.count !== this.#files || files.bytes !== this.#fileBytes)
      throw invalidArchive('Its files are not those that were written.');
    if (this.#digest.of({ tables, files }) !== sha256) throw invalidArchive('Its checksum is another one.');
    if (keys) keys.checkMac(sha256, mac ?? '');
    return { tables, files };
  }
}
