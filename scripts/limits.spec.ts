/** The catalogue of limits is used and shown: no limit is dead, and docs/limits.md names every one. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limitNames, limitWireName } from '@annex/limits';
import { describe, expect, it } from 'vitest';
import { readLimitGroups } from './limit-groups.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const groups = readLimitGroups(root);
const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');
const sources = globSync('{libs,apps}/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/^libs\/limits\/|\.spec\.ts$|\/(testing|generated)\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8').replace(/^\s*\/\*\*[\s\S]*?\*\/$/gm, '') }));

/** Whether code names `member` of `group`, or hands the whole group on to code that reads that member. */
function isUsed(group: string, member: string): boolean {
  const having = sources.flatMap(({ text }) => {
    const alias = new RegExp(`\\b${group} as (\\w+)`).exec(text)?.[1] ?? group;
    return new RegExp(`\\b${alias}\\b`).test(text) ? [{ text, alias }] : [];
  });
  const reads = (text: string): boolean =>
    new RegExp(`\\.${member}\\b|\\{[^{}]*\\b${member}\\b[^{}]*\\}(\\)| =)`).test(text);
  const named = having.some(({ text, alias }) =>
    new RegExp(`\\b${alias}\\.${member}\\b|\\{[^{}]*\\b${member}\\b[^{}]*\\} = ${alias}\\b`).test(text),
  );
  const isHandedOn = having.some(({ text, alias }) => new RegExp(`(= |: |\\.{3})${alias}\\b(?!\\.)`).test(text));
  return named || (isHandedOn && sources.some(({ text }) => reads(text)));
}

it('the catalogue is read', () => {
  expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['kvLimits', 'restLimits', 'jsonLimits']));
});

describe.each(groups)('$name', ({ name, members }) => {
  it.each(members.map((member) => member.name))('has a use of %s, and the page shows it', (member) => {
    expect(isUsed(name, member), `${name}.${member} is used nowhere`).toBe(true);
    const [, section = ''] = page.split(`| \`${name}\` | limit | what |`);
    expect(section.split('\n### ')[0]).toContain(`\n| \`${member}\` | `);
  });
});

describe('a limit of a run', () => {
  it.each(limitNames)('%s bounds something, and the page shows it', (name) => {
    expect(sources.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text))).toBe(true);
    expect(page).toContain(`\n| \`${limitWireName(name)}\` | `);
  });
});
