import { secretLimits } from '@annex/limits';
/** The forms in which a secret may turn up in text. */

/**
 * A longer value is taken apart, so that no step of making its forms is long. Parts overlap by one piece, so each
 * begins where a piece of the whole does.
 */
const partLength = 1_088;
const partOverlap = 64;

/**
 * The texts of which {@link formsOf} makes everything that has to be hidden of a value: the value, or its parts, and
 * its lines.
 */
export function* partsOf(value: string): Generator<string> {
  yield* parts(value);
  for (const line of linesOf(value)) yield* parts(line);
}

function* parts(text: string): Generator<string> {
  for (let start = 0; ;) {
    const end = between(text, start + partLength);
    yield text.slice(start, end);
    if (end >= text.length) return;
    start = between(text, end - partOverlap);
  }
}

/** A place that does not part a surrogate pair. */
function between(text: string, at: number): number {
  return at < text.length && /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : Math.min(at, text.length);
}

/** Every form of a text, each at least {@link secretLimits.fewestMaskedChars} characters long. */
export function formsOf(text: string): Set<string> {
  return new Set(formsOfText(text).filter((form) => form.length >= secretLimits.fewestMaskedChars));
}

/** A shorter line of a secret of many lines, or a shorter secret in lower case, tells little and may be any word. */
const minTellingLength = 12;
/** Lines of one secret that are masked one by one: enough for a chain of certificates, and a bound for the work. */
const maxLines = 200;

/**
 * The lines of a secret of many (a key, a file of credentials), which are printed, cut and copied one by one. The frame
 * of a PEM is no secret.
 */
function linesOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length < 2
    ? []
    : lines.filter((line) => line.length >= minTellingLength && !line.startsWith('-----')).slice(0, maxLines);
}

function formsOfText(value: string): string[] {
  const escaped = inJson(value);
  const url = percentEncoded(value);
  const strict = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  // What `btoa`, and some clients for Basic credentials, read as bytes; others read UTF-8.
  const isLatin1 = /^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(value);
  return [
    value,
    // Names of hosts and headers are written so.
    ...(value.length >= minTellingLength ? [value.toLowerCase(), value.toUpperCase()] : []),
    ...inHtml(value),
    // In JSON, and in JSON inside JSON.
    escaped,
    inJson(escaped),
    asciiJson(value),
    url,
    strict,
    lowerEscapes(url),
    lowerEscapes(strict),
    // Whole URLs, and what `URL` makes of a path.
    encodeURI(value.toWellFormed()),
    escape(value),
    // application/x-www-form-urlencoded, as most write it and as URLSearchParams does
    strict.replaceAll('%20', '+'),
    lowerEscapes(strict.replaceAll('%20', '+')),
    new URLSearchParams({ '': value }).toString().slice(1),
    ...ofBytes(Buffer.from(value, 'utf8')),
    ...(isLatin1 ? ofBytes(Buffer.from(value, 'latin1')) : []),
  ];
}

function ofBytes(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  return [
    hex,
    hex.toUpperCase(),
    bytes.toString('base64'),
    ...[0, 1, 2].flatMap((shift) => {
      const inner = base64Within(bytes, shift);
      return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
    }),
  ];
}

/** Escaped for HTML as templates do it, and as other writers do. */
function inHtml(text: string): string[] {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    plain,
    plain.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
    plain.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    plain.replaceAll('"', '&quot;'),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** JSON as encoders write it that keep to ASCII. */
function asciiJson(text: string): string {
  return inJson(text).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function lowerEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

/**
 * The base64 characters that bytes have when `shift` (0 to 2, modulo 3) other bytes stand before them, without those at
 * both ends that depend on the neighbours. So a password is found in `Authorization: Basic` although a user name was
 * encoded with it.
 */
function base64Within(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}
