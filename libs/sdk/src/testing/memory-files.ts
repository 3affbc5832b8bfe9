import { createHash } from 'node:crypto';
import type { FilesPort } from '@annex/execution';
import { contentTypeOf, fileErrors, readFileKey } from '@annex/files';
import { mapPage, pageOf, textCursor, type Clock } from '@annex/kernel';

/** A file that a plugin wrote, or that a test laid ready. */
export interface MemoryFile {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
  /** Milliseconds since the epoch. */
  createdAtMs: number;
  updatedAtMs: number;
}

/**
 * `ctx.files` in memory, open to the test. Keys follow the platform's rules; quotas do not apply.
 * @example
 * const put = (files: MemoryFiles) => files.set('incoming/march.csv', 'name,total')
 */
export class MemoryFiles {
  readonly #files = new Map<string, MemoryFile>();

  constructor(private readonly clock: Clock) {}

  /** A file by its key, or `undefined`. */
  get(key: string): MemoryFile | undefined {
    return this.#files.get(readFileKey(key));
  }

  /** Text of a file, or `undefined`. */
  text(key: string): string | undefined {
    const file = this.get(key);
    return file && Buffer.from(file.bytes).toString('utf8');
  }

  /** @param contentType default: by the key's extension */
  set(key: string, content: string | Uint8Array, contentType?: string): void {
    const name = readFileKey(key);
    const now = this.clock.now();
    this.#files.set(name, {
      bytes: Uint8Array.from(typeof content === 'string' ? Buffer.from(content) : content),
      contentType: contentTypeOf(name, contentType),
      createdAtMs: this.#files.get(name)?.createdAtMs ?? now,
      updatedAtMs: now,
    });
  }

  /** Whether there was one. */
  delete(key: string): boolean {
    return this.#files.delete(readFileKey(key));
  }

  /** Keys in the order of their bytes. */
  keys(prefix = ''): string[] {
    return [...this.#files.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
}

type Told = (type: 'files.uploaded' | 'files.deleted', file: object, source: string) => void;

/** The port of `ctx.files` over memory. `tell` hears of each change, as subscribers of the bus would. */
export function memoryFilesPort(files: MemoryFiles, tell: Told): FilesPort {
  const stat = (key: string) => {
    const file = files.get(key);
    if (!file) return undefined;
    return {
      key: readFileKey(key),
      size: file.bytes.length,
      content_type: file.contentType,
      etag: createHash('sha256').update(file.bytes).digest('hex'),
      created_at: new Date(file.createdAtMs).toISOString(),
      updated_at: new Date(file.updatedAtMs).toISOString(),
    };
  };
  const required = (key: string) => {
    const file = stat(key);
    if (!file) throw fileErrors.error('FILE_NOT_FOUND', `There is no file ${JSON.stringify(key)}.`);
    return file;
  };
  const short = (key: string) => {
    const { created_at: _, updated_at: __, ...file } = required(key);
    return { file };
  };
  return {
    async list(_tenantId, { prefix = '', cursor, limit }) {
      const keys = files
        .keys(prefix)
        .filter(
          (key) => cursor === undefined || Buffer.compare(Buffer.from(key), Buffer.from(cursor, 'base64url')) > 0,
        );
      return mapPage(pageOf(keys, { limit }, textCursor.write), required);
    },
    stat: async (_tenantId, key) => stat(key),
    async readBytes(_tenantId, key, maxBytes) {
      const file = required(key);
      if (file.size > maxBytes)
        throw fileErrors.error(
          'FILE_TOO_LARGE',
          `${JSON.stringify(key)} has ${file.size} bytes; at most ${maxBytes} are read at once.`,
        );
      return { file, bytes: Uint8Array.from(files.get(key)?.bytes ?? []) };
    },
    link: async (_tenantId, key, expiresInS = 3600) =>
      `https://files.test/${encodeURIComponent(required(key).key)}?expires_s=${expiresInS}`,
    async put(_tenantId, key, content, { by, contentType }) {
      files.set(key, content, contentType);
      tell('files.uploaded', short(key), by.run.source);
      return { file: required(key) };
    },
    async delete(_tenantId, key, { by }) {
      if (!files.get(key)) return false;
      const told = short(key);
      files.delete(key);
      tell('files.deleted', told, by.run.source);
      return true;
    },
  };
}
