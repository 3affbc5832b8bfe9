import { quote } from '@annex/kernel';
import { fileLimits } from '@annex/limits';
import { fileErrors } from './errors.js';

/**
 * Control characters, halves of surrogate pairs, and what turns or hides text (Unicode TR 36): a key looks like what it
 * is.
 */
const hidden = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Why a text names no file, or `undefined` when it does. */
export function fileKeyFault(key: string): string | undefined {
  if (key === '') return 'must not be empty';
  const bytes = Buffer.byteLength(key);
  if (bytes > fileLimits.keyBytes) return `has ${bytes} bytes; the limit is ${fileLimits.keyBytes}`;
  if (hidden.test(key) || !key.isWellFormed())
    return 'holds a character that is not visible (control, bidi, half a surrogate pair)';
  if (key.includes('\\')) return 'holds a backslash; separate segments with "/"';
  for (const segment of key.split('/')) {
    if (segment === '') return 'has an empty segment; write single slashes between segments and none at the ends';
    if (segment === '.' || segment === '..')
      return `has the segment "${segment}"; a key is a plain path from the tenant's root`;
  }
  return undefined;
}

/** The key in its one spelling (Unicode form NFC). Throws `FILE_KEY_INVALID`. */
export function readFileKey(text: string): string {
  // Far too long a text is not even normalised.
  const key = text.length > 4 * fileLimits.keyBytes ? text : text.normalize('NFC');
  const fault = fileKeyFault(key);
  if (fault === undefined) return key;
  throw fileErrors.error('FILE_KEY_INVALID', `The key ${quote(text)} ${fault}.`, {
    errors: [{ pointer: '/key', code: 'FILE_KEY_INVALID', detail: fault }],
  });
}
