/** Texts in a row, as many as fit into `max` characters, and how many more there are. */
export function listTexts(texts: readonly string[], max: number): string {
  let list = '';
  for (const [index, text] of texts.entries()) {
    const next = list === '' ? text : `${list} ${text}`;
    if (next.length > max && index > 0) return `${list} And ${texts.length - index} more.`;
    list = next.slice(0, max);
  }
  return list;
}
