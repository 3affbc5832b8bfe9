/** What people bring along who come from KHook: its files become files of a plugin. */
import { isJsonObject, type InputFault } from '@annex/kernel';
import { byPlace, placeInYaml, segmentsOf, type PlacedFault } from '../fault-places.js';
import { convertHook, type KhookAgent } from './convert-hook.js';
import { convertMappings } from './convert-mappings.js';
import { readKhookDocuments, type KhookDocument } from './documents.js';
import { readHook } from './hook-resource.js';

/** A file that was found in KHook's configuration. */
export interface KhookFile {
  /** As it is named in faults. */
  path: string;
  bytes: Uint8Array;
}

/** A file to write into a plugin's folder. */
export interface KhookMapping {
  /** Such as `mappings/event-mappings.yaml`. */
  path: string;
  text: string;
  rules: number;
  /** Rules that are on. */
  enabled: number;
  /** The file that it comes from. */
  from: string;
}

/** Something that Annex has no counterpart for: nothing is written for it. */
export interface KhookLeftOut {
  kind: string;
  /** With its namespace, if it has one: `staging/pods`. */
  name: string;
  file: string;
  line: number | null;
  /** Why, and what to do. */
  detail: string;
}

/** What became of KHook's files. */
export interface KhookImport {
  /** Empty if there are errors. */
  mappings: KhookMapping[];
  /** What Hooks became. Empty if there are errors. */
  agents: KhookAgent[];
  leftOut: KhookLeftOut[];
  /** In the order of files and lines. */
  errors: PlacedFault[];
  /** What was written in another way than it was read. */
  warnings: PlacedFault[];
}

/**
 * Makes `mappings/*.yaml` of KHook's event mappings, in files of their own or in a ConfigMap, and `agents/*.yaml` of
 * its Hooks. Never throws for what the files hold.
 * @param dedupe makes events of one subject one alert for ten minutes, as KHook does. Default: no
 * @example
 * import { readFile } from 'node:fs/promises'
 *
 * const path = 'event-mappings.yaml'
 * const { mappings, agents, leftOut, errors } = importKhook([{ path, bytes: await readFile(path) }])
 * for (const { path: to, text } of [...mappings, ...agents]) await writeFile(to, text)
 * console.log(leftOut, errors)
 */
export function importKhook(
  files: readonly KhookFile[],
  { dedupe = false }: { dedupe?: boolean | undefined } = {},
): KhookImport {
  const result: KhookImport = { mappings: [], agents: [], leftOut: [], errors: [], warnings: [] };
  for (const file of files) {
    const { documents, errors } = readKhookDocuments(file.bytes);
    const text = Buffer.from(file.bytes).toString('utf8');
    result.errors.push(...errors.map((fault) => placed({ path: file.path, text, at: [], hasColumns: true }, fault)));
    for (const document of documents) importOne(result, { ...document, path: file.path }, dedupe);
  }
  result.errors.sort(byPlace);
  result.warnings.sort(byPlace);
  if (result.errors.length > 0) {
    result.mappings = [];
    result.agents = [];
  }
  return result;
}

type Document = KhookDocument & { path: string };

function importOne(result: KhookImport, document: Document, dedupe: boolean): void {
  const { value, path, entry } = document;
  const { kind, apiVersion } = value;
  if (kind === 'Hook') return addHook(result, document);
  if (typeof kind === 'string' && typeof apiVersion === 'string')
    return leaveOut(result, document, {
      kind,
      name: resourceName(document),
      detail: 'Annex has nothing for it.',
    });
  if (value['mappings'] !== undefined && document.at.length === 0) {
    const conversion = convertMappings({ value, text: document.text, dedupe });
    if (!conversion.ok) {
      result.errors.push(...conversion.errors.map((fault) => placed(document, fault)));
      return;
    }
    const { warnings, ...mapping } = conversion.mapping;
    result.warnings.push(...warnings.map((fault) => placed(document, fault)));
    result.mappings.push({ ...mapping, path: freePath(result.mappings, entry ?? path), from: path });
    return;
  }
  if (Array.isArray(value['plugins'])) return leavePluginsOut(result, document);
  result.errors.push(
    placed(document, {
      pointer: '',
      code: 'KHOOK_UNKNOWN',
      detail: 'is neither a list of event mappings ("mappings: …") nor a Hook ("kind: Hook").',
    }),
  );
}

function addHook(result: KhookImport, document: Document): void {
  const { apiVersion } = document.value;
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith('kagent.dev/')) {
    const detail = `must be of kagent.dev, such as "kagent.dev/v1alpha2", for a Hook of KHook.`;
    result.errors.push(placed(document, { pointer: '/apiVersion', code: 'VALUE', detail }));
    return;
  }
  const reading = readHook(document.value);
  if (!reading.ok) {
    result.errors.push(...reading.errors.map((fault) => placed(document, fault)));
    return;
  }
  const agents = convertHook(reading.hook, {
    from: document.path,
    taken: new Set(result.agents.map(({ path }) => path)),
    warn: (index, detail) => {
      const pointer = `/spec/eventConfigurations/${index}/prompt`;
      result.warnings.push(placed(document, { pointer, code: 'KHOOK_PROMPT', detail }));
    },
  });
  result.agents.push(...agents);
}

/** KHook's `plugins.yaml`: where its events come from. */
function leavePluginsOut(result: KhookImport, document: Document): void {
  const { plugins } = document.value;
  (Array.isArray(plugins) ? plugins : []).forEach((plugin, index) => {
    const name = isJsonObject(plugin) && typeof plugin['name'] === 'string' ? plugin['name'] : `plugins.${index}`;
    leaveOut(
      result,
      { ...document, at: [...document.at, 'plugins', String(index)] },
      {
        kind: 'plugin',
        name,
        detail: 'Annex gets events from sources; declare one in plugin.json (docs/sources.md).',
      },
    );
  });
}

function leaveOut(
  { leftOut }: KhookImport,
  document: Document,
  { kind, name, detail }: Pick<KhookLeftOut, 'kind' | 'name' | 'detail'>,
): void {
  const { line } = placed(document, { pointer: '', code: '', detail: '' });
  leftOut.push({ kind, name, file: document.path, line, detail });
}

function resourceName({ value }: Document): string {
  const { metadata } = value;
  const { name = '', namespace } = isJsonObject(metadata ?? null) ? (metadata as Record<string, unknown>) : {};
  return typeof namespace === 'string' ? `${namespace}/${String(name)}` : String(name);
}

/** A name that Annex takes, made of the file's, and not taken yet. */
function freePath(taken: readonly KhookMapping[], path: string): string {
  const base = (path.split(/[\\/]/).at(-1) ?? '')
    .replace(/\.(ya?ml|json)$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 59);
  for (let count = 1; ; count += 1) {
    const name = `mappings/${base || 'khook'}${count === 1 ? '' : `-${count}`}.yaml`;
    if (!taken.some((mapping) => mapping.path === name)) return name;
  }
}

function placed(
  { path, text, at, hasColumns }: Pick<Document, 'path' | 'text' | 'at' | 'hasColumns'>,
  { code, pointer, detail }: InputFault,
): PlacedFault {
  const place = placeInYaml(text, { file: path, inside: [...at, ...segmentsOf(pointer)], detail });
  const line = place.line ?? firstLine(text);
  return { code, pointer, ...place, line, column: hasColumns ? place.column : null };
}

/** The first line that says something. */
function firstLine(text: string): number {
  return text.split('\n').findIndex((line) => !/^\s*(#.*)?$/.test(line)) + 1;
}
