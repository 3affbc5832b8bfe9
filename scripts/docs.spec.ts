/** The pages lead somewhere: every link, and every file of this repository that a page names, is there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md', '{libs,apps}/*/README.md', 'examples/**/README.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The anchors of a page as GitHub makes them: lower case, without punctuation, blanks as hyphens. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

function deadLinks(page: string): string[] {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
  return links.filter((to) => {
    if (/^[a-z]+:/.test(to)) return false;
    const [path = '', anchor] = to.split('#');
    const target = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

/** Paths in code marks that begin at the root of the repository; one that is made by a build is not looked for. */
function deadPaths(page: string): string[] {
  const named = [...read(page).matchAll(/`((?:libs|apps|docs|scripts|test|migrations|examples|bench)\/[^`\s]*)`/g)];
  return named
    .map(([, path = '']) => path)
    .filter((path) => !/[<*{]|dist|generated/.test(path))
    .filter((path) => !existsSync(join(root, path)));
}

it('there are pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', join('docs', 'architecture.md')]));
});

describe.each(pages)('%s', (page) => {
  it('links to what is there', () => {
    expect(deadLinks(page)).toEqual([]);
  });

  // A decision tells of the day on which it was made.
  it.skipIf(/adr|CHANGELOG/.test(page))('names files that are there', () => {
    expect(deadPaths(page)).toEqual([]);
  });
});

it('each library has a README', () => {
  const without = globSync('libs/*/package.json', { cwd: root }).filter(
    (file) => !existsSync(join(root, dirname(file), 'README.md')),
  );
  expect(without).toEqual([]);
});

describe('the pages that comments name', () => {
  const cited = globSync(['{libs,apps,scripts,test,bench}/**/*.{ts,mjs}', 'migrations/*.sql'], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  }).flatMap((file) =>
    [...read(file).matchAll(/(docs\/[\w/-]+\.md)(?:,? \(?"([^"\n]+)")?/g)].map(([, page = '', heading]) => ({
      file,
      page,
      heading,
    })),
  );

  it('are there, with the heading that is quoted', () => {
    const isThere = ({ page, heading }: { page: string; heading: string | undefined }): boolean =>
      existsSync(join(root, page)) &&
      (heading === undefined ||
        read(page)
          .split('\n')
          .some((line) => line.replace(/^#+ /, '') === heading && line !== heading));
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter((each) => !isThere(each))).toEqual([]);
  });
});
