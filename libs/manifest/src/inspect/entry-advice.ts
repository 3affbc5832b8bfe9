/** What entries do that a stranger would not know to be wrong, by how running them ended, and what to do instead. */
const advices: readonly (readonly [ending: RegExp, advice: string])[] = [
  [/^(TIMEOUT|CPU_LIMIT)\b/, 'The entry only registers handlers; do the work inside them.'],
  [/^[A-Z_]+: ctx is not defined/, 'A handler is given ctx; use it inside one.'],
  [/^[A-Z_]+: (window|document|XMLHttpRequest|localStorage) is not defined/, 'There is no browser here.'],
  [/^[A-Z_]+: (WebAssembly|SharedArrayBuffer|Atomics) is not defined/, 'Plugins do not have it; use JavaScript alone.'],
  [/^[A-Z_]+: (require|module|exports|__dirname|__filename) is not defined/, 'Write it as an ES module, with import.'],
];

/** What to do about an entry that ended so, after a full stop; empty where nothing is known. */
export function entryAdvice(code: string, message: string): string {
  const ending = `${code}: ${message}`;
  const advice = advices.find(([pattern]) => pattern.test(ending))?.[1];
  return advice === undefined ? '' : `. ${advice}`;
}
