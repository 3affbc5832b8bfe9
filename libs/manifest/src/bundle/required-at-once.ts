/** Which modules a file of CommonJS requires whenever it is loaded, and not only in a branch or a call. */
import { parse } from 'acorn';

interface Node {
  type: string;
  [key: string]: unknown;
}

/** What inside these may never happen, or is expected to fail. */
const conditional = new Set([
  'ArrowFunctionExpression',
  'CatchClause',
  'ClassDeclaration',
  'ClassExpression',
  'ConditionalExpression',
  'ForInStatement',
  'ForOfStatement',
  'ForStatement',
  'FunctionDeclaration',
  'FunctionExpression',
  'IfStatement',
  'LogicalExpression',
  'SwitchStatement',
  'TryStatement',
  'WhileStatement',
]);

/** The names in `require('…')` that run with the file. Nothing for a text that cannot be read as a script. */
export function requiredAtOnce(source: string): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [parsed(source)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...(node as unknown[]));
    if (!isNode(node) || conditional.has(node.type)) continue;
    const name = requiredName(node);
    if (name !== undefined) names.add(name);
    for (const key in node) if (typeof node[key] === 'object' && node[key] !== null) open.push(node[key]);
  }
  return names;
}

function parsed(source: string): unknown {
  try {
    return parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
}

function requiredName(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const callee = node['callee'] as Node;
  const [argument] = node['arguments'] as Node[];
  if (callee.type !== 'Identifier' || callee['name'] !== 'require' || argument?.type !== 'Literal') return undefined;
  return typeof argument['value'] === 'string' ? argument['value'] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
