import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BodyReader } from '../http/body-reader.js';

/**
 * What Fastify is told in place of the type that came: it answers 415 to one it cannot read, before any parser is
 * asked.
 */
const anyType = 'application/octet-stream';
const named = new WeakMap<FastifyRequest, string>();

/**
 * Makes all bodies of a scope arrive as a Buffer of at most their route's `bodyLimit` bytes, whatever type they are
 * given, be it none: what stands behind the door reads them, and sees the type as it was sent.
 */
export function takeRawBodies(scope: FastifyInstance, bodies: BodyReader): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) => bodies.read(request, payload));
  scope.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type'];
    if (type !== undefined) {
      named.set(request, type);
      request.headers['content-type'] = anyType;
    }
    done();
  });
  scope.addHook('preValidation', (request, _reply, done) => {
    const type = named.get(request);
    if (type !== undefined) request.headers['content-type'] = type;
    done();
  });
}
