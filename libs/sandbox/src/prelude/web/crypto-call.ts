import type { PreludeHost } from '../host.js';
import { base64ToBytes, bytesToBase64 } from './base64.js';
import { DOMException } from './dom-exception.js';
import { JSONParse, NumberPrototypeToString, PromiseCtor, quote } from './primordials.js';

let executorCall: PreludeHost['executorCall'] = () => new PromiseCtor(() => undefined);

/** Joins WebCrypto to the host. */
export function connectCrypto(host: PreludeHost): void {
  executorCall = host.executorCall;
}

export type CallFields = Record<string, string | number | Uint8Array | undefined>;

/** A call of cryptography. */
export function callCrypto(operation: string, fields: CallFields): Promise<Record<string, unknown>> {
  return call(`crypto.${operation}`, fields);
}

/** A call of compression. */
export function callCompression(operation: string, fields: CallFields): Promise<Record<string, unknown>> {
  return call(`compression.${operation}`, fields);
}

/**
 * Calls the executor with one object of strings and numbers, put together without any `toJSON`. Bytes travel as base64.
 */
async function call(method: string, fields: CallFields): Promise<Record<string, unknown>> {
  let text = '';
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    const json =
      typeof value === 'number'
        ? NumberPrototypeToString(value)
        : quote(typeof value === 'string' ? value : bytesToBase64(value));
    text += `${text === '' ? '' : ','}${quote(name)}:${json}`;
  }
  let answer: string;
  try {
    answer = await executorCall(method, `[{${text}}]`);
  } catch (error) {
    throw translate(error);
  }
  return JSONParse(answer) as Record<string, unknown>;
}

function translate(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : 'The operation failed';
  if (code === 'CRYPTO_OPERATION' || code === 'CRYPTO_INVALID') return new DOMException(text, 'OperationError');
  if (code === 'CRYPTO_DATA') return new DOMException(text, 'DataError');
  if (code === 'COMPRESSION_DATA') return new TypeError(text);
  if (code === 'CRYPTO_LIMIT' || code === 'COMPRESSION_LIMIT') return new DOMException(text, 'QuotaExceededError');
  return error;
}

/** A call whose answer is bytes. */
export async function callForBytes(operation: string, fields: CallFields): Promise<ArrayBuffer> {
  return base64ToBytes((await callCrypto(operation, fields))['data'] as string).buffer;
}
