/** What comes from outside, judged once. */
import { isDeeperThan, jsonBytes, quote, type Json } from '@annex/kernel';
import { settingTreeLimits } from '@annex/limits';
import { settingKeyFault } from '@annex/manifest';
import { settingErrors } from './errors.js';

/** The key in its one spelling (Unicode form NFC). Throws `SETTING_KEY_INVALID`. */
export function readSettingKey(text: string): string {
  // Far too long a text is not even normalised.
  const key = text.length > 4 * settingTreeLimits.keyBytes ? text : text.normalize('NFC');
  const fault = settingKeyFault(key);
  if (fault === undefined) return key;
  throw settingErrors.error('SETTING_KEY_INVALID', `The key ${quote(text)} ${fault}.`, {
    errors: [{ pointer: '/key', code: 'SETTING_KEY_INVALID', detail: fault }],
  });
}

/** Why a value is none that a tree keeps, or `undefined`. */
export function settingValueFault(value: Json): string | undefined {
  const { levels, valueBytes } = settingTreeLimits;
  if (isDeeperThan(value, levels)) return `is nested deeper than ${levels} levels; flatten it`;
  const bytes = jsonBytes(value);
  if (bytes > valueBytes)
    return `is ${bytes} bytes of JSON; the limit is ${valueBytes}. Keep parts of it under keys of their own`;
  return JSON.stringify(value).includes('\\u0000')
    ? 'contains the character U+0000, which cannot be stored'
    : undefined;
}

/** Throws `SETTING_TOO_LARGE` for a value that no tree keeps. */
export function requireSettingValue(key: string, value: Json): void {
  const detail = settingValueFault(value);
  if (detail === undefined) return;
  throw settingErrors.error('SETTING_TOO_LARGE', `The value of ${quote(key)} ${detail}.`, {
    errors: [{ pointer: '/value', code: 'SETTING_TOO_LARGE', detail }],
  });
}
