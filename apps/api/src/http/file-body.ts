/**
 * The body of `PUT /api/files/<key>`, or of an archive, reaches its controller as the stream that it is, whatever its
 * type. Fastify
 * chooses a parser by the content type, so such a request is given one of ours, and what the caller named is kept
 * beside it.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';
import { askForBody } from './expect-continue.js';

const streamType = 'application/vnd.annex.file';
/** Endpoints whose body is bytes. */
const takesBytes = /^(PUT \/api\/files(\/|$)|POST \/api\/tenants\/import(\?|$))/;
const named = new WeakMap<object, string | undefined>();

/** Lets bodies of files through unread. */
export function streamFileBodies(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (takesBytes.test(`${request.method} ${request.url}`)) {
      named.set(request.raw, request.headers['content-type']);
      request.headers['content-type'] = streamType;
    }
    done();
  });
  server.addContentTypeParser(streamType, (request, payload, done) => {
    if (named.has(request.raw)) {
      askForBody(request.raw);
      done(null, payload);
    } else
      done(
        apiErrors.error('UNSUPPORTED_MEDIA_TYPE', 'Only files and archives are sent as bytes. Send application/json.'),
      );
  });
}

/** Whether a body is a stream that nobody has read. */
export function isStream(body: unknown): body is Readable {
  return body instanceof Readable;
}

/**
 * The body and the type that its sender named; `undefined` when it named none, or the form type that some clients send
 * by themselves. Throws `UNSUPPORTED_MEDIA_TYPE` for a multipart form: what is sent is stored as it is.
 */
export function readFileBody(request: FastifyRequest): {
  content: Readable;
  contentType: string | undefined;
  size: number | undefined;
} {
  const type = named.get(request.raw);
  if (/^multipart\/form-data/i.test(type ?? '')) {
    throw apiErrors.error(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the bytes of the file as the body, as `curl -T file` does, not as a form.',
    );
  }
  const length = request.headers['content-length'];
  return {
    content: isStream(request.body) ? request.body : Readable.from([]),
    contentType: type === undefined || /^application\/x-www-form-urlencoded/i.test(type) ? undefined : type,
    size: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
  };
}
