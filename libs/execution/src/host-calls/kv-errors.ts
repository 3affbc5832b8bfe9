/** What `ctx.kv` and `ctx.shared` refuse, on a server and in tests alike. */
import { quote } from '@annex/kernel';
import { executionErrors } from '../errors.js';

/** The key has another version than the one that a call asks for. */
export function kvChanged(key: string, ifVersion: number): Error {
  const what = ifVersion === 0 ? 'is there already' : `has not the version ${ifVersion} any more`;
  return executionErrors.error(
    'KV_CHANGED',
    `The key ${quote(key)} ${what}; nothing was changed. Read it again with { version: true }, and decide anew.`,
  );
}

/** The key holds what cannot be counted. */
export function kvNotANumber(key: string): Error {
  return executionErrors.error(
    'KV_NOT_A_NUMBER',
    `The key ${quote(key)} holds something else than a number, so it cannot be counted up. Delete it or use ` +
      'another key.',
  );
}
