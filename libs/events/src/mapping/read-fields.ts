/** Reads the single fields of a mapping's rules; what is wrong goes into a list, and a harmless value comes back. */
import { isForbiddenName } from '@annex/host-api';
import { didYouMean, isJsonObject, jsonPointer, quote, type Json, type JsonObject } from '@annex/kernel';
import { eventLimits, filterLimits, mappingLimits } from '@annex/limits';
import { eventSeverities, isEventSeverity, isEventTag, type EventSeverity } from '../labels.js';
import { eventNameFault, eventPatternFault, isReservedEventName, reservationOf } from '../names.js';
import type { MappingRule } from './definition.js';
import { eventRoots } from './event-fields.js';
import { eventFilterFaults } from './event-filter.js';
import type { FaultList } from './fault-list.js';
import { readText } from './text.js';

const defaultWindowS = 600;
const nameShape = /^[^\p{C}\p{Z}/][^\p{C}/]*$/u;

/** Readers of one document's fields. `at`: pointer of the object in which a key stands. */
export interface Fields {
  faults: FaultList;
  unknownKeys(value: JsonObject, at: string, known: readonly string[], more?: readonly string[]): void;
  text(value: JsonObject, key: string, at: string, maxChars: number): string | null;
  flag(value: JsonObject, key: string, at: string): boolean | null;
  word<Word extends string>(value: JsonObject, key: string, at: string, words: readonly Word[]): Word | null;
  seconds(value: JsonObject, key: string, at: string, max: number): number | null;
  severity(value: JsonObject, at: string): EventSeverity | null;
  tags(value: JsonObject, at: string): string[];
  source(value: JsonObject, pointer: string): string | null;
  pattern(value: Json, pointer: string): string;
  patterns(value: JsonObject, key: string, at: string): string[];
  madeType(value: Json, pointer: string, isRequired: boolean): string | null;
  liquid(value: Json, pointer: string): string | null;
  filter(value: JsonObject, key: string, at: string): JsonObject | null;
  sets(value: JsonObject, at: string): Record<string, string>;
  dedupe(value: JsonObject, at: string): MappingRule['dedupe'];
}

/** Makes the readers. `reservedEvents`: patterns that no rule may make an event of. */
export function readFields(faults: FaultList, reservedEvents: readonly string[]): Fields {
  return new FieldReader(faults, reservedEvents);
}

class FieldReader implements Fields {
  constructor(
    readonly faults: FaultList,
    private readonly reservedEvents: readonly string[],
  ) {}

  unknownKeys(value: JsonObject, at: string, known: readonly string[], more: readonly string[] = []): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const near = didYouMean(key, [...known, ...more]) || ` Known keys: ${known.join(', ')}.`;
      this.faults.refuse(at + jsonPointer(key), 'UNKNOWN_KEY', `is not a key of a mapping here.${near}`);
    }
  }

  text(value: JsonObject, key: string, at: string, maxChars: number): string | null {
    const text = value[key] ?? null;
    if (text === null) return null;
    const pointer = at + jsonPointer(key);
    if (typeof text !== 'string') return this.#none(pointer, 'TYPE', 'must be a text.');
    if (text.length > maxChars)
      return this.#none(pointer, 'RANGE', `has ${text.length} characters; at most ${maxChars}.`);
    if (text.includes('\0')) return this.#none(pointer, 'VALUE', 'holds the character U+0000; remove it.');
    if (key === 'name' && !nameShape.test(text))
      return this.#none(pointer, 'NAME', 'must be printable, without "/", and no space in front.');
    return text;
  }

  flag(value: JsonObject, key: string, at: string): boolean | null {
    const flag = value[key] ?? null;
    if (flag === null || typeof flag === 'boolean') return flag;
    return this.#none(at + jsonPointer(key), 'TYPE', 'must be true or false.');
  }

  word<Word extends string>(value: JsonObject, key: string, at: string, words: readonly Word[]): Word | null {
    const said = value[key] ?? null;
    if (said === null) return null;
    const word = words.find((one) => one === said);
    if (word !== undefined) return word;
    const near = typeof said === 'string' ? didYouMean(said, words) : '';
    return this.#none(at + jsonPointer(key), 'VALUE', `must be one of ${words.join(', ')}.${near}`);
  }

  seconds(value: JsonObject, key: string, at: string, max: number): number | null {
    const seconds = value[key] ?? null;
    if (seconds === null) {
      if (key === 'within_s')
        this.faults.refuse(at + '/within_s', 'REQUIRED', 'is required: how many seconds may lie between the events.');
      return null;
    }
    if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 1 && seconds <= max) return seconds;
    return this.#none(at + jsonPointer(key), 'RANGE', `must be a whole number of seconds from 1 to ${max}.`);
  }

  severity(value: JsonObject, at: string): EventSeverity | null {
    const said = value['severity'] ?? null;
    if (said === null || isEventSeverity(said)) return said;
    const near = typeof said === 'string' ? didYouMean(said, eventSeverities) : '';
    return this.#none(at + '/severity', 'VALUE', `must be one of ${eventSeverities.join(', ')}.${near}`);
  }

  /** A list of tags, or an object, as KHook has it: `{ category: reliability }` is the tag `category:reliability`. */
  tags(value: JsonObject, at: string): string[] {
    const said = value['tags'] ?? null;
    if (said === null) return [];
    const tags = Array.isArray(said)
      ? said.map((tag, index): [string | number, Json] => [index, tag])
      : isJsonObject(said)
        ? Object.entries(said).map(([key, item]): [string, Json] => [
            key,
            typeof item === 'object' ? item : `${key}:${String(item)}`,
          ])
        : undefined;
    if (!tags) return this.#none(at + '/tags', 'TYPE', 'must be a list of texts, or an object of texts.') ?? [];
    if (tags.length > eventLimits.tags)
      this.faults.refuse(at + '/tags', 'RANGE', `has ${tags.length} tags; at most ${eventLimits.tags}.`);
    for (const [key, tag] of tags)
      if (!isEventTag(tag))
        this.faults.refuse(
          at + '/tags' + jsonPointer(key),
          'VALUE',
          `makes no tag: 1 to ${eventLimits.tagChars} printable characters without commas.`,
        );
    return [...new Set(tags.map(([, tag]) => tag).filter(isEventTag))];
  }

  source(value: JsonObject, pointer: string): string | null {
    const source = value['source'] ?? null;
    if (source === null) return null;
    if (typeof source === 'string' && source !== '' && source.length <= eventLimits.textChars && !/\p{C}/u.test(source))
      return source;
    return this.#none(pointer, 'VALUE', `must be a text of 1 to ${eventLimits.textChars} printable characters.`);
  }

  /** A type or a pattern; a name in another spelling is read as the one that it must mean, with a warning. */
  pattern(value: Json, pointer: string): string {
    if (typeof value !== 'string') {
      const detail = value === null ? 'is required: the type of an event, such as "pod-restart".' : 'must be a text.';
      this.faults.refuse(pointer, value === null ? 'REQUIRED' : 'TYPE', detail);
      return '';
    }
    const fault = eventPatternFault(value, pointer);
    if (fault === undefined) return value;
    const name = this.#respelled(value, pointer);
    if (name === undefined) this.faults.refuse(pointer, fault.code, fault.detail);
    return name ?? '';
  }

  patterns(value: JsonObject, key: string, at: string): string[] {
    const said = value[key] ?? [];
    const pointer = at + jsonPointer(key);
    if (!Array.isArray(said)) return this.#none(pointer, 'TYPE', 'must be a list of types, such as ["a.b"].') ?? [];
    if (said.length > mappingLimits.types)
      this.faults.refuse(pointer, 'RANGE', `has ${said.length} types; the limit is ${mappingLimits.types}.`);
    const patterns = said.slice(0, mappingLimits.types).map((one, index) => this.pattern(one, `${pointer}/${index}`));
    return [...new Set(patterns)];
  }

  /** The type of an event that a rule makes: never one that speaks for the platform. */
  madeType(value: Json, pointer: string, isRequired: boolean): string | null {
    if (value === null) {
      if (isRequired) this.faults.refuse(pointer, 'REQUIRED', 'is required: the type of the event that is made.');
      return null;
    }
    if (typeof value !== 'string') return this.#none(pointer, 'TYPE', 'must be a text.');
    const fault = eventNameFault(value, pointer);
    const name = fault === undefined ? value : this.#respelled(value, pointer);
    if (name === undefined) return this.#none(pointer, fault?.code ?? 'EVENT_TYPE', fault?.detail ?? 'is no type.');
    const reserved = reservationOf(name, this.reservedEvents);
    if (isReservedEventName(name) || reserved !== undefined)
      return this.#none(
        pointer,
        'EVENT_TYPE_RESERVED',
        `${quote(name)} is ${reserved === undefined ? "the platform's own" : `its operator's (${quote(reserved)})`}; ` +
          'choose a name of your own.',
      );
    return name;
  }

  liquid(value: Json, pointer: string): string | null {
    if (typeof value !== 'string' || value === '')
      return this.#none(pointer, value === null ? 'REQUIRED' : 'TYPE', 'must be a text such as "{{ subject }}".');
    const reading = readText(value, eventRoots);
    if (reading.ok) return value;
    return this.#none(pointer, 'LIQUID', reading.detail);
  }

  filter(value: JsonObject, key: string, at: string): JsonObject | null {
    const filter = value[key] ?? null;
    if (filter === null) return null;
    const pointer = at + jsonPointer(key);
    const faults = eventFilterFaults(filter, eventRoots);
    for (const { path, detail } of faults)
      this.faults.refuse(pointer + (path.length === 0 ? '' : jsonPointer(...path)), 'FILTER', detail);
    return isJsonObject(filter) ? filter : null;
  }

  sets(value: JsonObject, at: string): Record<string, string> {
    const said = value['set'] ?? null;
    if (said === null) return {};
    if (!isJsonObject(said))
      return this.#none(at + '/set', 'TYPE', 'must be an object such as {"subject": "{{ data.name }}"}.') ?? {};
    const entries = Object.entries(said);
    if (entries.length > mappingLimits.sets)
      this.faults.refuse(at + '/set', 'RANGE', `sets ${entries.length} values; the limit is ${mappingLimits.sets}.`);
    const sets = entries.slice(0, mappingLimits.sets).flatMap(([path, text]): [string, string][] => {
      const pointer = at + '/set' + jsonPointer(path);
      const parts = path.split('.');
      const isData = parts[0] === 'data' && parts.length > 1 && parts.length <= filterLimits.pathSegments;
      if (path !== 'subject' && (!isData || parts.includes('') || parts.some(isForbiddenName)))
        this.faults.refuse(pointer, 'PATH', 'is neither "subject" nor a path such as "data.name".');
      const read = this.liquid(text, pointer);
      return read === null ? [] : [[path, read]];
    });
    return Object.fromEntries(sets);
  }

  dedupe(value: JsonObject, at: string): MappingRule['dedupe'] {
    const said = value['dedupe'] ?? null;
    if (said === null) return null;
    const here = at + '/dedupe';
    if (!isJsonObject(said)) return this.#none(here, 'TYPE', 'must be an object such as {"key": "{{ subject }}"}.');
    this.unknownKeys(said, here, ['key', 'window_s', 'resolve_after_s']);
    const key = this.liquid(said['key'] ?? null, here + '/key');
    const windowS = this.seconds(said, 'window_s', here, mappingLimits.windowS) ?? defaultWindowS;
    const resolveAfterS = this.seconds(said, 'resolve_after_s', here, mappingLimits.windowS);
    return key === null ? null : { key, windowS, resolveAfterS };
  }

  /** `PodRestart` and `Pod Restart` can only mean `pod_restart`. */
  #respelled(text: string, pointer: string): string | undefined {
    const name = text
      .trim()
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
      .replace(/\s+/g, '_')
      .toLowerCase();
    if (text.length > eventLimits.nameChars || eventNameFault(name) !== undefined) return undefined;
    this.faults.warn(pointer, 'EVENT_TYPE', `${quote(text)} is read as ${quote(name)}; types are written so.`);
    return name;
  }

  #none(pointer: string, code: string, detail: string): null {
    this.faults.refuse(pointer, code, detail);
    return null;
  }
}
