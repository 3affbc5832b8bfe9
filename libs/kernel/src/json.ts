/** A value that JSON (RFC 8259) can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Whether a value is a plain JSON object: not null, not an array. Looks at nothing but its type. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether values are nested more than so many levels deep: `[1]` is one level. Looks no deeper than that, so that no
 * stranger's JSON exhausts the stack.
 */
export function isDeeperThan(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
  // Most are long lists of numbers and texts: nothing is copied for them.
  if (Array.isArray(value)) {
    for (const item of value)
      if (typeof item === 'object' && item !== null && isDeeperThan(item, levels - 1)) return true;
    return false;
  }
  for (const item of Object.values(value)) if (isDeeperThan(item, levels - 1)) return true;
  return false;
}

/** The size of a value as UTF-8 JSON, in bytes. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
