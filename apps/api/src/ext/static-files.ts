import type { Caller } from '@annex/access';
import type { InstallationSnapshot } from '@annex/execution';
import type { Id } from '@annex/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lookup } from 'mime-types';
import parseRange from 'range-parser';
import { apiErrors } from '../http/errors.js';
import { documentPolicy } from './answer.js';

/** One file of a release, or `undefined`. */
export type FileReader = (
  tenantId: Id<'tenant'>,
  releaseId: Id<'release'>,
  path: string,
) => Promise<{ bytes: Uint8Array; sha256: string } | undefined>;

export interface StaticRequest {
  request: FastifyRequest;
  reply: FastifyReply;
  snapshot: InstallationSnapshot;
  /** `null`: a stranger, who does not learn which plugins there are by asking for files. */
  caller: Caller | null;
  path: string;
  readFile: FileReader;
}

/**
 * Serves a package's `static/` folder with a strong ETag (RFC 9110 §8.8.3), conditional requests and single byte ranges
 * (§14).
 */
export async function serveStatic({
  request,
  reply,
  snapshot,
  caller,
  path,
  readFile,
}: StaticRequest): Promise<FastifyReply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    if (!caller) throw needsToken();
    throw apiErrors.error('METHOD_NOT_ALLOWED', 'Static files take GET and HEAD.', { headers: { allow: 'GET, HEAD' } });
  }
  const name = decode(path.slice(1));
  const file = name === undefined ? undefined : await readFile(snapshot.tenantId, snapshot.releaseId, name);
  if ((name === undefined || !file) && !caller) throw needsToken();
  if (name === undefined || !file)
    throw apiErrors.error('NOT_FOUND', `The plugin ${snapshot.slug} has no file ${path.slice(0, 200)}.`);

  const etag = `"${file.sha256}"`;
  const type = lookup(name) || 'application/octet-stream';
  void reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=0, must-revalidate',
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': documentPolicy,
    'access-control-allow-origin': '*',
  });
  if (matches(request.headers['if-none-match'], etag)) return reply.status(304).send();

  const whole = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const ranged =
    request.headers.range !== undefined &&
    (request.headers['if-range'] === undefined || request.headers['if-range'] === etag);
  const ranges = ranged ? parseRange(whole.length, request.headers.range ?? '') : -2;
  if (ranges === -1) {
    return reply.status(416).header('content-range', `bytes */${whole.length}`).send();
  }
  const range = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
  const body = range ? whole.subarray(range.start, range.end + 1) : whole;
  if (range) void reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${whole.length}`);
  void reply.header('content-length', body.length);
  return reply.send(request.method === 'HEAD' ? '' : body);
}

function needsToken(): Error {
  return apiErrors.error('UNAUTHENTICATED', 'Send Authorization: Bearer <token>. POST /api/auth/login gives one.');
}

/**
 * Decodes once. The name is only ever compared with names that the package check let in, so it cannot leave the
 * package.
 */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path).normalize('NFC');
  } catch {
    return undefined;
  }
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
