import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

/**
 * The offset of the member or item that a path names in a YAML text, or of the innermost one that is there.
 * `undefined`: the text holds none of it.
 */
export function findYamlPath(text: string, path: readonly string[]): number | undefined {
  let node: unknown = parseDocument(text, { logLevel: 'silent' }).contents;
  let deepest: number | undefined;
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (!pair) break;
      deepest = (pair.key as { range?: [number, number, number] | null }).range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      const { range } = (node ?? {}) as { range?: [number, number, number] | null };
      if (!range) break;
      [deepest] = range;
    } else break;
  }
  return deepest;
}
