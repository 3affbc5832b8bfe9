/**
 * YAML without aliases, tags and merges, so that a small document cannot become a large value, and a text means what it
 * looks like.
 */
import { isJsonObject, messageOf, quote, type InputFault, type JsonObject } from '@annex/kernel';
import {
  isAlias,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLError,
} from 'yaml';

export type YamlReading = { ok: true; value: JsonObject } | { ok: false; errors: InputFault[] };

export interface ReadYamlOptions {
  /** Of the document. */
  maxBytes: number;
  /** Of lists and objects. */
  levels: number;
  /** What the document is, for people: a noun. */
  what: string;
}

/** Reads a document that holds one object. Never throws for what it holds. */
export function readYaml(bytes: Uint8Array, { maxBytes, levels, what }: ReadYamlOptions): YamlReading {
  const refuse = (code: string, detail: string): YamlReading => ({
    ok: false,
    errors: [{ pointer: '', code, detail }],
  });
  if (bytes.length > maxBytes)
    return refuse(`${what.toUpperCase()}_TOO_LARGE`, `is ${bytes.length} bytes; at most ${maxBytes} are read.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('YAML_SYNTAX', 'is not UTF-8; save it in that encoding.');
  }
  if (mayNestDeep(text)) return refuse('YAML_DEPTH', `is nested too deep; at most ${levels} levels are read.`);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      strict: true,
      uniqueKeys: true,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    const problems = [...document.errors, ...document.warnings];
    if (problems.length > 0) {
      return {
        ok: false,
        errors: rootFaults(problems, lines).map(({ pos, message, code }) => {
          const { line, col } = lines.linePos(pos[0]);
          return {
            pointer: '',
            code: code === 'DUPLICATE_KEY' ? 'YAML_DUPLICATE_KEY' : 'YAML_SYNTAX',
            detail:
              `line ${line}, column ${col}: ` +
              (code === 'MULTIPLE_DOCS'
                ? `a second document begins; write one ${what} a file`
                : (message.split('\n')[0]?.slice(0, 200) ?? '')) +
              '.',
          };
        }),
      };
    }
    const fault = unwantedNode(document, lines, levels);
    if (fault) return { ok: false, errors: [fault] };
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    if (!isJsonObject(value)) return refuse('TYPE', 'must hold one object: "api_version: v1" and so on.');
    return { ok: true, value };
  } catch (thrown) {
    return refuse('YAML_SYNTAX', `cannot be read: ${messageOf(thrown).slice(0, 200)}.`);
  }
}

/** Most faults of one document that are told. */
const maxFaults = 20;
/** Codes of which one slip gives a fault for each line that follows. */
const spreading: ReadonlySet<string> = new Set(['BAD_INDENT', 'TAB_AS_INDENT']);

/**
 * The faults that are slips of their own. Behind one, the parser trips over the rest of the line; and over each further
 * line where it is the indent that is wrong.
 */
function rootFaults(problems: readonly YAMLError[], lines: LineCounter): YAMLError[] {
  let last: { line: number; col: number; code: string } | undefined;
  const roots = problems.filter(({ code, pos }) => {
    if (code === 'DUPLICATE_KEY') return true;
    const { line, col } = lines.linePos(pos[0]);
    const isFollowing = last?.line === line || (last?.code === code && last.col === col && spreading.has(code));
    last = { line, col, code };
    return !isFollowing;
  });
  return roots.slice(0, maxFaults);
}

/**
 * Whether brackets, or marks of compact collections ("- - - a"), could nest deeper than the parser's recursion should
 * go. Counts every bracket, also those in quotes and comments: no document needs so many that are not closed.
 */
function mayNestDeep(text: string): boolean {
  let open = 0;
  let marks = 0;
  for (const char of text) {
    if (char === '[' || char === '{') open += 1;
    else if (char === ']' || char === '}') open = Math.max(0, open - 1);
    if (char === '-' || char === '?') marks += 1;
    else if (char !== ' ' && char !== '\t') marks = 0;
    if (open > 64 || marks > 64) return true;
  }
  return false;
}

/**
 * Aliases and anchors multiply, tags make other things than text, numbers and lists, and keys that are no text have no
 * pointer.
 */
function unwantedNode(document: Document, lines: LineCounter, levels: number): InputFault | undefined {
  let fault: InputFault | undefined;
  const refuse = (node: unknown, code: string, detail: string): symbol => {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const { line, col } = lines.linePos(offset);
    fault = { pointer: '', code, detail: `line ${line}, column ${col}: ${detail}` };
    return visit.BREAK;
  };
  visit(document, (_key, node, path) => {
    if (path.length > levels * 2)
      return refuse(node, 'YAML_DEPTH', `is nested too deep; at most ${levels} levels are read.`);
    if (isAlias(node) || (isNode(node) && 'anchor' in node && typeof node.anchor === 'string'))
      return refuse(node, 'YAML_ALIAS', 'anchors (&) and aliases (*) are not read; write the value out.');
    if (isNode(node) && typeof node.tag === 'string' && !node.tag.startsWith('tag:yaml.org,2002:'))
      return refuse(node, 'YAML_TAG', `the tag ${quote(node.tag, 40)} is not read; remove it.`);
    if (isScalar(node) && typeof node.value === 'string' && (node.value.includes('\0') || !node.value.isWellFormed()))
      return refuse(node, 'YAML_TEXT', 'this text holds the character U+0000, or half a surrogate pair; remove it.');
    if (isPair(node) && !(isScalar(node.key) && typeof node.key.value === 'string'))
      return refuse(node.key, 'YAML_KEY', 'a key must be text; put it in quotes.');
    if (isPair(node) && isScalar(node.key) && node.key.value === '__proto__')
      return refuse(node.key, 'YAML_KEY', 'the key "__proto__" is not allowed.');
    return undefined;
  });
  return fault;
}
