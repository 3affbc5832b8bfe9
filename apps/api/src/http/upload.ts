import '@fastify/multipart';
import type { Readable } from 'node:stream';
import { networkOf } from '@annex/access';
import { archiveLimits, restLimits } from '@annex/limits';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { InFlight } from '../ext/in-flight.js';
import { GatheredBody, type BodyMemory } from './body-reader.js';
import type { Identified } from './authentication.js';
import { apiErrors } from './errors.js';
import { askForBody } from './expect-continue.js';

export interface Upload {
  bytes: Uint8Array;
  enable: boolean;
  /** Make it the active release; `false`: store it only. */
  activate: boolean;
  grant: 'all' | string[] | undefined;
  /** As `annex sign` writes it. */
  signature: string | undefined;
}

const rooms = new WeakMap<FastifyRequest, BodyMemory>();
const read = new WeakMap<FastifyRequest, Promise<Upload>>();

/**
 * Lets one tenant have a few uploads under way, and says so before a body is asked for; what comes of them is held in
 * the room for all bodies.
 */
export function limitUploads(server: FastifyInstance, memory: BodyMemory): void {
  const places = new InFlight(restLimits.uploads, 'uploads');
  server.addHook('onRequest', (request: Identified, reply, done) => {
    if (!request.routeOptions.config.upload || !request.caller) return done();
    try {
      const leave = places.enter(request.caller.tenant.id);
      reply.raw.once('close', leave);
    } catch (thrown) {
      return done(thrown as Error);
    }
    rooms.set(request, memory);
    done();
  });
}

/**
 * Reads the multipart form (RFC 7578) of an upload: `file`, and optionally `enable`, `activate`, `grant` and
 * `signature`. Whoever
 * asks again gets what was read.
 */
export function readUpload(request: FastifyRequest): Promise<Upload> {
  const known = read.get(request);
  if (known) return known;
  const reading = readOnce(request);
  read.set(request, reading);
  return reading;
}

async function readOnce(request: FastifyRequest): Promise<Upload> {
  try {
    return await readForm(request);
  } catch (thrown) {
    // The parser's own errors carry no code: no boundary, an end that does not come, a head that is none.
    if (!(thrown instanceof Error) || 'code' in thrown) throw thrown;
    throw apiErrors.error('BAD_REQUEST', `The multipart form cannot be read: ${thrown.message.slice(0, 200)}.`, {
      cause: thrown,
    });
  }
}

async function readForm(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart())
    throw apiErrors.error(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the package as multipart/form-data with the field `file`, as `curl -F file=@plugin.zip` does.',
    );
  askForBody(request.raw);
  let bytes: Uint8Array | undefined;
  const fields = new Map<string, string[]>();
  for await (const part of request.parts({
    limits: { fileSize: archiveLimits.maxPackedBytes, files: 2, fields: 20, fieldSize: 10_000, parts: 24 },
  })) {
    if (part.type === 'field') {
      fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), String(part.value)]);
      continue;
    }
    const content = await gather(request, part.file);
    if (part.file.truncated)
      throw apiErrors.error(
        'PAYLOAD_TOO_LARGE',
        `The package is larger than ${archiveLimits.maxPackedBytes} bytes (10 MiB). Leave out what the plugin ` +
          'does not need.',
      );
    if (part.fieldname !== 'file')
      throw invalid('/file', `the package belongs in the field \`file\`, not \`${part.fieldname.slice(0, 50)}\``);
    if (bytes) throw invalid('/file', 'send one package a request');
    bytes = content;
  }
  if (!bytes) throw invalid('/file', 'the form has no field `file` with the package');
  const enable = readSwitch('/enable', fields.get('enable')?.[0], false);
  const activate = readSwitch('/activate', fields.get('activate')?.[0], true);
  const grant = readGrant(fields.get('grant'));
  if (!activate && (enable || grant !== undefined))
    throw invalid(
      '/activate',
      'a release that is stored only is not enabled or granted anything; leave those fields out',
    );
  const signature = fields.get('signature')?.[0]?.trim() || undefined;
  return { bytes, enable, activate, grant, signature };
}

/** The bytes of a file, held in the room for all bodies while they come. */
async function gather(request: FastifyRequest, file: Readable): Promise<Buffer> {
  const memory = rooms.get(request);
  if (!memory) throw apiErrors.error('INTERNAL', 'This endpoint takes no uploads.');
  const body = new GatheredBody(memory, networkOf(request.ip), archiveLimits.maxPackedBytes, (fault) =>
    file.destroy(fault),
  );
  try {
    for await (const chunk of file as AsyncIterable<Buffer>) body.add(chunk);
    return body.end();
  } catch (thrown) {
    body.end();
    throw thrown;
  }
}

function readSwitch(pointer: string, text: string | undefined, usual: boolean): boolean {
  if (text === undefined || text === '') return usual;
  if (text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw invalid(pointer, 'must be true or false');
}

/** `all`, a JSON list, or names separated by commas; the field may also come more than once. */
function readGrant(texts: string[] | undefined): Upload['grant'] {
  if (!texts) return undefined;
  const names = texts.flatMap((text) => {
    if (!text.trim().startsWith('[')) return text.split(',').map((name) => name.trim());
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
    } catch {
      // Said below.
    }
    throw invalid('/grant', 'must be `all`, or permission names, comma-separated or as a JSON list');
  });
  const given = names.filter((name) => name !== '');
  return given.length === 1 && given[0] === 'all' ? 'all' : given;
}

function invalid(pointer: string, detail: string): Error {
  return apiErrors.error('INVALID_INPUT', `${pointer.slice(1)}: ${detail}`, {
    errors: [{ pointer, code: 'INVALID', detail }],
  });
}
