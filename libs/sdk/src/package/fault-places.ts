/** Where a fault is: the file and the line that a pointer, or the words of the compiler, lead to. */
import type { InputFault } from '@annex/kernel';
import type { Registration } from '@annex/manifest';
import { findPointer } from './json-lines.js';
import { findYamlPath } from './yaml-lines.js';

/** A fault with its place. */
export interface PlacedFault {
  /** Stable, such as `UNKNOWN_KEY`. */
  code: string;
  /** What is wrong, and what to write instead. */
  detail: string;
  /** The place as the API names it: into the manifest, `/file` for the archive, `/handlers/<index>`. */
  pointer: string;
  /** Path in the plugin's folder; `null`: the fault is of the whole. */
  file: string | null;
  /** From 1; `null`: of the whole file. */
  line: number | null;
  /** From 1. */
  column: number | null;
}

type Place = Pick<PlacedFault, 'file' | 'line' | 'column'>;
type Files = ReadonlyMap<string, Uint8Array>;

const nowhere: Place = { file: null, line: null, column: null };

/** Finds the places of faults, and puts these in the order of files and lines. */
export function faultPlaces(files: Files, registrations: readonly Registration[] = []) {
  const textOf = (path: string): string | undefined => {
    const bytes = files.get(path);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  const find = ({ pointer, detail }: InputFault): Place & { detail?: string } =>
    saidPlace(detail, files) ??
    brokenPlace(pointer, detail) ??
    handlerPlace(pointer, registrations, files) ??
    filePlace(pointer, detail, files) ??
    manifestPlace(pointer, textOf('plugin.json'));
  return (faults: readonly InputFault[]): PlacedFault[] =>
    faults
      .map(({ pointer, code, detail }) => ({ code, detail, pointer, ...find({ pointer, code, detail }) }))
      .sort(byPlace);
}

/** In the order of files and lines. */
export function byPlace(one: PlacedFault, other: PlacedFault): number {
  const [a, b] = [one.file ?? '', other.file ?? ''];
  return a === b ? (one.line ?? 0) - (other.line ?? 0) : a < b ? -1 : 1;
}

/** `main.ts:3:5: …` at the beginning, or `(at main.ts:3:5)` at the end. */
function saidPlace(detail: string, files: Files): (Place & { detail: string }) | undefined {
  const first = /^([^\s:]+):(\d+)(?::(\d+))?: ([^]*)$/.exec(detail);
  const last = / \(at ([^\s:]+):(\d+):(\d+)\)$/.exec(detail);
  const [, file, line, column, rest] = first ?? last ?? [];
  if (file === undefined || !files.has(file)) return undefined;
  return {
    file,
    line: Number(line),
    column: column === undefined ? null : Number(column),
    detail: first ? (rest ?? detail) : detail.slice(0, last?.index),
  };
}

/** `line 5, column 22: …` of a `plugin.json` that is no JSON. */
function brokenPlace(pointer: string, detail: string): (Place & { detail: string }) | undefined {
  const [, line, column, rest] = (pointer === '' && /^line (\d+), column (\d+): ([^]*)$/.exec(detail)) || [];
  if (rest === undefined) return undefined;
  return { file: 'plugin.json', line: Number(line), column: Number(column), detail: rest };
}

const callNames: Record<string, string> = {
  event: 'hook',
  init: 'onInit',
  install: 'onInstall',
  config_change: 'onConfigChange',
  reload: 'onReload',
  shutdown: 'onShutdown',
  uninstall: 'onUninstall',
};

/** The call that registered a handler, if a text of the plugin's own shows it. */
function handlerPlace(pointer: string, registrations: readonly Registration[], files: Files): Place | undefined {
  const index = /^\/handlers\/(\d+)/.exec(pointer)?.[1];
  const handler = index === undefined ? undefined : registrations[Number(index)];
  if (handler === undefined) return undefined;
  const name = handler.kind === 'route' ? handler.path : handler.name;
  const call = callNames[handler.kind === 'lifecycle' ? handler.name : handler.kind] ?? handler.kind;
  const hasName = handler.kind !== 'lifecycle' && handler.kind !== 'health';
  const wanted = new RegExp(
    `\\b${call}\\b\\s*(?:<[^()]*>)?\\s*\\(\\s*${hasName ? `(['"\`])${name.replace(/[^\w]/g, '\\$&')}\\1` : ''}`,
  );
  for (const [file, bytes] of files) {
    if (!/\.[cm]?[jt]sx?$/.test(file) || /(^|\/)node_modules\//.test(file)) continue;
    const text = Buffer.from(bytes).toString('utf8');
    const found = wanted.exec(text);
    if (found) return { file, ...lineAt(text, found.index) };
  }
  return undefined;
}

/**
 * A pointer whose first segments are the path of a file: those of templates and of webhooks. What follows them leads
 * into the file, and is told with the fault.
 */
function filePlace(pointer: string, detail: string, files: Files): (Place & { detail: string }) | undefined {
  const segments = segmentsOf(pointer);
  for (let count = segments.length; count > 1; count -= 1) {
    const file = segments.slice(0, count).join('/');
    const bytes = files.get(file);
    if (bytes === undefined) continue;
    return placeInYaml(Buffer.from(bytes).toString('utf8'), { file, inside: segments.slice(count), detail });
  }
  return undefined;
}

interface InYaml {
  file: string;
  /** Where in the document: what stands behind the file in the fault's pointer. */
  inside: readonly string[];
  detail: string;
}

/** The place of a fault in a YAML text: the line that its words name, or the one that its pointer leads to. */
export function placeInYaml(text: string, { file, inside, detail }: InYaml): Place & { detail: string } {
  const told = detail.startsWith(`${file}: `) ? detail.slice(file.length + 2) : detail;
  const [, line, column] = /\bline (\d+)(?:, column (\d+))?/.exec(told) ?? [];
  if (line !== undefined) {
    // The place stands beside the fault; at the beginning of its words it would be said twice.
    const rest = told.replace(/^line \d+, column \d+: /, '');
    return { file, line: Number(line), column: column ? Number(column) : null, detail: rest };
  }
  const offset = findYamlPath(text, inside);
  const place = offset === undefined ? { line: null, column: null } : lineAt(text, offset);
  return { file, ...place, detail: inside.length === 0 ? told : `${inside.join('.')} ${told}` };
}

/** Segments of a JSON pointer. */
export function segmentsOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map(unescaped);
}

function manifestPlace(pointer: string, text: string | undefined): Place {
  if (text === undefined || pointer === '/file') return nowhere;
  const offset = findPointer(text, segmentsOf(pointer));
  return { file: 'plugin.json', ...(offset === undefined ? { line: 1, column: null } : lineAt(text, offset)) };
}

function lineAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
