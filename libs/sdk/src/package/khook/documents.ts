/** The documents of KHook's files: several may stand in one, in a list of kubectl's, or in a ConfigMap. */
import { isJsonObject, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { readYaml } from '@annex/manifest';
import { findYamlPath } from '../yaml-lines.js';

/** One thing that a file describes. */
export interface KhookDocument {
  value: JsonObject;
  /** The YAML text that holds it, behind as many empty lines as come before it in the file: so the lines agree. */
  text: string;
  /** Where in the text's document it stands; empty: it is the document. */
  at: string[];
  /** Whether columns of the text are those of the file. */
  hasColumns: boolean;
  /** What the ConfigMap calls it; `null`: it stands in the file itself. */
  entry: string | null;
}

export interface KhookReading {
  documents: KhookDocument[];
  /** Faults with a `detail` that names the line. */
  errors: InputFault[];
}

/** Of one file. Manifests of clusters are small: etcd takes no object of more than 1.5 MB. */
const maxBytes = 4 * 1024 * 1024;
/** What kubectl adds (`managedFields`) nests deeper than anybody writes. */
const levels = 32;
const maxDocuments = 1000;

/** Splits a file into what it describes. Never throws for what it holds. */
export function readKhookDocuments(bytes: Uint8Array): KhookReading {
  if (bytes.length > maxBytes)
    return {
      documents: [],
      errors: [
        { pointer: '', code: 'FILE_TOO_LARGE', detail: `is ${bytes.length} bytes; at most ${maxBytes} are read.` },
      ],
    };
  const reading: KhookReading = { documents: [], errors: [] };
  const texts = splitDocuments(Buffer.from(bytes).toString('utf8'));
  if (texts.length === 0) reading.errors.push({ pointer: '', code: 'FILE_EMPTY', detail: 'holds nothing.' });
  for (const text of texts) readText(reading, text, null);
  return reading;
}

/** The texts between the lines `---`, each behind as many empty lines as came before it. */
function splitDocuments(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const starts = [0, ...lines.flatMap((line, index) => (/^---(\s|$)/.test(line) ? [index] : []))].slice(
    0,
    maxDocuments,
  );
  return starts
    .map((start, index) => {
      const own = lines.slice(start, starts[index + 1] ?? lines.length);
      if (/^---\s*(#.*)?$/.test(own[0] ?? '')) own[0] = '';
      return { start, own };
    })
    .filter(({ own }) => own.some((line) => !/^\s*(#.*)?$/.test(line)))
    .map(({ start, own }) => '\n'.repeat(start) + own.join('\n'));
}

function readText(reading: KhookReading, text: string, entry: string | null): void {
  const parsed = readYaml(Buffer.from(text), { maxBytes: 2 * maxBytes, levels, what: 'resource' });
  if (!parsed.ok) {
    reading.errors.push(...parsed.errors.slice(0, 1).map((fault) => withHelm(fault, text)));
    return;
  }
  addValue(reading, { value: parsed.value, text, at: [], hasColumns: entry === null, entry });
}

/** A template of a chart is no YAML yet; what a parser says of it helps nobody. */
function withHelm(fault: InputFault, text: string): InputFault {
  const place = /^line \d+, column \d+: /.exec(fault.detail)?.[0];
  if (place === undefined || fault.code !== 'YAML_SYNTAX' || !/^\s*\{\{|: *\{\{/m.test(text)) return fault;
  return { ...fault, detail: `${place}holds templates of Helm; give what "helm template" prints of the chart.` };
}

function addValue(reading: KhookReading, document: KhookDocument): void {
  const { value, at, text } = document;
  const { kind, items, data } = value;
  if ((kind === 'List' || kind === 'HookList') && Array.isArray(items)) {
    items.forEach((item, index) => {
      if (isJsonObject(item)) addValue(reading, { ...document, value: item, at: [...at, 'items', String(index)] });
    });
    return;
  }
  const mappings = kind === 'ConfigMap' ? mappingsOf(data) : [];
  if (mappings.length === 0) reading.documents.push(document);
  for (const [entry, inner] of mappings) {
    readText(reading, '\n'.repeat(linesBefore(text, [...at, 'data', entry])) + inner, entry);
  }
}

/** The entries of a ConfigMap that are event mappings. */
function mappingsOf(data: Json | undefined): [entry: string, text: string][] {
  if (!isJsonObject(data)) return [];
  return Object.entries(data).flatMap(([entry, text]): [string, string][] =>
    typeof text === 'string' && /^mappings:/m.test(text) ? [[entry, text]] : [],
  );
}

/** How many lines come before a text that stands in a member of the document. */
function linesBefore(text: string, path: readonly string[]): number {
  const offset = findYamlPath(text, path) ?? 0;
  const end = text.indexOf('\n', offset);
  const line = text.slice(0, offset).split('\n').length - 1;
  return /:\s*[|>]/.test(text.slice(offset, end)) ? line + 1 : line;
}
