/** What an event carries beside its data: how grave it is, tags to find it by, and the attributes of its sender. */
import {
  isJsonObject,
  jsonBytes,
  jsonPointer,
  quote,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';
import { eventLimits } from '@annex/limits';

/** How grave an event is, from the least. */
export const eventSeverities = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type EventSeverity = (typeof eventSeverities)[number];

/** The values of CloudEvents' extension attributes that JSON has. */
export interface EventAttributes {
  [name: string]: string | number | boolean;
}

export interface EventLabels {
  /** Default `info`. */
  severity: EventSeverity;
  /** Each once, in the order given. Default: none. */
  tags: string[];
  /** Extension attributes of CloudEvents, `dataschema` and `datacontenttype`. Default: none. */
  attributes: EventAttributes;
}

/** Members of an event that no attribute may be called. */
const ownNames = new Set(['specversion', 'id', 'type', 'source', 'subject', 'time', 'data', 'data_base64']);
const attributeName = new RegExp(`^[a-z0-9]{1,${eventLimits.attributeNameChars}}$`);
const tagShape = /^[^\s,\p{C}](?:[^,\p{C}]*[^\s,\p{C}])?$/u;

/** Whether a value names one of {@link eventSeverities}. */
export function isEventSeverity(value: unknown): value is EventSeverity {
  return (eventSeverities as readonly unknown[]).includes(value);
}

/**
 * Whether a text may be a tag: 1 to {@link eventLimits.tagChars} printable characters, no comma, no space at its ends.
 */
export function isEventTag(value: unknown): value is string {
  return typeof value === 'string' && value.length <= eventLimits.tagChars && tagShape.test(value);
}

/** The labels of a body in Annex's own form; `null` means left out. Every fault goes into `errors`. */
export function readLabels(body: JsonObject, errors: InputFault[]): EventLabels {
  return {
    severity: readSeverity(body['severity'] ?? null, errors),
    tags: readTags(body['tags'] ?? null, errors),
    attributes: readAttributes(body['attributes'] ?? null, '/attributes', errors),
  };
}

/**
 * The labels of a CloudEvent, whose `severity` and `tags` are extension attributes of its sender's own meaning. They
 * are taken for Annex's where they say what Annex's do (`tags` as a list or with commas), and are attributes else.
 */
export function readCloudLabels(extensions: JsonObject, errors: InputFault[]): EventLabels {
  const { severity, tags, ...others } = extensions;
  const listed = typeof tags === 'string' ? tags.split(',').map((tag) => tag.trim()) : tags;
  const isList =
    Array.isArray(tags) || (Array.isArray(listed) && listed.length <= eventLimits.tags && listed.every(isEventTag));
  const attributes = {
    ...(severity !== undefined && !isEventSeverity(severity) && { severity }),
    ...(tags !== undefined && !isList && { tags }),
    ...others,
  };
  return {
    severity: isEventSeverity(severity) ? severity : 'info',
    tags: isList ? readTags(listed ?? null, errors) : [],
    attributes: readAttributes(attributes, '', errors),
  };
}

function readSeverity(value: Json, errors: InputFault[]): EventSeverity {
  if (value === null) return 'info';
  if (isEventSeverity(value)) return value;
  const said = typeof value === 'string' ? `${quote(value, 40)} is none; ` : '';
  const detail = `${said}write one of ${eventSeverities.join(', ')}, or leave it out for info.`;
  errors.push({ pointer: '/severity', code: 'EVENT_SEVERITY', detail });
  return 'info';
}

function readTags(value: Json, errors: InputFault[]): string[] {
  if (value === null) return [];
  const fault = (pointer: string, detail: string): void => void errors.push({ pointer, code: 'EVENT_TAGS', detail });
  if (!Array.isArray(value)) {
    fault('/tags', 'must be a list of texts such as ["billing", "team:blue"].');
    return [];
  }
  if (value.length > eventLimits.tags) {
    fault('/tags', `has ${value.length} tags; at most ${eventLimits.tags} are kept.`);
    return [];
  }
  value.forEach((tag, index) => {
    if (!isEventTag(tag))
      fault(
        jsonPointer('tags', index),
        `must be a text of 1 to ${eventLimits.tagChars} printable characters without commas, and no space at its ends.`,
      );
  });
  return [...new Set(value.filter(isEventTag))];
}

function readAttributes(value: Json, at: string, errors: InputFault[]): EventAttributes {
  if (value === null) return {};
  const code = at === '' ? 'CLOUDEVENT' : 'EVENT_ATTRIBUTES';
  const fault = (pointer: string, detail: string): void => void errors.push({ pointer, code, detail });
  if (!isJsonObject(value)) {
    fault(at, 'must be an object such as {"traceparent": "00-…"}.');
    return {};
  }
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  if (entries.length > eventLimits.attributes) {
    fault(
      at,
      `has ${entries.length} attributes; at most ${eventLimits.attributes} are kept. Put the rest into "data".`,
    );
    return {};
  }
  for (const [name, each] of entries) {
    const detail = attributeFault(name, each);
    if (detail !== undefined) fault(at + jsonPointer(name), detail);
  }
  const kept = Object.fromEntries(entries) as EventAttributes;
  const bytes = jsonBytes(kept);
  if (bytes > eventLimits.attributesBytes)
    fault(at, `has attributes of ${bytes} bytes as JSON; at most ${eventLimits.attributesBytes} are kept.`);
  return kept;
}

/** CloudEvents 1.0.2 §3: names are of `a-z` and `0-9`, values simple. */
function attributeFault(name: string, value: Json): string | undefined {
  if (ownNames.has(name)) return `is a member of the event itself; write it beside "attributes".`;
  if (!attributeName.test(name))
    return `an extension attribute is named with 1 to ${eventLimits.attributeNameChars} of a-z and 0-9 only.`;
  if (typeof value === 'object') return 'an extension attribute is a text, a number or a boolean.';
  if (typeof value === 'string' && /[\p{Cc}\p{Cs}]/u.test(value))
    return 'holds control characters or half a surrogate pair; use printable ones.';
  return undefined;
}
