/** Bytes that a stranger sent, as an event can carry them. */
import { isUtf8 } from 'node:buffer';
import { isDeeperThan, jsonBytes, quoteInexactNumbers, type Json, type JsonObject } from '@annex/kernel';
import { eventLimits, maxPayloadBytes } from '@annex/limits';

/**
 * JSON when it is JSON, with numbers that no double keeps as texts; else text; else `{ base64 }`.
 */
export function readPayload(bytes: Buffer): Json {
  if (!isUtf8(bytes)) return { base64: bytes.toString('base64') };
  const text = bytes.toString('utf8');
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return text;
  try {
    JSON.parse(text);
    return JSON.parse(quoteInexactNumbers(text).text) as Json;
  } catch {
    return text;
  }
}

/**
 * The data of an event, or of one that is larger than an event may be what says so: what no event holds must not keep
 * all that follow it out. `without`: what it is then.
 */
export function fitting(data: JsonObject, without: JsonObject): JsonObject {
  // What is nested too deep is told apart later, where the event is kept for people to see.
  if (isDeeperThan(data, eventLimits.dataLevels)) return data;
  const bytes = jsonBytes(data);
  return bytes <= maxPayloadBytes ? data : { ...without, omitted_bytes: bytes };
}
