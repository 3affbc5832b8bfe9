/**
 * Regular expressions whose time grows with the text and no faster. A schema's patterns come from its author and the
 * texts from a tenant, and with the engine of the language a pattern such as `^(a+)+$` holds a thread for seconds.
 */
import { quote } from '@annex/kernel';
import { RE2JS } from 're2js';

/** What a validator needs of a regular expression. */
export interface Pattern {
  test(text: string): boolean;
  /** Different for different patterns. */
  toString(): string;
}

/** Why a text is no pattern that settings may have; `undefined`: it is one. */
export function patternFault(text: string): string | undefined {
  try {
    new RegExp(text, 'u');
  } catch {
    return `${quote(text)} is not a regular expression (ECMA-262, flag u).`;
  }
  if (compile(text) !== undefined) return undefined;
  if (/\(\?<?[=!]/.test(text))
    return (
      `${quote(text)} looks ahead or behind, which patterns here cannot; write several patterns under allOf, or say ` +
      'with "not" what is refused.'
    );
  if (/\\[1-9k]/.test(text))
    return `${quote(text)} refers back to a group, which patterns here cannot; spell the choices out with "|" or enum.`;
  return (
    `${quote(text)} is too large, or uses what patterns here cannot (RE2 syntax, counts up to 1000); simplify it, ` +
    'and bound lengths with maxLength.'
  );
}

/**
 * For ajv's `code.regExp`. A pattern of a schema that was accepted before this rule is judged as it was then, within
 * the time limit.
 */
export function linearPattern(text: string, flags: string): Pattern {
  const compiled = compile(text);
  if (compiled === undefined) return new RegExp(text, flags);
  return { test: (value) => compiled.matcher(value).find(), toString: () => `linear /${text}/${flags}` };
}
linearPattern.code = 'new RegExp';

function compile(text: string): RE2JS | undefined {
  // Translated, it would mean the letter k.
  if (/(?<!\\)(?:\\\\)*\\k</.test(text)) return undefined;
  try {
    return RE2JS.compile(RE2JS.translateRegExp(text));
  } catch {
    return undefined;
  }
}
