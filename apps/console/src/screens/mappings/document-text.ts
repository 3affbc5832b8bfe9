/** A mapping's document as people write it, in YAML or in JSON, and where in the text its faults are. */
import { isMap, isScalar, isSeq, parseDocument, stringify, type Document, type Node } from 'yaml';

export type Notation = 'yaml' | 'json';

/** A fault and its place in the text. */
export interface PlacedFault {
  pointer: string;
  detail: string;
  /** From 1. */
  line: number;
  /** Characters of the text that it is about. */
  from: number;
  to: number;
}

/** What a text holds; without `value`, `faults` tell why it cannot be read. */
export interface ReadText {
  value?: unknown;
  faults: PlacedFault[];
  /** Places what the API found. One whose pointer leads nowhere stands at what is nearest to it. */
  place: (faults: readonly { pointer: string; detail: string }[]) => PlacedFault[];
}

/** Of a text that cannot be read: one missing bracket can make hundreds. */
const maxFaults = 20;

/** Reads YAML 1.2, of which JSON is a part. */
export function readText(text: string): ReadText {
  const document = parseDocument(text, { version: '1.2', prettyErrors: false, logLevel: 'error' });
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const placed = (fault: { pointer: string; detail: string }, [start, end]: Range): PlacedFault => {
    const from = Math.min(start, text.length);
    const lineEnd = text.indexOf('\n', from);
    const to = Math.max(from, Math.min(end, lineEnd < 0 ? text.length : lineEnd));
    return { pointer: fault.pointer, detail: fault.detail, line: lineOf(from), from, to };
  };
  const place: ReadText['place'] = (faults) => faults.map((fault) => placed(fault, rangeOf(document, fault.pointer)));
  const broken = document.errors
    .slice(0, maxFaults)
    .map(({ message, pos }) => placed({ pointer: '', detail: message }, pos));
  if (broken.length > 0) return { faults: broken, place };
  try {
    return { value: document.toJS({ maxAliasCount: 0 }) as unknown, faults: [], place };
  } catch {
    const detail = 'Aliases (&name, *name) are not read; write it out.';
    return { faults: [placed({ pointer: '', detail }, [0, 0])], place };
  }
}

/** A document as a text. */
export function writeText(value: unknown, notation: Notation): string {
  return notation === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 110 });
}

type Range = readonly [from: number, to: number];

/** Where a JSON pointer leads: the key of a member, the whole of an element. */
function rangeOf({ contents }: Document.Parsed, pointer: string): Range {
  let node: Node | null = contents;
  let found: Range = spanOf(node) ?? [0, 0];
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
      if (!pair) break;
      found = spanOf(pair.key as Node) ?? found;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = (node.items[Number(name)] ?? null) as Node | null;
      found = spanOf(node) ?? found;
    } else break;
  }
  return found;
}

function spanOf(node: Node | null): Range | undefined {
  return node?.range ? [node.range[0], node.range[1]] : undefined;
}
