/**
 * Puts values into the URL of a webhook so that each stays in its place: whatever a value holds, it is one path
 * segment, one value of the query, or the beginning of the URL as an admin wrote it. A value can neither add parameters
 * nor lead elsewhere.
 */
import { quote } from '@annex/kernel';
import { fillPlaceholders, placeholdersOf } from '@annex/manifest';

export interface FilledUrl {
  url: string;
  /**
   * Whether scheme, host and port are all of one secret's value: then an admin chose where it goes, else the package
   * did.
   */
  hostIsSecret: boolean;
}

type Placeholder = Parameters<Parameters<typeof fillPlaceholders>[1]>[0];

/** Fills a template. Answers a sentence that names the place and no value when one does not fit it. */
export function fillUrl(
  template: string,
  valueOf: (placeholder: Placeholder) => string,
): FilledUrl | { fault: string } {
  const whole = template.trim();
  let filled = '';
  let end = 0;
  let leading: string | undefined;
  let fault: string | undefined;
  // The placeholders one by one, with what was filled in before each.
  fillPlaceholders(whole, (placeholder) => {
    const start = whole.indexOf('${', end);
    filled += whole.slice(end, start);
    end = whole.indexOf('}', start) + 1;
    const value = valueOf(placeholder);
    const shown = whole.slice(start, end);
    if (start === 0) {
      leading = value.trim();
      fault ??= leadingFault(leading, whole.slice(end), shown);
      filled += leading;
    } else if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*$/i.test(filled)) {
      if (!/^([a-z0-9._-]+|\[[0-9a-f.:]+\])(:\d{1,5})?$/i.test(value))
        fault ??= `${quote(shown)} stands where the host is, and its value is no host.`;
      filled += value;
    } else {
      filled += encodeURIComponent(value.toWellFormed());
    }
    return '';
  });
  filled += whole.slice(end);
  fault ??= dotFault(whole, filled);
  if (fault !== undefined) return { fault: `${fault} Correct the secret or the setting.` };
  const origin =
    leading === undefined || placeholdersOf(whole)[0]?.kind !== 'secret' ? undefined : URL.parse(leading)?.origin;
  return { url: filled, hostIsSecret: origin !== undefined && origin === URL.parse(filled)?.origin };
}

/** A value at the beginning stays as it is; what follows must still come where it seems to stand. */
function leadingFault(value: string, rest: string, shown: string): string | undefined {
  if (/[\0-\x20\x7f]/.test(value))
    return `${quote(shown)} begins the URL, and its value holds a blank, a line break or a control character.`;
  if (rest === '') return undefined;
  if (value.includes('#'))
    return `${quote(shown)} begins the URL, and its value holds a "#", behind which nothing is sent.`;
  return value.includes('?') && rest.startsWith('/')
    ? `${quote(shown)} begins the URL, and its value holds a "?", so the path behind it would become a part of the ` +
        'query.'
    : undefined;
}

/** "." and ".." as a whole segment lead to another path, written out or encoded. */
function dotFault(template: string, filled: string): string | undefined {
  return dots(filled) > dots(template)
    ? 'A placeholder in the path of the URL has a value that is "." or "..", which leads to another path.'
    : undefined;
}

function dots(text: string): number {
  return (
    text
      .split(/[?#]/, 1)[0]
      ?.split(/[/\\]/)
      .filter((segment) => /^(\.|%2e){1,2}$/i.test(segment)).length ?? 0
  );
}
