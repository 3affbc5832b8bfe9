/** `exports` and `imports` of a package.json (Node's package entry points), over plain data. */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';

/** The path that a package exports for a subpath (`.` or `./x`), relative to it; `undefined` when it exports none. */
export function resolveExports(exports: Json, subpath: string, conditions: readonly string[]): string | undefined {
  if (isJsonObject(exports) && Object.keys(exports).some((key) => key.startsWith('.')))
    return resolveKeys(exports, subpath, conditions);
  return subpath === '.' ? (resolveTarget(exports, '', conditions) ?? undefined) : undefined;
}

/** The same for `imports`, whose keys begin with `#`. */
export function resolveImports(imports: Json, specifier: string, conditions: readonly string[]): string | undefined {
  return isJsonObject(imports) ? resolveKeys(imports, specifier, conditions) : undefined;
}

function resolveKeys(map: JsonObject, wanted: string, conditions: readonly string[]): string | undefined {
  const exact = Object.hasOwn(map, wanted) ? map[wanted] : undefined;
  if (exact !== undefined && !wanted.includes('*')) return resolveTarget(exact, '', conditions) ?? undefined;
  // The longest text before the star is the most particular one. A folder ("./lib/") is the older way to say "./lib/*".
  const patterns = Object.keys(map)
    .map((key) => ({ key, parts: key.endsWith('/') ? [key, ''] : key.split('*') }))
    .filter(({ parts }) => parts.length === 2)
    .sort((a, b) => (b.parts[0]?.length ?? 0) - (a.parts[0]?.length ?? 0));
  for (const { key, parts } of patterns) {
    const [before = '', after = ''] = parts;
    if (!wanted.startsWith(before) || !wanted.endsWith(after) || wanted.length <= before.length + after.length)
      continue;
    const star = wanted.slice(before.length, wanted.length - after.length);
    const target = resolveTarget(map[key] ?? null, star, conditions) ?? undefined;
    return target !== undefined && key.endsWith('/') ? target + star : target;
  }
  return undefined;
}

/** `null`: there is none, and what follows is not asked. */
function resolveTarget(target: Json, star: string, conditions: readonly string[]): string | null | undefined {
  if (typeof target === 'string') return target.replaceAll('*', () => star);
  if (target === null) return null;
  if (Array.isArray(target)) {
    for (const each of target) {
      const found = resolveTarget(each, star, conditions);
      // A list is for readers that do not know its first entries: one that they cannot use is passed over.
      if (typeof found === 'string' && /^(\.\/|[^./])/.test(found)) return found;
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
