/** What a connection of the host's is told, member by member: judged at upload, at `PUT /api/sources`, before use. */
import {
  didYouMean,
  isJsonObject,
  jsonPointer,
  quote,
  type InputFault,
  type Json,
  type JsonObject,
} from '@annex/kernel';

/** One member of `with`. */
export interface ConnectionField {
  kind: 'text' | 'texts' | 'whole' | 'flag' | 'object';
  /** What to write, as the end of a sentence. */
  about: string;
  isRequired?: boolean;
  /** Holds what nobody may read: as it is written, it must be taken from a secret. */
  isSecret?: boolean;
  /** Of a text, or of each of the texts: what is wrong with it. */
  fault?: (text: string) => string | undefined;
  /** Of a whole number, or of how many texts there are. */
  least?: number;
  most?: number;
  /** Of an object. */
  members?: ConnectionFields;
}

export type ConnectionFields = Readonly<Record<string, ConnectionField>>;

export interface ConnectionForm {
  fields: ConnectionFields;
  /** The members that say where the connection leads. */
  address: readonly string[];
  /** What no single member shows. */
  faults?: (given: JsonObject) => InputFault[];
}

const placeholder = /\$\{/;
/** A text in which every secret is taken from one. */
const secret = '${SECRET:';

/** Characters of one text that is no secret. */
const maxTextChars = 20_000;

/** Every fault. `isFilled`: placeholders have been replaced; before that, a text that holds one is not judged. */
export function fieldFaults(
  fields: ConnectionFields,
  given: JsonObject,
  { isFilled, above = [] }: { isFilled: boolean; above?: readonly string[] },
): InputFault[] {
  const known = Object.keys(fields);
  const faults: InputFault[] = Object.keys(given)
    .filter((key) => !Object.hasOwn(fields, key))
    .map((key) => ({
      pointer: jsonPointer(...above, key),
      code: 'UNKNOWN_KEY',
      detail: `is not known here.${didYouMean(key, known)} There are: ${known.join(', ')}.`,
    }));
  for (const [key, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, key) ? (given[key] ?? null) : null;
    const path = [...above, key];
    if (value !== null) faults.push(...valueFaults(field, value, { isFilled, path }));
    else if (field.isRequired)
      faults.push({ pointer: jsonPointer(...path), code: 'REQUIRED', detail: `is required: ${field.about}.` });
  }
  return faults;
}

interface Judging {
  isFilled: boolean;
  path: readonly string[];
}

function valueFaults(field: ConnectionField, value: Json, { isFilled, path }: Judging): InputFault[] {
  const refuse = (code: string, detail: string, ...below: string[]): InputFault[] => [
    { pointer: jsonPointer(...path, ...below), code, detail },
  ];
  const { kind, about } = field;
  switch (kind) {
    case 'text':
      return typeof value === 'string'
        ? textFaults(field, value, { isFilled, refuse })
        : refuse('TYPE', `must be text: ${about}.`);
    case 'texts':
      if (!Array.isArray(value)) return refuse('TYPE', `must be a list: ${about}.`);
      if (value.length < (field.least ?? 0) || value.length > (field.most ?? 100))
        return refuse('RANGE', `holds ${value.length}; ${field.least ?? 0} to ${field.most ?? 100} may be there.`);
      return value.flatMap((item, index) =>
        typeof item === 'string'
          ? textFaults(field, item, { isFilled, refuse: (code, detail) => refuse(code, detail, String(index)) })
          : refuse('TYPE', `must be text: ${about}.`, String(index)),
      );
    case 'whole': {
      const { least = 0, most = Number.MAX_SAFE_INTEGER } = field;
      return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? []
        : refuse('RANGE', `must be a whole number from ${least} to ${most}: ${about}.`);
    }
    case 'flag':
      return typeof value === 'boolean' ? [] : refuse('TYPE', `must be true or false: ${about}.`);
    case 'object':
      return isJsonObject(value)
        ? fieldFaults(field.members ?? {}, value, { isFilled, above: path })
        : refuse('TYPE', `must be an object: ${about}.`);
  }
}

function textFaults(
  { isSecret, fault, about }: ConnectionField,
  text: string,
  { isFilled, refuse }: { isFilled: boolean; refuse: (code: string, detail: string) => InputFault[] },
): InputFault[] {
  if (isFilled || !placeholder.test(text)) {
    if (text === '') return refuse('FORMAT', `is empty: ${about}.`);
    if (!isSecret && text.length > maxTextChars)
      return refuse('RANGE', `has ${text.length} characters; at most ${maxTextChars} may be there.`);
    const detail = fault?.(text);
    if (detail !== undefined) return refuse('FORMAT', detail);
  }
  return isSecret && !isFilled && !text.includes(secret)
    ? refuse(
        'SECRET',
        'holds what nobody may read: keep it with PUT /api/secrets/NAME { "value" }, or as a secret of the plugin, ' +
          'and write "${SECRET:NAME}" here.',
      )
    : [];
}

/** A fault for a text that is none of these. */
export function oneOf(...values: readonly string[]): (text: string) => string | undefined {
  return (text) => (values.includes(text) ? undefined : `${quote(text, 80)} must be one of ${values.join(', ')}.`);
}

/** Every text of `with`, with its place in it. */
export function connectionTexts(given: Json, above: readonly string[] = []): { pointer: string; text: string }[] {
  if (typeof given === 'string') return [{ pointer: jsonPointer(...above), text: given }];
  if (typeof given !== 'object' || given === null || above.length > 4) return [];
  return Object.entries(given).flatMap(([key, value]) => connectionTexts(value, [...above, key]));
}
