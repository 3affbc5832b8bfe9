import { bytesOf, defineProperty, fromBase64, indexOf, isArray, keys, parseJson, record, toBase64, toJson } from './primordials.js';

/** Replaces bytes by `{"$bytes": "<base64>"}` wherever they stand. */
function replaceBytes(_key: string, value: unknown): unknown {
  const bytes = typeof value === 'object' ? bytesOf(value) : undefined;
  if (bytes === undefined) return value;
  const tagged = record<string>();
  tagged.$bytes = toBase64(bytes);
  return tagged;
}

function reviveBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isArray(value)) return value;
  const text = (value as { $bytes?: unknown }).$bytes;
  return typeof text === 'string' && keys(value).length === 1 ? fromBase64(text) : value;
}

/** The arguments of a host call as one JSON array; trailing `undefined`s are left out. */
export function argsToJson(args: unknown[]): string {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count -= 1;
  let text = '';
  for (let index = 0; index < count; index += 1) {
    text += `${index === 0 ? '' : ','}${toJson(args[index], replaceBytes) ?? 'null'}`;
  }
  return `[${text}]`;
}

/** The answer to a host call, bytes restored. */
export function answerFromJson(text: string): unknown {
  if (text === '') return undefined;
  return indexOf(text, '"$bytes"') >= 0 ? parseJson(text, reviveBytes) : parseJson(text);
}

/** Own, enumerable and writable: what an object literal would have made. */
export function setOwn(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
