import {
  didYouMean,
  inexactNumbers,
  isDeeperThan,
  isJsonObject,
  jsonBytes,
  jsonPointer,
  quote,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';
import { eventLimits, maxPayloadBytes } from '@annex/limits';
import { isReservedSource } from './envelope.js';
import { readCloudLabels, readLabels, type EventLabels } from './labels.js';
import { eventNameFault } from './names.js';

/** What a sender said, before the platform adds an id, a time and a depth. */
export interface EventInput extends EventLabels {
  /** The sender's own id, or `null`: then the platform makes one. */
  id: string | null;
  type: string;
  /** `null`: the door it came through names the source. */
  source: string | null;
  subject: string | null;
  data: Json;
  /** RFC 3339 in UTC with milliseconds, or `null`: now. */
  time: string | null;
}

export type EventReading = { ok: true; event: EventInput } | { ok: false; errors: InputFault[] };

export interface ReadEventOptions {
  /** Largest `data` as UTF-8 JSON, in bytes. Default: 256 KiB. */
  maxDataBytes?: number;
}

const commonKeys = ['type', 'data', 'id', 'source', 'subject', 'time'];
const nativeKeys = [...commonKeys, 'severity', 'tags', 'attributes'];
const cloudKeys = new Set([...commonKeys, 'specversion', 'data_base64']);
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const controls = /[\p{Cc}\p{Cs}]/u;

/**
 * Reads the body of `POST /api/events`: Annex's own form, or CloudEvents 1.0 in structured JSON mode, which a
 * `specversion` member gives away. Every fault is reported, together, each with its pointer. `data` left out is `{}`,
 * so that handlers can read `event.data.x`.
 */
export function readEvent(body: unknown, options: ReadEventOptions = {}): EventReading {
  const { maxDataBytes = maxPayloadBytes } = options;
  if (!isJsonObject(body)) {
    return {
      ok: false,
      errors: [
        {
          pointer: '',
          code: 'EVENT_BODY',
          detail: 'send a JSON object such as {"type": "build.completed", "data": {}}.',
        },
      ],
    };
  }
  const errors: InputFault[] = [];
  const isCloudEvent = Object.hasOwn(body, 'specversion');
  const type = readType(body, errors);
  const id = readText(body, 'id', errors);
  const source = readText(body, 'source', errors);
  const subject = readText(body, 'subject', errors);
  const time = readTime(body, errors);
  if (source !== null && isReservedSource(source)) {
    errors.push({
      pointer: '/source',
      code: 'EVENT_SOURCE',
      detail: 'sources that begin with "annex:" are set by Annex only; name your own system, such as "/ci/builds".',
    });
  }
  if (isCloudEvent) checkCloudEvent(body, errors);
  else checkNative(body, errors);
  const labels = isCloudEvent ? readCloudLabels(extensionsOf(body), errors) : readLabels(body, errors);
  const data = isCloudEvent ? cloudData(body, errors) : (body['data'] ?? (Object.hasOwn(body, 'data') ? null : {}));
  checkData(data, maxDataBytes, errors);
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, event: { id, type, source, subject, data, time, ...labels } };
}

function readType(body: JsonObject, errors: InputFault[]): string {
  const value = body['type'];
  if (typeof value !== 'string') {
    errors.push({
      pointer: '/type',
      code: 'EVENT_TYPE',
      detail: 'is required: the event\'s name, such as "build.completed".',
    });
    return '';
  }
  const fault = eventNameFault(value, '/type');
  if (fault !== undefined) errors.push(fault);
  return value;
}

function readText(body: JsonObject, key: 'id' | 'source' | 'subject', errors: InputFault[]): string | null {
  const value = body[key] ?? null;
  if (value === null) return null;
  const pointer = jsonPointer(key);
  const code = `EVENT_${key.toUpperCase()}`;
  if (typeof value !== 'string' || value === '') {
    errors.push({ pointer, code, detail: 'must be a text that is not empty; leave it out otherwise.' });
    return null;
  }
  if (value.length > eventLimits.textChars) {
    errors.push({
      pointer,
      code,
      detail: `has ${value.length} characters; at most ${eventLimits.textChars} are kept.`,
    });
  } else if (controls.test(value)) {
    errors.push({ pointer, code, detail: `${quote(value)} holds control characters; use printable ones.` });
  }
  return value;
}

function readTime(body: JsonObject, errors: InputFault[]): string | null {
  const value = body['time'] ?? null;
  if (value === null) return null;
  const at = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value.toUpperCase()) : Number.NaN;
  if (Number.isNaN(at)) {
    errors.push({
      pointer: '/time',
      code: 'EVENT_TIME',
      detail: 'must be an RFC 3339 time with a zone, such as "2026-03-01T12:00:00Z".',
    });
    return null;
  }
  return new Date(at).toISOString();
}

function checkNative(body: JsonObject, errors: InputFault[]): void {
  for (const key of Object.keys(body)) {
    if (nativeKeys.includes(key)) continue;
    errors.push({
      pointer: jsonPointer(key),
      code: 'UNKNOWN_KEY',
      detail:
        'is not a member of an ' +
        'event.' +
        (didYouMean(key, nativeKeys) || ` Known: ${nativeKeys.join(', ')}. Put what the event is about into "data".`),
    });
  }
}

/** CloudEvents 1.0.2 §3: the members that must be there. */
function checkCloudEvent(body: JsonObject, errors: InputFault[]): void {
  if (body['specversion'] !== '1.0') {
    errors.push({ pointer: '/specversion', code: 'CLOUDEVENT', detail: 'must be "1.0".' });
  }
  for (const key of ['id', 'source'] as const) {
    if ((body[key] ?? null) === null) {
      errors.push({ pointer: jsonPointer(key), code: 'CLOUDEVENT', detail: `a CloudEvent must carry "${key}".` });
    }
  }
  for (const key of ['datacontenttype', 'dataschema']) {
    const value = body[key] ?? null;
    if (value !== null && (typeof value !== 'string' || value === '')) {
      errors.push({ pointer: jsonPointer(key), code: 'CLOUDEVENT', detail: 'must be a text that is not empty.' });
    }
  }
}

/** What a CloudEvent says beyond the members that Annex has a place for. */
function extensionsOf(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !cloudKeys.has(key)));
}

/** Numbers that are told of one event. */
const maxNumberFaults = 10;

/**
 * `data` as it is; `data_base64` decoded when its content type is JSON or text, else kept as `{ base64, content_type
 * }`.
 */
function cloudData(body: JsonObject, errors: InputFault[]): Json {
  const encoded = body['data_base64'] ?? null;
  if (encoded === null) return body['data'] ?? (Object.hasOwn(body, 'data') ? null : {});
  if (Object.hasOwn(body, 'data')) {
    errors.push({
      pointer: '/data_base64',
      code: 'CLOUDEVENT',
      detail: 'send either "data" or "data_base64", not both.',
    });
    return null;
  }
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0) {
    errors.push({ pointer: '/data_base64', code: 'CLOUDEVENT', detail: 'must be base64 (RFC 4648 §4) with padding.' });
    return null;
  }
  const contentType =
    typeof body['datacontenttype'] === 'string' ? body['datacontenttype'] : 'application/octet-stream';
  const media = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (media !== 'application/json' && !media.endsWith('+json') && !media.startsWith('text/'))
    return { base64: encoded, content_type: contentType };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    if (media.startsWith('text/')) return text;
    const value = JSON.parse(text) as Json;
    for (const { pointer, text: number } of inexactNumbers(text, maxNumberFaults)) {
      errors.push({
        pointer: '/data_base64',
        code: 'NUMBER',
        detail:
          `holds ${quote(number, 60)} at ${quote(pointer, 200)}, which JSON readers do not keep; ` +
          'send it as a string.',
      });
    }
    return value;
  } catch {
    errors.push({
      pointer: '/data_base64',
      code: 'CLOUDEVENT',
      detail: `does not decode to the ${quote(contentType)} that "datacontenttype" promises.`,
    });
    return null;
  }
}

function checkData(data: Json, maxDataBytes: number, errors: InputFault[]): void {
  // First, because a serialiser recurses and a body of brackets would exhaust its stack.
  if (isDeeperThan(data, eventLimits.dataLevels)) {
    errors.push({
      pointer: '/data',
      code: 'EVENT_DATA',
      detail: `is nested more than ${eventLimits.dataLevels} levels deep; flatten it.`,
    });
    return;
  }
  const size = jsonBytes(data);
  if (size > maxDataBytes) {
    errors.push({
      pointer: '/data',
      code: 'EVENT_TOO_LARGE',
      detail: `is ${size} bytes as JSON; at most ${maxDataBytes} are carried. Store the rest and send a reference.`,
    });
  }
}
