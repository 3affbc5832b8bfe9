/**
 * JSON (RFC 8259) for files that people write: a mistake is told with line and column, a key that is there twice is
 * refused instead of being overwritten, depth is capped before anything recurses, and texts that PostgreSQL could keep
 * but not look into (U+0000, half a surrogate pair: one such manifest would fail every query that reads a member of its
 * neighbours) are refused here.
 */
import { jsonPointer, quote, type InputFault, type Json, type JsonObject } from '@annex/kernel';

export type JsonReading = { ok: true; value: Json } | { ok: false; errors: InputFault[] };

class SyntaxFault extends Error {
  constructor(
    readonly at: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** Reads one JSON text; `maxDepth` (default 64) is how deep arrays and objects may lie in one another. */
export function readJson(text: string, maxDepth = 64): JsonReading {
  const parser = new JsonParser(text.startsWith('\ufeff') ? text.slice(1) : text, maxDepth);
  try {
    const value = parser.document();
    return parser.faults.length > 0 ? { ok: false, errors: parser.faults } : { ok: true, value };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxFault)) throw thrown;
    const { line, column } = parser.position(thrown.at);
    return {
      ok: false,
      errors: [
        { pointer: '', code: 'JSON_SYNTAX', detail: `line ${line}, column ${column}: ${thrown.message}` },
        ...parser.faults,
      ],
    };
  }
}

const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const plainString = /[ !#-[\]-\uffff]*/y;
const escapes: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

class JsonParser {
  /** What is wrong without ending the reading. */
  readonly faults: InputFault[] = [];
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(
    readonly text: string,
    readonly maxDepth: number,
  ) {}

  position(at: number): { line: number; column: number } {
    const before = this.text.slice(0, at).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }

  document(): Json {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.text.length) throw this.#fault(`${this.#here()} follows the end of the document; remove it.`);
    return value;
  }

  #value(): Json {
    this.#blanks();
    const char = this.text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    number.lastIndex = this.#at;
    const found = number.exec(this.text);
    if (found === null)
      throw this.#fault(
        char === undefined
          ? 'the document ends where a value is expected.'
          : char === "'"
            ? "text is put in double quotes, not in '.': " + this.#here()
            : `${this.#here()} is not a value.`,
      );
    this.#at = number.lastIndex;
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw this.#fault(`${quote(found[0], 30)} is too large a number.`);
    return value;
  }

  #object(): JsonObject {
    const object: JsonObject = {};
    this.#items('}', () => {
      if (this.text[this.#at] !== '"') throw this.#fault(`a key in double quotes is expected, not ${this.#here()}.`);
      const keyAt = this.#at;
      const key = this.#string();
      if (key === '__proto__') throw new SyntaxFault(keyAt, 'the key "__proto__" is not allowed.');
      this.#path.push(key);
      if (Object.hasOwn(object, key)) {
        const { line, column } = this.position(keyAt);
        this.faults.push({
          pointer: jsonPointer(...this.#path),
          code: 'JSON_DUPLICATE_KEY',
          detail: `line ${line}, column ${column}: the key ${quote(key)} is there twice; keep one.`,
        });
      }
      this.#blanks();
      if (this.text[this.#at] !== ':')
        throw this.#fault(`":" is expected after the key ${quote(key)}, not ${this.#here()}.`);
      this.#at += 1;
      object[key] = this.#value();
      this.#path.pop();
    });
    return object;
  }

  #array(): Json[] {
    const array: Json[] = [];
    this.#items(']', () => {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
    });
    return array;
  }

  #items(close: '}' | ']', item: () => void): void {
    if (this.#path.length >= this.maxDepth) throw this.#fault(`it is nested more than ${this.maxDepth} levels deep.`);
    this.#at += 1;
    this.#blanks();
    if (this.text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#blanks();
      item();
      this.#blanks();
      const char = this.text[this.#at];
      if (char === close) {
        this.#at += 1;
        return;
      }
      if (char !== ',') throw this.#fault(`"," or "${close}" is expected, not ${this.#here()}.`);
      const commaAt = this.#at;
      this.#at += 1;
      this.#blanks();
      if (this.text[this.#at] === close)
        throw new SyntaxFault(commaAt, `a comma before "${close}" is not allowed; remove it.`);
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    let out = '';
    for (;;) {
      plainString.lastIndex = this.#at;
      const plain = plainString.exec(this.text)?.[0] ?? '';
      out += plain;
      this.#at += plain.length;
      const char = this.text[this.#at];
      if (char === '"') {
        this.#at += 1;
        this.#refuseUnkept(out, start);
        return out;
      }
      if (char !== '\\')
        throw new SyntaxFault(
          char === undefined ? start : this.#at,
          char === undefined
            ? 'this text has no closing quote.'
            : 'a text may not hold a raw line break or control character; write \\n.',
        );
      out += this.#escape();
    }
  }

  #refuseUnkept(text: string, at: number): void {
    const what = !text.isWellFormed()
      ? 'half a surrogate pair; write both halves, or the character itself.'
      : text.includes('\0')
        ? 'the character U+0000, which cannot be kept; remove it.'
        : undefined;
    if (what === undefined) return;
    const { line, column } = this.position(at);
    this.faults.push({
      pointer: jsonPointer(...this.#path),
      code: 'JSON_TEXT',
      detail: `line ${line}, column ${column}: this text holds ${what}`,
    });
  }

  #escape(): string {
    const letter = this.text[this.#at + 1] ?? '';
    if (letter === 'u') {
      const hex = this.text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#fault('"\\u" is followed by four hexadecimal digits.');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (plain === undefined) throw this.#fault(`"\\${letter}" is not an escape; write "\\\\" for a backslash.`);
    this.#at += 2;
    return plain;
  }

  #blanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      this.#at += 1;
    }
    if (this.text.startsWith('//', this.#at) || this.text.startsWith('/*', this.#at))
      throw this.#fault('JSON has no comments; remove it.');
  }

  #here(): string {
    const char = this.text.slice(this.#at, this.#at + 12);
    return char === '' ? 'the end of the document' : quote(char.split(/\s/)[0] || char, 12);
  }

  #fault(detail: string): SyntaxFault {
    return new SyntaxFault(this.#at, detail);
  }
}
