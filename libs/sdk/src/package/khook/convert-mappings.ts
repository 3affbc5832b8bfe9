/** KHook's event-mappings.yaml as a mapping of Annex: its own keys and types, comments and order kept. */
import { readMapping } from '@annex/events';
import { jsonPointer, type InputFault, type JsonObject } from '@annex/kernel';
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml';

export interface ConvertedMapping {
  /** The text of `mappings/<name>.yaml`. */
  text: string;
  rules: number;
  /** Rules that are on. */
  enabled: number;
  warnings: InputFault[];
}

export type MappingConversion = { ok: true; mapping: ConvertedMapping } | { ok: false; errors: InputFault[] };

export interface ConvertOptions {
  value: JsonObject;
  /** The YAML text that holds the value. */
  text: string;
  /** Whether events of one subject become one alert for ten minutes, as KHook does it. */
  dedupe: boolean;
}

const ownKeys = new Map([
  ['eventSource', 'source'],
  ['eventType', 'type'],
  ['internalType', 'to'],
]);
/** How long KHook gives an agent no second event of one resource. */
const dedupe = { key: '{{ subject }}', window_s: 600 };

/** Converts a document that {@link readKhookDocuments} found. Pointers of faults are into the document. */
export function convertMappings({ value, text, dedupe: isDeduped }: ConvertOptions): MappingConversion {
  const reading = readMapping(value);
  if (!reading.ok) return { ok: false, errors: reading.errors };
  const document = parseDocument(text.replace(/^\n+/, ''), { version: '1.2', schema: 'core' });
  const root: unknown = document.contents;
  const list = isMap(root) ? root.get('mappings') : undefined;
  const entries = isSeq(list) ? list.items.filter((item): item is YAMLMap => isMap(item)) : [];
  const warnings = reading.warnings.filter(({ pointer }) => pointer !== '/api_version');
  reading.mapping.rules.forEach(({ type, to }, index) => {
    const entry = entries[index];
    if (entry === undefined) return;
    rename(entry);
    entry.set('type', type);
    if (to !== null) entry.set('to', to);
    // Without a value it is false to KHook, and true to Annex.
    if ((entry.get('enabled') ?? null) === null) {
      entry.set('enabled', false);
      warnings.push({
        pointer: jsonPointer('mappings', index),
        code: 'MAPPING_OFF',
        detail: 'has no "enabled", so it is off in KHook; it is written with enabled: false.',
      });
    }
    if (isDeduped && !entry.has('dedupe')) entry.set('dedupe', document.createNode(dedupe, { flow: true }));
  });
  if (isMap(root) && !root.has('api_version')) root.items.unshift(document.createPair('api_version', 'v1'));
  const enabled = entries.filter((entry) => entry.get('enabled') === true).length;
  return {
    ok: true,
    mapping: { text: document.toString({ lineWidth: 0 }), rules: entries.length, enabled, warnings },
  };
}

function rename(entry: YAMLMap): void {
  for (const { key } of entry.items) {
    const own = isScalar(key) && typeof key.value === 'string' ? ownKeys.get(key.value) : undefined;
    if (own !== undefined && isScalar(key)) key.value = own;
  }
}
