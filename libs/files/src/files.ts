/**
 * Tenant files. PostgreSQL says which there are; the store holds their bytes as objects under names of the platform's
 * own, so no key that a tenant chose ever reaches a disk. Row, quota and event change in one transaction.
 */
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  isAnnexError,
  mapPage,
  messageOf,
  newUuid,
  pageOf,
  quote,
  readCursor,
  textCursor,
  type Actor,
  type Clock,
  type Id,
  type Logger,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import { quotaExceeded } from '@annex/quotas';
import { eventSources } from '@annex/events';
import { eventLimits, fileLimits, maxEmitDepth } from '@annex/limits';
import { outcomeErrors, type EmitEvent } from '@annex/runs';
import {
  announceFileObject,
  deleteFile,
  dropFileObject,
  findFile,
  listFiles,
  putFile,
  readFileUsage,
  takeFileObject,
  type FileUsage,
} from './rows/file-rows.js';
import type { FileRow } from './rows/file-row.js';
import { readErasesAt } from './rows/erases-at.js';
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { contentTypeOf, isShown } from './content-type.js';
import { fileErrors } from './errors.js';
import { readFileKey } from './file-key.js';
import { FileLinks } from './links.js';
import { Measure } from './measure.js';
import { ObjectMissing, type ByteRange, type ObjectStore } from './store/object-store.js';

/** What a tenant may keep. */
export interface FileLimits {
  /** Of one file, in bytes. */
  maxFileBytes: number;
  /** Of all files of a tenant, in bytes. */
  tenantBytes: number;
  /** Files of a tenant. */
  tenantFiles: number;
}

export interface FilesOptions {
  database: Pick<Database, 'forTenant'>;
  store: ObjectStore;
  emit: EmitEvent;
  clock: Clock;
  logger: Logger;
  limits: FileLimits;
  /** Links are signed with a key derived from it. */
  linkSecret: string;
  /** Secrets before it, whose links still open. Default: none. */
  oldLinkSecrets?: readonly string[] | undefined;
  /** Before the path of a link, such as `https://annex.example.com`. Default: links are paths. */
  publicUrl?: string | undefined;
}

/** A file as the API and plugins see it. */
export interface FileView {
  key: string;
  /** Bytes. */
  size: number;
  content_type: string;
  /** SHA-256 of the bytes, hex: the same bytes have the same tag. */
  etag: string;
  created_at: string;
  updated_at: string;
}

/** Who changes a file. */
export interface FileActor extends Actor {
  /** The run that does it, and how many emits it lies from the outside world. Default: a person, from outside. */
  run?: { id: Id<'run'>; depth: number; source: string };
}

export interface PutOptions {
  by: FileActor;
  /** Default: by the key's extension. */
  contentType?: string | undefined;
  /** Bytes to come, when the sender has said so: what cannot fit is refused before it is read. */
  size?: number | undefined;
  /** Throws `FILE_CHANGED` unless the file is as expected: `null`: there is none; a tag: it has these bytes. */
  expects?: string | null | undefined;
  /** Nothing changes once it has fired. */
  signal?: AbortSignal | undefined;
}

/** An opened file. Each part is read by itself. */
export interface OpenedFile {
  file: FileView;
  /** Whether a browser may show it; any other is for download. */
  shown: boolean;
  /**
   * Rejects with `FILE_NOT_FOUND` when it was replaced or deleted since, `STORAGE_UNAVAILABLE` when the store is away.
   */
  read(range?: ByteRange): Promise<Readable>;
}

/** How long an announced object may take to be written, in seconds: longer than any request. */
const writeTimeS = 3600;

export class Files {
  readonly #links: FileLinks;
  #publicUrl: string | undefined;

  constructor(private readonly options: FilesOptions) {
    this.#links = new FileLinks(options.linkSecret, options.oldLinkSecrets);
    this.#publicUrl = options.publicUrl;
  }

  get limits(): FileLimits {
    return this.options.limits;
  }

  /** Says where links lead, for a program that learns it only when it listens. A configured URL stays. */
  listensOn(url: string): void {
    this.#publicUrl ??= url;
  }

  /** Rejects when the store cannot be used. */
  async check(): Promise<void> {
    await this.options.store.check();
  }

  close(): void {
    this.options.store.close();
  }

  /** A file by its key, or `undefined`. Throws `FILE_KEY_INVALID`. */
  async stat(tenantId: Id<'tenant'>, key: string): Promise<FileView | undefined> {
    const row = await this.#find(tenantId, readFileKey(key));
    return row && view(row);
  }

  /**
   * Files whose key begins with a prefix, in the order of their keys. `cursor`: the `next_cursor` of the page before.
   */
  async list(
    tenantId: Id<'tenant'>,
    { prefix = '', cursor, limit }: PageRequest & { prefix?: string | undefined },
  ): Promise<Page<FileView>> {
    const after = readCursor(cursor, textCursor.read, refuseCursor);
    // Nothing is named so; PostgreSQL would refuse the text.
    if (prefix.includes('\0') || !prefix.isWellFormed()) return { items: [], next_cursor: null };
    const rows = await this.#in(tenantId, (tx) =>
      listFiles(tx, { prefix: prefix.normalize('NFC'), after, limit: limit + 1 }),
    );
    return mapPage(
      pageOf(rows, { limit }, ({ key }) => textCursor.write(key)),
      view,
    );
  }

  /** Opens a file. Throws `FILE_KEY_INVALID`, `FILE_NOT_FOUND`. */
  async open(tenantId: Id<'tenant'>, key: string): Promise<OpenedFile> {
    const row = await this.#require(tenantId, readFileKey(key));
    return { file: view(row), shown: isShown(row.contentType), read: (range) => this.#read(row, range) };
  }

  /** The bytes of a file of at most `maxBytes`; throws `FILE_TOO_LARGE` for a larger one. */
  async readBytes(
    tenantId: Id<'tenant'>,
    key: string,
    maxBytes: number,
  ): Promise<{ file: FileView; bytes: Uint8Array<ArrayBuffer> }> {
    const name = readFileKey(key);
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#require(tenantId, name);
      if (row.sizeBytes > maxBytes) {
        throw fileErrors.error(
          'FILE_TOO_LARGE',
          `${quote(name)} has ${row.sizeBytes} bytes; at most ${maxBytes} are read at once. Hand out a link to it ` +
            'with ctx.files.url instead.',
        );
      }
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of await this.#read(row)) chunks.push(chunk as Buffer);
        return { file: view(row), bytes: Buffer.concat(chunks) };
      } catch (thrown) {
        // It was replaced between the row and the object: the new one is read.
        if (attempt === 1 && isAnnexError(thrown) && thrown.code === 'FILE_NOT_FOUND') continue;
        throw isAnnexError(thrown) ? thrown : this.#unavailable(thrown, 'read');
      }
    }
  }

  /**
   * Writes a file, replacing one of the same key, and emits `files.uploaded`. A stream is never held in memory; one
   * that breaks off leaves nothing. Throws `FILE_KEY_INVALID`, `FILE_TYPE_INVALID`, `FILE_TOO_LARGE`, `QUOTA_EXCEEDED`,
   * `FILE_CHANGED`, `UPLOAD_ABORTED`,
   * `STORAGE_UNAVAILABLE`, and what emitting throws.
   */
  async put(
    tenantId: Id<'tenant'>,
    key: string,
    content: Readable | Uint8Array,
    { by, contentType, size, expects, signal }: PutOptions,
  ): Promise<{ file: FileView; created: boolean }> {
    const name = readFileKey(key);
    const type = contentTypeOf(name, contentType);
    requireDepth(by);
    const expected = content instanceof Uint8Array ? content.length : size;
    const { maxFileBytes } = this.options.limits;
    const tooLarge = (): Error =>
      fileErrors.error(
        'FILE_TOO_LARGE',
        `${quote(name)} is larger than ${maxFileBytes} bytes, which is the limit of one file. Split it, or ask the ` +
          'operator for more (ANNEX_FILE_MAX_BYTES).',
      );
    if (expected !== undefined && expected > maxFileBytes) throw tooLarge();
    const object = objectName();
    await this.#in(tenantId, async (tx) => {
      const before = await findFile(tx, name);
      requireExpected(name, before, expects);
      this.#requireRoom(await readFileUsage(tx), before, expected ?? 0);
      await announceFileObject(tx, object, writeTimeS);
    });
    try {
      const measure = new Measure(maxFileBytes, tooLarge);
      await this.#write(object, content, measure);
      const sha256 = measure.sha256();
      signal?.throwIfAborted();
      return await this.#in(tenantId, async (tx) => {
        const usage = await readFileUsage(tx, { lock: true });
        const before = await findFile(tx, name);
        requireExpected(name, before, expects);
        this.#requireRoom(usage, before, measure.size);
        if (!(await takeFileObject(tx, object)))
          throw fileErrors.error(
            'UPLOAD_ABORTED',
            'The upload took longer than an hour and was given up. Send it again.',
          );
        const row = await putFile(
          tx,
          { key: name, object, sizeBytes: measure.size, contentType: type, sha256, createdBy: by.actor },
          before,
        );
        await this.#tell(tx, 'uploaded', row, by);
        return { file: view(row), created: before === undefined };
      });
    } catch (thrown) {
      // The sweeper comes by itself should this fail too.
      await this.#in(tenantId, (tx) => dropFileObject(tx, object)).catch(() => undefined);
      throw thrown;
    }
  }

  /**
   * Deletes a file and emits `files.deleted`; answers whether there was one. Throws `FILE_KEY_INVALID`, `FILE_CHANGED`.
   */
  async delete(
    tenantId: Id<'tenant'>,
    key: string,
    { by, expects }: Pick<PutOptions, 'by' | 'expects'>,
  ): Promise<boolean> {
    const name = readFileKey(key);
    requireDepth(by);
    return this.#in(tenantId, async (tx) => {
      await readFileUsage(tx, { lock: true });
      const row = await findFile(tx, name);
      requireExpected(name, row, expects);
      if (!row) return false;
      await deleteFile(tx, row);
      await this.#tell(tx, 'deleted', row, by);
      return true;
    });
  }

  /**
   * A link that opens a file for anybody, for `expiresInS` seconds (default 3,600, at most 604,800). Throws
   * `FILE_NOT_FOUND`.
   */
  async link(tenantId: Id<'tenant'>, key: string, expiresInS = fileLimits.defaultLinkS): Promise<string> {
    const row = await this.#require(tenantId, readFileKey(key));
    const expiresAtMs = this.options.clock.now() + Math.min(expiresInS, fileLimits.linkS) * 1000;
    return `${this.#publicUrl ?? ''}/files/${this.#links.write({ tenantId, key: row.key, expiresAtMs })}`;
  }

  /** Opens what a link's token names, as it is now. Throws `FILE_LINK_INVALID`, `FILE_NOT_FOUND`. */
  async openLink(token: string): Promise<OpenedFile & { expiresAtMs: number }> {
    const link = this.#links.read(token);
    if (link === undefined)
      throw fileErrors.error(
        'FILE_LINK_INVALID',
        'This link was not made here, or not copied as a whole. Ask whoever gave it to you for a new one.',
      );
    if (link.expiresAtMs <= this.options.clock.now())
      throw fileErrors.error('FILE_LINK_INVALID', 'This link has run out. Ask whoever gave it to you for a new one.');
    // Whoever has a link is told no more of a deleted tenant than of a file that is gone.
    if (await this.#in(link.tenantId, readErasesAt)) throw notFound(link.key);
    return { ...(await this.open(link.tenantId, link.key)), expiresAtMs: link.expiresAtMs };
  }

  /** The bytes of an object that a row named; `undefined`: the file was deleted or replaced since. */
  async readObject({ object, size }: { object: string; size: number }): Promise<Readable | undefined> {
    if (size === 0) return Readable.from([]);
    try {
      return await this.options.store.read(object);
    } catch (thrown) {
      if (thrown instanceof ObjectMissing) return undefined;
      throw this.#unavailable(thrown, 'read');
    }
  }

  /**
   * Keeps bytes as an object that goes by itself after `dueInS` seconds, unless a row names it and takes it from
   * `file_objects`. Throws `FILE_TOO_LARGE`, `STORAGE_UNAVAILABLE`.
   */
  async storeObject(
    tenantId: Id<'tenant'>,
    content: Readable,
    dueInS: number,
  ): Promise<{ object: string; size: number; sha256: string }> {
    const object = objectName();
    await this.#in(tenantId, (tx) => announceFileObject(tx, object, dueInS));
    const { maxFileBytes } = this.options.limits;
    const measure = new Measure(maxFileBytes, () =>
      fileErrors.error(
        'FILE_TOO_LARGE',
        `A file is larger than ${maxFileBytes} bytes, the limit here (ANNEX_FILE_MAX_BYTES).`,
      ),
    );
    await this.#write(object, content, measure);
    return { object, size: measure.size, sha256: measure.sha256() };
  }

  /** Gives objects of {@link storeObject} up. */
  async dropObjects(tenantId: Id<'tenant'>, objects: readonly string[]): Promise<void> {
    for (const object of objects) await this.#in(tenantId, (tx) => dropFileObject(tx, object));
  }

  #in<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(tenantId).transaction(work);
  }

  #find(tenantId: Id<'tenant'>, name: string): Promise<FileRow | undefined> {
    return this.#in(tenantId, (tx) => findFile(tx, name));
  }

  async #require(tenantId: Id<'tenant'>, name: string): Promise<FileRow> {
    const row = await this.#find(tenantId, name);
    if (row) return row;
    throw notFound(name);
  }

  async #read(row: FileRow, range?: ByteRange): Promise<Readable> {
    if (row.sizeBytes === 0) return Readable.from([]);
    try {
      return await this.options.store.read(row.object, range);
    } catch (thrown) {
      if (thrown instanceof ObjectMissing) throw notFound(row.key);
      throw this.#unavailable(thrown, 'read');
    }
  }

  /**
   * Writes an object. Of what went wrong it says whose fault it was: too much came, the sender broke off, or the store
   * is away.
   */
  async #write(object: string, content: Readable | Uint8Array, measure: Measure): Promise<void> {
    const { store } = this.options;
    if (content instanceof Uint8Array) {
      measure.resume();
      measure.end(content);
      await finished(measure);
      await store
        .write(object, content)
        .catch((thrown: unknown) => Promise.reject(this.#unavailable(thrown, 'written')));
      return;
    }
    const sender = feed(content, measure);
    try {
      await store.write(object, measure);
    } catch (thrown) {
      measure.destroy();
      const fault = sender.fault();
      throw fault === undefined ? this.#unavailable(thrown, 'written') : fault;
    } finally {
      sender.leave();
    }
  }

  #unavailable(thrown: unknown, what: string): Error {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    this.options.logger.error(
      { reason: messageOf(cause), store: this.options.store.description },
      `an object of the file store could not be ${what}`,
    );
    return fileErrors.error(
      'STORAGE_UNAVAILABLE',
      `The file could not be ${what}: the store is not available. Try again in a moment.`,
      { retryAfterS: 5, cause },
    );
  }

  #requireRoom(usage: FileUsage, before: FileRow | undefined, size: number): void {
    const { limits } = this.options;
    const [tenantBytes, tenantFiles] = [usage.maxBytes ?? limits.tenantBytes, usage.maxFiles ?? limits.tenantFiles];
    const more = size - (before?.sizeBytes ?? 0);
    if (usage.sizeBytes + more > tenantBytes)
      throw quotaExceeded({ quota: 'file_bytes', used: usage.sizeBytes, max: tenantBytes, more });
    if (!before && usage.files + 1 > tenantFiles)
      throw quotaExceeded({ quota: 'files', used: usage.files, max: tenantFiles, more: 1 });
  }

  async #tell(
    tx: TenantTransaction,
    verb: 'uploaded' | 'deleted',
    row: FileRow,
    { actor, run, requestId }: FileActor,
  ): Promise<void> {
    const { created_at: _, updated_at: __, ...file } = view(row);
    await this.options.emit(tx, {
      type: `files.${verb}`,
      source: run?.source ?? eventSources.platform,
      subject: row.key.length <= eventLimits.textChars ? row.key : null,
      data: { file: { ...file } },
      ...(run && { depth: run.depth + 1, runId: run.id }),
    });
    if (requestId !== undefined) {
      await appendAudit(tx, {
        actor,
        action: `file.${verb}`,
        target: row.key,
        detail: { size: row.sizeBytes, etag: row.sha256 },
        requestId,
      });
    }
  }
}

/** `3f/0193…`: spread over folders by the end of the name, which is random. */
function objectName(): string {
  const name = newUuid();
  return `${name.slice(-2)}/${name}`;
}

function view(row: FileRow): FileView {
  return {
    key: row.key,
    size: row.sizeBytes,
    content_type: row.contentType,
    etag: row.sha256,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function notFound(name: string): Error {
  return fileErrors.error('FILE_NOT_FOUND', `There is no file ${quote(name)}.`);
}

function requireExpected(name: string, row: FileRow | undefined, expects: string | null | undefined): void {
  if (expects === undefined || (expects === null ? row === undefined : row?.sha256 === expects)) return;
  throw fileErrors.error(
    'FILE_CHANGED',
    row
      ? `${quote(name)} is there with the tag "${row.sha256}". Read it again and decide anew.`
      : `${quote(name)} is not there any more.`,
  );
}

/** A hook that uploads on each upload ends as events that cause each other do. */
function requireDepth({ run }: FileActor): void {
  if (run === undefined || run.depth + 1 <= maxEmitDepth) return;
  throw outcomeErrors.error(
    'EMIT_DEPTH',
    `The event of this change would be ${run.depth + 1} emits deep; the limit is ${maxEmitDepth}. Look for ` +
      `handlers that cause each other's events.`,
  );
}

/**
 * Feeds a sender's bytes to the measure. Unlike `pipeline` it leaves the sender open when the measure ends early: a
 * request that is destroyed takes its connection along, and nobody would hear why.
 */
function feed(sender: Readable, measure: Measure): { fault(): Error | undefined; leave(): void } {
  let fault: Error | undefined;
  const broken = (cause?: unknown): void => {
    if (sender.readableEnded && cause === undefined) return;
    fault ??= fileErrors.error(
      'UPLOAD_ABORTED',
      'The upload broke off before its end, so nothing was kept. Send it again.',
      { cause },
    );
    measure.destroy(fault);
  };
  const onClose = (): void => broken();
  const onMeasureError = (thrown: Error): void => {
    if (isAnnexError(thrown)) fault ??= thrown;
    sender.unpipe(measure);
  };
  sender.once('error', broken);
  sender.once('close', onClose);
  measure.on('error', onMeasureError);
  if (sender.destroyed && !sender.readableEnded) broken(sender.errored ?? undefined);
  else sender.pipe(measure);
  return {
    fault: () => fault,
    leave() {
      sender.off('error', broken);
      sender.off('close', onClose);
      sender.unpipe(measure);
    },
  };
}

function refuseCursor(): never {
  throw fileErrors.error(
    'FILE_KEY_INVALID',
    'The cursor is not one that this list answered as next_cursor. Leave it out to begin at the first key.',
    {
      errors: [{ pointer: '/cursor', code: 'CURSOR_INVALID', detail: 'is not one that this list answered' }],
    },
  );
}
