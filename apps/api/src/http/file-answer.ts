import { Readable } from 'node:stream';
import type { OpenedFile } from '@annex/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import parseRange from 'range-parser';

/** What a tenant stored is shown by browsers as an image or not at all: it runs nothing, and loads nothing. */
const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export interface FileAnswer {
  request: FastifyRequest;
  reply: FastifyReply;
  opened: OpenedFile;
  cacheControl: string;
}

/**
 * Sends a file: strong ETag and conditional requests (RFC 9110 §8.8.3, §13), one byte range (§14), HEAD, never as a
 * page of ours.
 */
export async function sendFile({
  request,
  reply,
  opened: { file, shown, read },
  cacheControl,
}: FileAnswer): Promise<FastifyReply> {
  const etag = `"${file.etag}"`;
  const modified = new Date(file.updated_at);
  modified.setUTCMilliseconds(0);
  void reply.headers({
    etag,
    'last-modified': modified.toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': cacheControl,
    'content-type': file.content_type,
    'content-disposition': disposition(file.key, shown),
    'x-content-type-options': 'nosniff',
    'content-security-policy': filePolicy,
    'referrer-policy': 'no-referrer',
  });
  if (isUnchanged(request, etag, modified)) return reply.status(304).send();

  const { range: asked, 'if-range': ifRange } = request.headers;
  const applies = asked !== undefined && file.size > 0 && (ifRange === undefined || ifRange === etag);
  const ranges = applies ? parseRange(file.size, asked) : -2;
  if (ranges === -1)
    return reply.status(416).header('content-range', `bytes */${file.size}`).removeHeader('content-disposition').send();
  const range = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  if (range) void reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${file.size}`);
  void reply.header('content-length', range ? range.end - range.start + 1 : file.size);
  // Of a stream Fastify keeps the length that stands there; a text would be measured.
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  return reply.send(await read(range));
}

/** RFC 6266, with RFC 8187's spelling for names beyond ASCII. */
function disposition(key: string, shown: boolean): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const plain = name.replace(/[^\x20-\x7e]|["%\\]/g, '_');
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${shown ? 'inline' : 'attachment'}; filename="${plain}"${full === plain ? '' : `; filename*=UTF-8''${full}`}`;
}

function isUnchanged({ headers }: FastifyRequest, etag: string, modified: Date): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined)
    return tags.trim() === '*' || tags.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  const since = headers['if-modified-since'];
  return since !== undefined && Date.parse(since) >= modified.getTime();
}
