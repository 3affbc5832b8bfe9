import { isDeepStrictEqual } from 'node:util';
import { isDeeperThan, isJsonObject, jsonBytes, type Json, type JsonObject } from '@annex/kernel';
import { settingLimits } from '@annex/limits';
import { installationErrors } from './errors.js';

/** Throws `CONFIG_TOO_LARGE` for settings that are too large to keep or to tell the plugin of. */
export function requireConfigSize(config: JsonObject): void {
  const keys = Object.keys(config).length;
  if (keys > settingLimits.keys)
    throw installationErrors.error(
      'CONFIG_TOO_LARGE',
      `The settings have ${keys} keys; at most ${settingLimits.keys} are allowed. Group them into objects.`,
    );
  if (isDeeperThan(config, settingLimits.levels))
    throw installationErrors.error(
      'CONFIG_TOO_LARGE',
      `The settings are nested deeper than ${settingLimits.levels} levels. Flatten them.`,
    );
  const bytes = jsonBytes(config);
  if (bytes > settingLimits.bytes)
    throw installationErrors.error(
      'CONFIG_TOO_LARGE',
      `The settings are ${bytes} bytes of JSON; at most ${settingLimits.bytes} are allowed. Keep larger data in ` +
        'ctx.kv ' +
        'or a table.',
    );
}

/** Applies an RFC 7396 merge patch: `null` removes, objects merge, anything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map<string, Json>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isJsonObject(value) ? mergePatch(isJsonObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(result);
}

/**
 * One setting that is another one now. `delete`: the tenant's own value went; `value` is then the default, or `null`.
 */
export interface ConfigChange {
  key: string;
  value: Json;
  op: 'set' | 'delete';
}

/** The settings whose effective value changed, in order of key. */
export function configChanges(before: JsonObject, after: JsonObject, stored: JsonObject): ConfigChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .filter(
      (key) => Object.hasOwn(before, key) !== Object.hasOwn(after, key) || !isDeepStrictEqual(before[key], after[key]),
    )
    .map((key) => ({
      key,
      value: Object.hasOwn(after, key) ? (after[key] ?? null) : null,
      op: Object.hasOwn(stored, key) ? 'set' : 'delete',
    }));
}
