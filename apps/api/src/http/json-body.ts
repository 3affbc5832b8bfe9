/** JSON bodies (RFC 8259): what is wrong with one is said as it is, and an empty one is as none. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';
import { refuseInexactNumbers } from './exact-body.js';

/** Takes `application/json` and the `+json` types (RFC 6839), CloudEvents among them; no other type of Fastify's own. */
export function parseJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(/^application\/([\w.-]+\+)?json\b/i, { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, readJsonBody(request.headers['content-encoding'], body as Buffer));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
  // `curl -d` and some clients name the form type when they send nothing.
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request: FastifyRequest, body, done) => {
    done(body.length === 0 ? null : apiErrors.error('UNSUPPORTED_MEDIA_TYPE', 'Send application/json, not a form: -H \'content-type: application/json\' -d \'{…}\'.'));
  });
}

/** The value of a body, `undefined` for an empty one. Throws `INVALID_JSON`, `INVALID_INPUT` or `UNSUPPORTED_MEDIA_TYPE`. */
export function readJsonBody(encoding: string | undefined, body: Buffer): unknown {
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw apiErrors.error('UNSUPPORTED_MEDIA_TYPE', `Content-Encoding ${encoding.slice(0, 60)} is not read; send the body as it is.`);
  }
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw apiErrors.error('INVALID_JSON', 'The body is not UTF-8, which JSON is sent in.');
  const text = body.toString('utf8');
  const byteOrderMark = text.startsWith('\ufeff') ? 1 : 0;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(byteOrderMark));
  } catch (thrown) {
    throw apiErrors.error('INVALID_JSON', `The body is not valid JSON: ${(thrown as SyntaxError).message.slice(0, 200)}`, { cause: thrown });
  }
  refuseInexactNumbers(text);
  if (mayReachPrototypes.test(text) && reachesPrototype(value)) throw apiErrors.error('INVALID_INPUT', 'The body holds the key "__proto__", or "prototype" below "constructor", which no field is called here. Rename it.');
  return value;
}

/** A cheap look before the walk; keys may be written with escapes. */
const mayReachPrototypes = /__proto__|prototype|\\u/;

/** Whether a value would reach a prototype when somebody merged it key by key. As deep as JSON.parse went; Annex's own depth is checked after. */
function reachesPrototype(root: unknown): boolean {
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const key of Object.keys(value)) {
      const inner = (value as Record<string, unknown>)[key];
      if (key === '__proto__') return true;
      if (key === 'constructor' && typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype')) return true;
      if (typeof inner === 'object' && inner !== null) open.push(inner);
    }
  }
  return false;
}
