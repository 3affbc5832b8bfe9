/** Where in a JSON text a pointer leads. Reads broken texts as far as they go. */

const token = /[{}[\],:]|"(?:[^"\\]|\\.)*"?|[^\s{}[\],:"]+/g;

/**
 * The offset of the member or item that the path names, or of the innermost one that is there. `undefined`: the text
 * holds none of it.
 */
export function findPointer(text: string, path: readonly string[]): number | undefined {
  const tokens = [...text.matchAll(token)].map(({ 0: word, index }) => ({ word, index }));
  let at = 0;
  let deepest: number | undefined;

  /** Reads one value; `depth`: how much of the path leads here, -1: none. */
  const readValue = (depth: number): void => {
    const opening = tokens[at];
    at += 1;
    if (opening?.word === '{') readMembers(depth);
    else if (opening?.word === '[') readItems(depth);
  };
  const enter = (name: string, depth: number, offset: number | undefined): number => {
    if (depth < 0 || path[depth] !== name) return -1;
    deepest = offset;
    return depth + 1;
  };
  const readMembers = (depth: number): void => {
    while (at < tokens.length && tokens[at]?.word !== '}') {
      const key = tokens[at];
      at += 1;
      if (key?.word === ',') continue;
      if (tokens[at]?.word !== ':') return;
      at += 1;
      readValue(enter(keyOf(key?.word ?? ''), depth, key?.index));
    }
    at += 1;
  };
  const readItems = (depth: number): void => {
    for (let index = 0; at < tokens.length && tokens[at]?.word !== ']'; index += 1) {
      if (tokens[at]?.word === ',') at += 1;
      if (tokens[at]?.word === ']') break;
      readValue(enter(String(index), depth, tokens[at]?.index));
    }
    at += 1;
  };
  readValue(0);
  return deepest;
}

function keyOf(word: string): string {
  try {
    return String(JSON.parse(word));
  } catch {
    return word;
  }
}
