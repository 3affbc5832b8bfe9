import { type HostHandlers } from '@annex/host-api';
import { eventSources } from '@annex/events';
import type { Actor, Id, Page, PageRequest } from '@annex/kernel';
import { fileLimits, listLimits } from '@annex/limits';
import { executionErrors } from '../errors.js';
import type { RunIdentity } from './run-identity.js';

/** A file as plugins see it. */
interface FileStat {
  key: string;
  size: number;
  content_type: string;
  etag: string;
  created_at: string;
  updated_at: string;
}

/** Who a plugin's change of a file is put down to. */
interface FileActor extends Actor {
  run: { id: Id<'run'>; depth: number; source: string };
}

/** Tenant files (`@annex/files`). Keys are checked there. */
export interface FilesPort {
  list(tenantId: Id<'tenant'>, page: PageRequest & { prefix?: string | undefined }): Promise<Page<FileStat>>;
  stat(tenantId: Id<'tenant'>, key: string): Promise<FileStat | undefined>;
  readBytes(
    tenantId: Id<'tenant'>,
    key: string,
    maxBytes: number,
  ): Promise<{ file: FileStat; bytes: Uint8Array<ArrayBuffer> }>;
  link(tenantId: Id<'tenant'>, key: string, expiresInS?: number): Promise<string>;
  put(
    tenantId: Id<'tenant'>,
    key: string,
    content: Uint8Array,
    options: { by: FileActor; contentType?: string | undefined; signal?: AbortSignal },
  ): Promise<{ file: FileStat }>;
  delete(tenantId: Id<'tenant'>, key: string, options: { by: FileActor }): Promise<boolean>;
}

/**
 * `ctx.files`. Changes take place at once, in a background run too: an attempt that is made again writes again.
 * Contents go where the plugin sends them, as bytes; keys and types are kept in PostgreSQL, so they may hold no secret.
 */
export function fileHandlers(
  files: FilesPort,
): Pick<
  HostHandlers<RunIdentity>,
  'files.list' | 'files.read' | 'files.stat' | 'files.url' | 'files.upload' | 'files.delete'
> {
  const actorOf = ({ snapshot, runId, cause: { depth } }: RunIdentity): FileActor => ({
    actor: `plugin:${snapshot.slug}`,
    run: { id: runId, depth, source: eventSources.plugin(snapshot.slug) },
  });
  return {
    'files.list': ([prefix, options], { identity }) =>
      files.list(identity.snapshot.tenantId, {
        prefix,
        cursor: options?.cursor ?? undefined,
        limit: options?.limit ?? listLimits.defaultItems,
      }),
    'files.stat': async ([key], { identity }) => (await files.stat(identity.snapshot.tenantId, key)) ?? null,
    'files.read': async ([key], { identity }) =>
      (await files.readBytes(identity.snapshot.tenantId, key, fileLimits.callBytes)).bytes,
    'files.url': ([key, options], { identity }) => files.link(identity.snapshot.tenantId, key, options?.expires_s),
    'files.upload': async ([key, data, options], { identity, signal }) => {
      identity.checkName(key, 'The key of ctx.files.upload');
      if (options?.content_type !== undefined)
        identity.checkName(options.content_type, 'The content type of ctx.files.upload');
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      if (bytes.length > fileLimits.callBytes) {
        throw executionErrors.error(
          'FILE_CALL_LIMIT',
          `ctx.files.upload was given ${bytes.length} bytes; it takes at most ${fileLimits.callBytes} at once. ` +
            'Upload ' +
            'larger files by PUT /api/files/<key>.',
        );
      }
      return (
        await files.put(identity.snapshot.tenantId, key, bytes, {
          by: actorOf(identity),
          contentType: options?.content_type,
          signal,
        })
      ).file;
    },
    'files.delete': ([key], { identity }) => files.delete(identity.snapshot.tenantId, key, { by: actorOf(identity) }),
  };
}
