/**
 * JSON text that PostgreSQL takes wherever it unpacks it. Its `json` functions refuse U+0000 and halves of surrogate
 * pairs, both of which JavaScript's strings may hold: each becomes U+FFFD, so that one odd character cannot cost a
 * whole batch.
 */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  if (!suspicious.test(text)) return text;
  // Escapes are read one by one, so that an escaped backslash before `u0000` is not taken for one.
  return text.replace(/\\(?:u[0-9a-f]{4}|.)/g, (escape) => (unstorable.test(escape) ? '\\ufffd' : escape));
}

/**
 * `JSON.stringify` writes only halves of pairs as escapes of D800 to DFFF; whole pairs stay characters (ECMA-262
 * §25.5.2.3).
 */
const suspicious = /\\u(?:0000|d[89a-f])/;
const unstorable = /^\\u(?:0000|d[89a-f]..)$/;

/** The same for text: what PostgreSQL's `text` refuses becomes U+FFFD. */
export function storableText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
}
