/** The table of shelves is true: of the folders, of the graph that Nx reads off the sources, and of the drawing. */
import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { createProjectGraphAsync, type ProjectGraph } from '@nx/devkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { projects, shelves } from '../shelves.js';

const root = new URL('../', import.meta.url);
const byRoot = new Map(projects.map((project) => [project.root, project]));
let graph: ProjectGraph;
beforeAll(async () => {
  graph = await createProjectGraphAsync();
});

/** The project of the table that a node of the graph is. */
const projectOf = (node: string) => byRoot.get(graph.nodes[node]?.data.root ?? '');
const arrows = () =>
  Object.values(graph.dependencies)
    .flat()
    .filter(({ target }) => target in graph.nodes)
    .map(({ source, target }) => ({ from: projectOf(source), to: projectOf(target) }));

it('each folder of libs/ and apps/ stands on one shelf', () => {
  // A folder that was left over from another branch has no package.json.
  const folders = globSync('{libs,apps}/*/package.json', { cwd: root }).map((file) => join(file, '..'));
  const placed = projects.map((project) => project.root).filter((each) => each.includes('/'));
  expect(placed.toSorted()).toEqual(folders.toSorted());
});

describe('the graph', () => {
  it('has the projects of the table', () => {
    expect(Object.values(graph.nodes).map(({ data }) => data.root)).toEqual(
      expect.arrayContaining(projects.map((project) => project.root)),
    );
    expect(Object.keys(graph.nodes)).toHaveLength(projects.length);
  });

  it('has no arrow that points up, or aside without leave', () => {
    const wrong = arrows().filter(
      ({ from, to }) => !from || !to || !(from.below.includes(to.shelf) || from.beside.includes(to.name)),
    );
    expect(wrong).toEqual([]);
  });

  it('uses every arrow that the table allows aside', () => {
    const drawn = new Set(arrows().map(({ from, to }) => `${from?.name} → ${to?.name}`));
    const allowed = projects.flatMap(({ name, beside }) => beside.map((other) => `${name} → ${other}`));
    expect(allowed.filter((arrow) => !drawn.has(arrow))).toEqual([]);
  });

  it('leads from a program, the SDK or a test to every library', () => {
    const used = new Set(arrows().map(({ to }) => to?.name));
    expect(projects.filter(({ root, name }) => root.startsWith('libs/') && !used.has(name))).toEqual([]);
  });
});

it('docs/architecture.md draws the same shelves', () => {
  const text = readFileSync(new URL('docs/architecture.md', root), 'utf8');
  const [drawing = ''] = /^apps\/ [^]*?(?=^migrations\/)/m.exec(text) ?? [];
  const drawn: Record<string, string[]> = {};
  let shelf = 'apps';
  for (const line of drawing.split('\n').filter((each) => /^.{17}[a-z]/.test(each))) {
    shelf = line.slice(6, 17).trim() || shelf;
    (drawn[shelf] ??= []).push(line.slice(17).split(' ')[0] ?? '');
  }
  const sorted = (names: string[]) => names.toSorted();
  expect(Object.fromEntries(Object.entries(drawn).map(([name, list]) => [name, sorted(list)]))).toEqual(
    Object.fromEntries(
      shelves.filter(({ folder }) => folder !== '.').map(({ name, projects }) => [name, sorted(Object.keys(projects))]),
    ),
  );
});

it('no source leads back to itself, through types neither', () => {
  // Lint refuses circles of values (`import-x/no-cycle`); types draw the same arrows for a reader.
  const sources = globSync('{libs,apps}/*/src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.d.ts'));
  const arrows = new Map(sources.map((file) => [file, relativeImports(file)]));
  const done = new Set<string>();
  const circles: string[][] = [];
  const follow = (file: string, trail: string[]): void => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file]);
    if (trail.includes(file) || done.has(file)) return;
    for (const next of arrows.get(file) ?? []) follow(next, [...trail, file]);
    done.add(file);
  };
  for (const file of sources) follow(file, []);
  expect(sources.length).toBeGreaterThan(100);
  expect(circles).toEqual([]);
});

function relativeImports(file: string): string[] {
  const text = readFileSync(new URL(file, root), 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export|\}) .*?'(\.[^']+)\.js'/gm)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => `${normalize(join(file, '..', specifier))}.ts`);
}
