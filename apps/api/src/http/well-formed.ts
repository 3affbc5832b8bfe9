import { jsonPointer } from '@annex/kernel';

/**
 * Where a JSON value holds half of a surrogate pair, in a text or a key; `undefined`: nowhere. Such a text has no UTF-8
 * form (RFC 7493 §2.1), so neither the database nor a signature could hold it. Looks at each value once; the pointer is
 * made only when there is one.
 */
export function findIllFormed(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : '';
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = findIllFormed(value[index]);
      if (found !== undefined) return jsonPointer(index) + found;
    }
    return undefined;
  }
  for (const key in value) {
    if (!key.isWellFormed()) return '';
    const found = findIllFormed((value as Record<string, unknown>)[key]);
    if (found !== undefined) return jsonPointer(key) + found;
  }
  return undefined;
}
