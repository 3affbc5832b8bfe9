import { jsonPointer } from '@annex/kernel';

/**
 * Where a JSON value holds half of a surrogate pair, in a text or a key; `undefined`: nowhere. Such a text has no UTF-8 form (RFC 7493 §2.1), so
 * neither the database nor a signature could hold it.
 */
export function findIllFormed(value: unknown, path: readonly (string | number)[] = []): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : jsonPointer(...path);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed()) return jsonPointer(...path);
    const found = typeof inner === 'number' ? undefined : findIllFormed(inner, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
