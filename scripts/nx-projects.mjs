/**
 * Tells Nx what the projects are: their folders, tags and targets come from the table of shelves, so that no project
 * repeats them; what depends on what is read off the sources.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { projects } from '../shelves.js';

export const name = 'annex-projects';

/** Called once, for the table itself. */
export const createNodes = [
  'shelves.js',
  (files, _options, { workspaceRoot }) =>
    files.map((file) => {
      const nodes = projects.map((project) => [project.root, describeProject(project, workspaceRoot)]);
      return [file, { projects: Object.fromEntries(nodes) }];
    }),
];

function describeProject({ name, root, shelf }, workspaceRoot) {
  const isBuilt = existsSync(join(workspaceRoot, root, 'src'));
  return {
    name,
    root,
    projectType: 'library',
    // Each project has a tag of its own, because the boundary rule names single projects of a shelf.
    tags: [`shelf:${shelf}`, `project:${name}`],
    targets: { ...(isBuilt ? { build } : {}), ...(root === 'bench' ? {} : { test }), lint, typecheck },
  };
}

const run = (command, target) => ({
  executor: 'nx:run-commands',
  options: { command, cwd: '{workspaceRoot}' },
  cache: true,
  outputs: [],
  ...target,
});

/**
 * Not cached: the build looks at each file itself and swaps what changed in whole. A folder laid over dist/ from a
 * cache
 * would pull programs away from under a running Annex.
 */
const build = run('node scripts/build.mjs {projectRoot}', {
  cache: false,
  inputs: ['production', '^production', '{workspaceRoot}/scripts/build.mjs'],
  outputs: ['{projectRoot}/dist'],
});

/** One at a time: a run of Vitest fills the machine by itself. It builds before it begins. */
const test = run('vitest run --passWithNoTests {projectRoot}/', {
  parallelism: false,
  inputs: ['default', '^production', 'bed'],
});

const lint = run('prettier --check --log-level warn {projectRoot} && eslint --max-warnings 0 {projectRoot}', {
  inputs: ['default', '^production', '{workspaceRoot}/{eslint.config.js,shelves.js,.prettierrc.json,.prettierignore}'],
});

const typecheck = run('node scripts/typecheck.mjs {projectRoot}', {
  inputs: ['default', '^production', 'bed', '{workspaceRoot}/scripts/typecheck.mjs'],
});

/**
 * Arrows from imports. Specs draw none: they stand on the whole test bed (the named input `bed`), and arrows from them
 * would make every project depend on every other. Nx keeps what it found: run `nx reset` after a change here.
 */
export function createDependencies(_options, { filesToProcess, projects: nodes, workspaceRoot }) {
  // npm's names are the names of projects in Nx where there is one.
  const nameAt = new Map(Object.entries(nodes).map(([nodeName, { root }]) => [root, nodeName]));
  return Object.entries(filesToProcess.projectFileMap).flatMap(([source, files]) => {
    const isProof = nodes[source].tags.includes('shelf:proof');
    return files
      .map(({ file }) => file)
      .filter((file) => /\.(m?[jt]s|tsx)$/.test(file) && (isProof || !/\.(spec|test)\.tsx?$/.test(file)))
      .flatMap((sourceFile) =>
        importsOf(readFileSync(join(workspaceRoot, sourceFile), 'utf8'))
          .map(({ type, specifier }) => ({
            source,
            sourceFile,
            type,
            target: nameAt.get(rootOf(specifier, sourceFile)),
          }))
          .filter(({ target }) => target !== undefined && target !== source),
      );
  });
}

function importsOf(text) {
  return [
    ...[...text.matchAll(/^(?:import|export|\}) .*?'([^']+)';?$/gm)].map(([, specifier]) => ({
      specifier,
      type: 'static',
    })),
    ...[...text.matchAll(/\bimport\(\s*'([^']+)'/g)].map(([, specifier]) => ({ specifier, type: 'dynamic' })),
  ];
}

/** The folder of the project that an import leads to; `undefined` for a package that is not ours. */
function rootOf(specifier, sourceFile) {
  const [, scope, name] = /^@annex(-app)?\/([^/]+)/.exec(specifier) ?? [];
  if (name) return `${scope ? 'apps' : 'libs'}/${name}`;
  if (!specifier.startsWith('.')) return undefined;
  const file = normalize(join(sourceFile, '..', specifier));
  return projects.find(({ root }) => file.startsWith(`${root}/`))?.root;
}
