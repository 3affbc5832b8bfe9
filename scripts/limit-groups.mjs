// The groups of libs/limits/src/groups/ with what their docstrings say: for docs/limits.md and limits.spec.ts.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Groups of other libraries: the kernel stands below libs/limits, and cannot import them from there. */
const others = ['libs/kernel/src/json-shape.ts'];

/**
 * Every group: `export const <name>Limits = { … }`, its file, and its members.
 * @returns {{ name: string, file: string, text: string, members: { name: string, text: string }[] }[]}
 */
export function readLimitGroups(root) {
  const files = [...globSync('libs/limits/src/groups/*.ts', { cwd: root }).sort(), ...others];
  return files.flatMap((file) => groupsOf(file, readFileSync(join(root, file), 'utf8')));
}

function groupsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  return tree.statements.filter(ts.isVariableStatement).flatMap((statement) => {
    const [{ name, initializer }] = statement.declarationList.declarations;
    const object = initializer && ts.isAsExpression(initializer) ? initializer.expression : undefined;
    if (object === undefined || !ts.isObjectLiteralExpression(object)) return [];
    const members = object.properties.map((member) => ({ name: member.name.getText(), text: docOf(member, source) }));
    return [{ name: name.getText(), file, text: docOf(statement, source), members }];
  });
}

/** The docstring before a node as one line; without one an error, since the page would say nothing. */
function docOf(node, source) {
  const comment = ts.getLeadingCommentRanges(source, node.pos)?.at(-1);
  const text = comment && source.slice(comment.pos, comment.end);
  if (!text?.startsWith('/**')) throw new Error(`No docstring before: ${node.getText().slice(0, 60)}`);
  return text
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ');
}
