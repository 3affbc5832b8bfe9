/** A parsed MIME type (MIME Sniffing §4.4). */
export interface MimeType {
  /** `type/subtype`, lower case. */
  essence: string;
  parameters: Map<string, string>;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Parses a MIME type; null when it is none. */
export function parseMimeType(text: string): MimeType | null {
  const input = text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  const slash = input.indexOf('/');
  if (slash < 1) return null;
  const type = input.slice(0, slash);
  let at = input.indexOf(';', slash);
  if (at < 0) at = input.length;
  const subtype = input.slice(slash + 1, at).replace(/[\t\n\r ]+$/, '');
  if (!TOKEN.test(type) || !TOKEN.test(subtype)) return null;
  const parameters = new Map<string, string>();
  while (at < input.length) {
    at++;
    while (at < input.length && ' \t\n\r'.includes(input.charAt(at))) at++;
    const start = at;
    while (at < input.length && input[at] !== ';' && input[at] !== '=') at++;
    const name = input.slice(start, at).toLowerCase();
    if (at >= input.length) break;
    if (input[at] === ';') continue;
    at++;
    let value = '';
    if (input[at] === '"') {
      at++;
      while (at < input.length && input[at] !== '"') {
        if (input[at] === '\\' && at + 1 < input.length) at++;
        value += input.charAt(at++);
      }
      while (at < input.length && input[at] !== ';') at++;
    } else {
      const from = at;
      while (at < input.length && input[at] !== ';') at++;
      value = input.slice(from, at).replace(/[\t\n\r ]+$/, '');
      if (value === '') continue;
    }
    if (TOKEN.test(name) && VALUE.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
  return { essence: `${type}/${subtype}`.toLowerCase(), parameters };
}

/** Serialises a MIME type, quoting parameter values where that is needed. */
export function serializeMimeType(type: MimeType): string {
  let text = type.essence;
  for (const [name, value] of type.parameters) {
    text += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/(["\\])/g, '\\$1')}"`}`;
  }
  return text;
}

/**
 * "Extract a MIME type" of Fetch §2.2.2 from the combined value of `Content-Type`: the last valid one, with an earlier
 * charset kept; null when there is none.
 */
export function extractMimeType(value: string): MimeType | null {
  let result: MimeType | null = null;
  let charset: string | null = null;
  for (const part of splitList(value)) {
    const type = parseMimeType(part);
    if (type === null || type.essence === '*/*') continue;
    const given = type.parameters.get('charset') ?? null;
    if (result === null || type.essence !== result.essence) charset = given;
    else if (given === null && charset !== null) type.parameters.set('charset', charset);
    result = type;
  }
  return result;
}

/** Splits a header value at its commas outside quoted strings ("get, decode, and split"). */
function splitList(value: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const c = value[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) {
      parts.push(value.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(value.slice(from));
  return parts;
}
