/**
 * Whether lists and objects lie in each other more than `levels` deep. What walks a value by recursion, as schemas and `JSON.stringify` do,
 * would end a request of nothing but brackets with an exhausted stack.
 */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (levels === 0) return true;
  for (const key in value) if (isNestedDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}
