import { readMapping, type MappingDefinition } from '@annex/events';
import { isDeeperThan, isJsonObject, jsonBytes, type InputFault, type JsonObject } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { readYaml } from '@annex/manifest';
import { mappingErrors } from './errors.js';

/** A mapping as somebody sends it: the text of a YAML document, or a JSON value. */
export type SentMapping = { yaml: string } | { json: unknown };

export interface ReadDocument {
  document: JsonObject;
  definition: MappingDefinition;
  warnings: InputFault[];
}

/** Reads a mapping that somebody sent. Throws `MAPPING_INVALID` with every fault. */
export function readDocument(sent: SentMapping, reservedEvents: readonly string[]): ReadDocument {
  const document = documentOf(sent);
  const reading = readMapping(document, { reservedEvents });
  if (!reading.ok) throw invalid(reading.errors);
  return { document, definition: reading.mapping, warnings: reading.warnings };
}

function documentOf(sent: SentMapping): JsonObject {
  const { bytes: maxBytes, levels } = mappingLimits;
  if ('yaml' in sent) {
    const read = readYaml(Buffer.from(sent.yaml), { maxBytes, levels, what: 'mapping' });
    if (!read.ok) throw invalid(read.errors);
    return read.value;
  }
  const { json } = sent;
  if (!isJsonObject(json))
    throw invalid([
      { pointer: '', code: 'TYPE', detail: 'must be an object such as {"api_version": "v1", "mappings": […]}.' },
    ]);
  if (isDeeperThan(json, levels))
    throw invalid([{ pointer: '', code: 'DEPTH', detail: `is nested more than ${levels} levels deep; flatten it.` }]);
  const bytes = jsonBytes(json);
  if (bytes > maxBytes)
    throw invalid([
      { pointer: '', code: 'MAPPING_TOO_LARGE', detail: `is ${bytes} bytes of JSON; at most ${maxBytes} are read.` },
    ]);
  return json;
}

/** `MAPPING_INVALID` with its faults. */
export function invalid(errors: InputFault[]): Error {
  const detail = errors
    .map((fault) => `${fault.pointer || 'mapping'}: ${fault.detail}`)
    .join(' ')
    .slice(0, 1000);
  return mappingErrors.error('MAPPING_INVALID', detail, { errors });
}
