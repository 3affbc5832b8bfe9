import { utf8Decode } from './encoding.js';

/** What the `Content-Disposition` of a part says. */
export interface Disposition {
  /** Lower case: `form-data`. */
  type: string;
  /** By lower-case name. Both forms of a name (`filename`, `filename*`) are one entry; the extended one counts. */
  parameters: Map<string, string>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~A-Za-z0-9]+/y;
/** Unquoted values: tokens, and the letters of other scripts that some senders do not quote. */
const BARE = /[^\s;"=]+/y;
/** RFC 8187: charset, language, and the value with percent-encoded bytes. */
const EXTENDED = /^([A-Za-z0-9!#$%&+\-^_`{}~]+)'[A-Za-z0-9-]*'(.*)$/;

/**
 * Parses a `Content-Disposition` by its grammar (RFC 6266 §4.1, RFC 7578 §4.2, extended values by RFC 8187); null when
 * the text is none. Lenient where senders differ: a backslash is an escape before `"` and `\` only, and a `;` may stand
 * at the end.
 */
export function parseDisposition(text: string): Disposition | null {
  const plain = new Map<string, string>();
  const extended = new Map<string, string>();
  const type = take(TOKEN, text, 0);
  if (type === undefined) return null;
  let at = skipBlanks(text, type.length);
  while (at < text.length) {
    if (text[at] !== ';') return null;
    at = skipBlanks(text, at + 1);
    if (at >= text.length) break;
    const name = take(TOKEN, text, at);
    if (name === undefined) return null;
    at = skipBlanks(text, at + name.length);
    if (text[at] !== '=') return null;
    at = skipBlanks(text, at + 1);
    const value = text[at] === '"' ? quoted(text, at) : bare(text, at);
    if (value === undefined) return null;
    at = skipBlanks(text, value.end);
    const isExtended = name.endsWith('*');
    const [table, key] = isExtended
      ? ([extended, name.slice(0, -1).toLowerCase()] as const)
      : ([plain, name.toLowerCase()] as const);
    // Two values of one name: whoever looked at the body before may have taken the other.
    if (table.has(key)) return null;
    table.set(key, isExtended ? value.text : unescapeForm(value.text));
  }
  for (const [name, value] of extended) {
    const decoded = decodeExtended(value);
    if (decoded !== undefined) plain.set(name, decoded);
    else if (!plain.has(name)) plain.set(name, value);
  }
  return { type: type.toLowerCase(), parameters: plain };
}

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

function bare(text: string, at: number): { text: string; end: number } | undefined {
  const value = take(BARE, text, at);
  return value === undefined ? undefined : { text: value, end: at + value.length };
}

/**
 * A quoted string. Where no quote closes it, as after a path that ends in a backslash, backslashes were never meant as
 * escapes.
 */
function quoted(text: string, at: number): { text: string; end: number } | undefined {
  let value = '';
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '"') return { text: value, end: i + 1 };
    if (text[i] === '\\' && (text[i + 1] === '"' || text[i + 1] === '\\')) i++;
    value += text.charAt(i);
  }
  const end = text.indexOf('"', at + 1);
  return end < 0 ? undefined : { text: text.slice(at + 1, end), end: end + 1 };
}

/** Browsers write line breaks and quotes like this (HTML §4.10.21.8). */
function unescapeForm(text: string): string {
  return text.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replace(/%22/g, '"');
}

/** An extended value as text; undefined when it is none, or in a charset other than UTF-8 and ISO-8859-1. */
function decodeExtended(value: string): string | undefined {
  const parts = EXTENDED.exec(value);
  const charset = parts?.[1]?.toLowerCase();
  const encoded = parts?.[2];
  if (encoded === undefined || /%(?![0-9A-Fa-f]{2})/.test(encoded)) return undefined;
  if (charset === 'iso-8859-1')
    return encoded.replace(/%(..)/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  if (charset !== 'utf-8') return undefined;
  return encoded.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => utf8Decode(Uint8Array.fromHex(run.replace(/%/g, ''))));
}
