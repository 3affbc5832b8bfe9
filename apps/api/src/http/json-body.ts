/** JSON bodies (RFC 8259): what is wrong with one is said as it is, and an empty one is as none. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { jsonShapeFault, LARGE_TEXT, largeWork, readJsonShape, readUtf8 } from '@annex/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BodyReader } from './body-reader.js';
import type { Budgets } from './call-budget.js';
import type { Identified } from './authentication.js';
import { apiErrors } from './errors.js';
import { refuseInexactNumbers } from './exact-body.js';
import { findIllFormed } from './well-formed.js';

/** A body that was sent as YAML; whoever takes it reads it. */
export class YamlText {
  constructor(readonly yaml: string) {}
}

/**
 * Takes `application/json` and the `+json` types (RFC 6839), CloudEvents among them; no other type of Fastify's own.
 */
export function parseJsonBodies(server: FastifyInstance, bodies: BodyReader, budgets: Budgets): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/i,
    async (request: Identified, payload: IncomingMessage) => {
      const body = await bodies.read(request, payload);
      const { callPoints, takesEvent } = request.routeOptions.config;
      if (request.caller && callPoints) budgets.calls.charge(request.caller.tenant.id, body.length);
      if (request.caller && takesEvent) budgets.events.charge(request.caller.tenant.id, body.length);
      if (body.length < LARGE_TEXT) return readJsonBody(request.headers['content-encoding'], body);
      await largeWork.turn();
      const value = readJsonBody(request.headers['content-encoding'], body);
      // What the endpoint makes of it is a piece of work of its own.
      await largeWork.turn();
      return value;
    },
  );
  server.addContentTypeParser(
    /^(application|text)\/(x-)?yaml\b/i,
    async (request: Identified, payload: IncomingMessage) => {
      const body = await bodies.read(request, payload);
      if (!request.routeOptions.config.takesYaml)
        throw apiErrors.error('UNSUPPORTED_MEDIA_TYPE', 'YAML is not read here; send application/json.');
      if (!isUtf8(body)) throw apiErrors.error('INVALID_JSON', 'The body is not UTF-8, which YAML is sent in here.');
      return body.length === 0 ? undefined : new YamlText(body.toString('utf8'));
    },
  );
  // `curl -d` and some clients name the form type when they send nothing.
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    async (request: FastifyRequest, payload: IncomingMessage) => {
      const body = await bodies.read(request, payload);
      if (body.length === 0) return null;
      throw apiErrors.error(
        'UNSUPPORTED_MEDIA_TYPE',
        "Send application/json, not a form: -H 'content-type: application/json' -d '{…}'.",
      );
    },
  );
}

/**
 * The value of a body, `undefined` for an empty one. Throws `INVALID_JSON`, `INVALID_INPUT` or
 * `UNSUPPORTED_MEDIA_TYPE`.
 */
export function readJsonBody(encoding: string | undefined, body: Buffer): unknown {
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw apiErrors.error(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Encoding ${encoding.slice(0, 60)} is not read; send the body as it is.`,
    );
  }
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw apiErrors.error('INVALID_JSON', 'The body is not UTF-8, which JSON is sent in.');
  const shape = readJsonShape(body);
  const fault = jsonShapeFault(shape);
  if (fault)
    throw apiErrors.error('INVALID_INPUT', `The body ${fault.detail}.`, { errors: [{ pointer: '', ...fault }] });
  const text = readUtf8(body);
  const value = parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (shape.hasLongNumbers) refuseInexactNumbers(text);
  if ((shape.hasEscapes || mayReachPrototypes.test(text)) && reachesPrototype(value)) {
    throw apiErrors.error(
      'INVALID_INPUT',
      'The body holds the key "__proto__", or "prototype" below "constructor", which no field is called here. ' +
        'Rename it.',
    );
  }
  // Bytes that are UTF-8 hold whole characters; halves come as escapes only.
  if (shape.hasEscapes) refuseIllFormed(value);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw apiErrors.error(
      'INVALID_JSON',
      `The body is not valid JSON: ${(thrown as SyntaxError).message.slice(0, 200)}`,
      { cause: thrown },
    );
  }
}

function refuseIllFormed(value: unknown): void {
  const pointer = findIllFormed(value);
  if (pointer === undefined) return;
  const detail = 'holds half a surrogate pair; send well-formed Unicode';
  throw apiErrors.error('INVALID_INPUT', `${pointer || 'body'}: ${detail}`, {
    errors: [{ pointer, code: 'NOT_UNICODE', detail }],
  });
}

/** A cheap look before the walk. */
const mayReachPrototypes = /__proto__|prototype/;

/** Whether a value would reach a prototype when somebody merged it key by key. */
function reachesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(reachesPrototype);
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (key === '__proto__') return true;
    if (key === 'constructor' && typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype'))
      return true;
    if (reachesPrototype(inner)) return true;
  }
  return false;
}
