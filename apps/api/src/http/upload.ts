import '@fastify/multipart';
import { MiB } from '@annex/kernel';
import type { FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';
import { askForBody } from './expect-continue.js';

/** Largest package, in bytes (CONTRACT §2). */
export const maxPackageBytes = 10 * MiB;

export interface Upload {
  bytes: Uint8Array;
  enable: boolean;
  grant: 'all' | string[] | undefined;
}

const read = new WeakMap<FastifyRequest, Promise<Upload>>();

/** Reads the multipart form (RFC 7578) of an upload: `file`, and optionally `enable` and `grant`. Whoever asks again gets what was read. */
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
    throw apiErrors.error('BAD_REQUEST', `The multipart form cannot be read: ${thrown.message.slice(0, 200)}.`, { cause: thrown });
  }
}

async function readForm(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart()) throw apiErrors.error('UNSUPPORTED_MEDIA_TYPE', 'Send the package as multipart/form-data with the field `file`, as `curl -F file=@plugin.zip` does.');
  askForBody(request.raw);
  let bytes: Uint8Array | undefined;
  const fields = new Map<string, string[]>();
  for await (const part of request.parts({ limits: { fileSize: maxPackageBytes, files: 2, fields: 20, fieldSize: 10_000, parts: 24 } })) {
    if (part.type === 'field') {
      fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), String(part.value)]);
      continue;
    }
    const content = await part.toBuffer().catch((thrown: unknown) => {
      if (!part.file.truncated) throw thrown;
      throw apiErrors.error('PAYLOAD_TOO_LARGE', `The package is larger than ${maxPackageBytes} bytes (10 MiB). Leave out what the plugin does not need.`);
    });
    if (part.fieldname !== 'file') throw invalid('/file', `the package belongs in the field \`file\`, not \`${part.fieldname.slice(0, 50)}\``);
    if (bytes) throw invalid('/file', 'send one package a request');
    bytes = content;
  }
  if (!bytes) throw invalid('/file', 'the form has no field `file` with the package');
  return { bytes, enable: readEnable(fields.get('enable')?.[0]), grant: readGrant(fields.get('grant')) };
}

function readEnable(text: string | undefined): boolean {
  if (text === undefined || text === '' || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw invalid('/enable', 'must be true or false');
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
  return apiErrors.error('INVALID_INPUT', `${pointer.slice(1)}: ${detail}`, { errors: [{ pointer, code: 'INVALID', detail }] });
}
