/** The body of an incoming request as it was before it was packed for the way. */
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { promisify } from 'node:util';
import { outcomeErrors } from '@annex/runs';
import { webhookErrors } from './errors.js';
import { bodyProves } from './inbound-proof.js';
import { headerOf, type HookPreset, type InboundRequest } from './inbound-request.js';

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const unpackers: Record<string, Unpack> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  // RFC 9110 §8.4.1.2 means zlib's format; some send the bare stream.
  deflate: (packed, options) =>
    (promisify(inflate) as Unpack)(packed, options).catch((thrown: unknown) => {
      if (isTooLarge(thrown)) throw thrown;
      return (promisify(inflateRaw) as Unpack)(packed, options);
    }),
};

/**
 * Undoes one `Content-Encoding`; `undefined`: there is none. `maxBytes` is counted while it is undone, so that a small
 * body never becomes a large one. Throws `HOOK_ENCODING` for an unknown one, `HOOK_BODY` for a body that is not what it
 * says, `PAYLOAD_TOO_LARGE`.
 */
async function unpackBody(encoding: string | undefined, body: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || body.length === 0) return undefined;
  const unpack = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined;
  if (!unpack)
    throw webhookErrors.error(
      'HOOK_ENCODING',
      `Content-Encoding ${name.slice(0, 60)} is not read. Send gzip, deflate, br, or the body as it is.`,
    );
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (thrown) {
    if (isTooLarge(thrown))
      throw outcomeErrors.error(
        'PAYLOAD_TOO_LARGE',
        `The body is larger than ${maxBytes} bytes once its ${name} is undone.`,
        { extra: { limit: maxBytes } },
      );
    throw webhookErrors.error('HOOK_BODY', `The body is not ${name}, although Content-Encoding says so.`, {
      cause: thrown,
    });
  }
}

export interface Proving {
  preset: HookPreset;
  /** Of the body once it is unpacked. */
  maxBytes: number;
  /** Whether a request proves where it comes from. Asked of what was sent, and of what was packed; never of `none`. */
  isProven: (request: InboundRequest) => boolean;
}

/**
 * The request with its body unpacked, once it proved where it comes from: what was sent is signed by most, what was
 * packed by some. Throws `INVALID_SIGNATURE`, `HOOK_ENCODING`, `HOOK_BODY`,
 * `PAYLOAD_TOO_LARGE`.
 */
export async function unpackProven(request: InboundRequest, proving: Proving): Promise<InboundRequest> {
  const { preset, maxBytes, isProven } = proving;
  const unpack = async (): Promise<InboundRequest | undefined> => {
    const body = await unpackBody(headerOf(request, 'content-encoding'), request.body, maxBytes);
    return body && { ...request, headers: headersOfUnpacked(request), body };
  };
  if (preset === 'none') return (await unpack()) ?? request;
  const isSentProven = isProven(request);
  const unpacked = isSentProven || bodyProves(preset) ? await unpack() : undefined;
  if (isSentProven || (unpacked && isProven(unpacked))) return unpacked ?? request;
  throw webhookErrors.error(
    'INVALID_SIGNATURE',
    'The signature of the request does not match, or its time is too far away. Sign its exact body with the secret ' +
      'that both sides keep.',
  );
}

/** Without the fields that speak of the packed body: who reads the other one would undo it again. */
function headersOfUnpacked({ headers }: InboundRequest): InboundRequest['headers'] {
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = headers;
  return rest;
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof RangeError && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE';
}
