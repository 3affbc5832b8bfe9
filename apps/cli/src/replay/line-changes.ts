/** A line of either text: only in the one before (`-`), only in the one after (`+`), or in both (` `). */
export interface LineChange {
  sign: '-' | '+' | ' ';
  line: string;
}

/** Longer texts are shown one after the other: comparing takes time and memory by the product of their lengths. */
const maxLines = 1_000;

/** How one text becomes another, line by line, with as many lines as possible kept. */
export function lineChanges(before: string, after: string): LineChange[] {
  const [one, other] = [before.split('\n'), after.split('\n')];
  if (one.length > maxLines || other.length > maxLines)
    return [
      ...one.map((line) => ({ sign: '-' as const, line })),
      ...other.map((line) => ({ sign: '+' as const, line })),
    ];
  const kept = longestCommon(one, other);
  const changes: LineChange[] = [];
  let [at, to] = [0, 0];
  while (at < one.length || to < other.length) {
    const [left, right] = [one[at], other[to]];
    if (left !== undefined && left === right) {
      changes.push({ sign: ' ', line: left });
      at += 1;
      to += 1;
    } else if (left !== undefined && (right === undefined || (kept[at + 1]?.[to] ?? 0) >= (kept[at]?.[to + 1] ?? 0))) {
      changes.push({ sign: '-', line: left });
      at += 1;
    } else if (right !== undefined) {
      changes.push({ sign: '+', line: right });
      to += 1;
    }
  }
  return changes;
}

/** How many lines two texts have in common from each pair of lines on. */
function longestCommon(one: readonly string[], other: readonly string[]): number[][] {
  const common = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  for (let at = one.length - 1; at >= 0; at -= 1)
    for (let to = other.length - 1; to >= 0; to -= 1) {
      const row = common[at] ?? [];
      const below = common[at + 1] ?? [];
      row[to] = one[at] === other[to] ? (below[to + 1] ?? 0) + 1 : Math.max(below[to] ?? 0, row[to + 1] ?? 0);
    }
  return common;
}
