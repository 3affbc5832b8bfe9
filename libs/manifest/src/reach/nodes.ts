/** What the parser makes, and how its parts are read. */

export interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** `(0, x)`, `x?.y`: what compilers write around a callee. */
export function unwrapped(node: Node): Node {
  if (node.type === 'ChainExpression') return unwrapped(node.expression as Node);
  if (node.type === 'SequenceExpression') return unwrapped((node.expressions as Node[]).at(-1) ?? node);
  return node;
}

/** The name of a member or property, `undefined` for one that is computed. */
export function keyOf(node: Node): string | undefined {
  const key = (node.type === 'MemberExpression' ? node.property : node.key) as Node | undefined;
  if (key === undefined) return undefined;
  if (key.type === 'Literal') return String(key.value);
  if (node.computed === true) {
    if (key.type === 'TemplateLiteral' && (key.expressions as Node[]).length === 0)
      return ((key.quasis as Node[])[0]?.value as { cooked?: string }).cooked;
    return undefined;
  }
  return typeof key.name === 'string' ? key.name : undefined;
}

export function constructorsOf({ body }: Node): Node[] {
  return ((body as Node).body as Node[])
    .filter((member) => member.kind === 'constructor')
    .map((member) => member.value as Node);
}
