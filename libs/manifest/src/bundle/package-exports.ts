/** `exports` and `imports` of a package.json (Node's package entry points), over plain data. */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';

/** The path that a package exports for a subpath (`.` or `./x`), relative to it; `undefined` when it exports none. */
export function resolveExports(exports: Json, subpath: string, conditions: readonly string[]): string | undefined {
  if (isJsonObject(exports) && Object.keys(exports).some((key) => key.startsWith('.')))
    return resolveKeys(exports, subpath, conditions);
  return subpath === '.' ? resolveTarget(exports, '', conditions) : undefined;
}

/** The same for `imports`, whose keys begin with `#`. */
export function resolveImports(imports: Json, specifier: string, conditions: readonly string[]): string | undefined {
  return isJsonObject(imports) ? resolveKeys(imports, specifier, conditions) : undefined;
}

function resolveKeys(map: JsonObject, wanted: string, conditions: readonly string[]): string | undefined {
  const exact = Object.hasOwn(map, wanted) ? map[wanted] : undefined;
  if (exact !== undefined && !wanted.includes('*')) return resolveTarget(exact, '', conditions);
  // The longest text before the star is the most particular one.
  const patterns = Object.keys(map)
    .filter((key) => key.split('*').length === 2)
    .sort((a, b) => b.indexOf('*') - a.indexOf('*'));
  for (const pattern of patterns) {
    const [before = '', after = ''] = pattern.split('*');
    if (!wanted.startsWith(before) || !wanted.endsWith(after) || wanted.length < pattern.length) continue;
    return resolveTarget(map[pattern] ?? null, wanted.slice(before.length, wanted.length - after.length), conditions);
  }
  return undefined;
}

function resolveTarget(target: Json, star: string, conditions: readonly string[]): string | undefined {
  if (typeof target === 'string') return target.replaceAll('*', () => star);
  if (Array.isArray(target)) {
    for (const each of target) {
      const found = resolveTarget(each, star, conditions);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isJsonObject(target)) return undefined;
  for (const [condition, each] of Object.entries(target)) {
    if (condition !== 'default' && !conditions.includes(condition)) continue;
    const found = resolveTarget(each, star, conditions);
    if (found !== undefined) return found;
  }
  return undefined;
}
