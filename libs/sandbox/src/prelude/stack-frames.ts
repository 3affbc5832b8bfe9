import { indexOf, slice } from './primordials.js';

/**
 * The frames of a stack as V8 wrote it, each with the line break before it, without those of the platform itself. `''`
 * for no stack.
 */
export function authorFrames(stack: unknown): string {
  if (typeof stack !== 'string') return '';
  let frames = '';
  let rest = stack;
  for (;;) {
    const start = indexOf(rest, '\n    at ');
    if (start < 0) return frames;
    rest = slice(rest, start + 1);
    const end = indexOf(rest, '\n');
    const line = end < 0 ? rest : slice(rest, 0, end);
    // The platform's own script, as `guest.ts` names it: `at f (annex:1:2)`, `at annex:1:2`.
    if (indexOf(line, '(annex:') < 0 && indexOf(line, ' annex:') < 0) frames += `\n${line}`;
  }
}
