/** `annex-env.d.ts`: what `plugin.json` says, as types that `@annex/sdk` reads. */
import type { JsonObject } from '@annex/kernel';
import { isPython, manifestPath, readManifest, type Manifest } from '@annex/manifest';
import { faultPlaces, type PlacedFault } from './fault-places.js';
import type { PluginFiles } from './plugin-files.js';
import { pythonStub } from './python-stubs.js';
import { typeOfSchema } from './schema-types.js';

/**
 * The file that `annex typegen` writes, beside `plugin.json`. It is no part of a package.
 * @example
 * console.log(typesFile) // annex-env.d.ts
 */
export const typesFile = 'annex-env.d.ts';

/** The types of a plugin; `errors` instead when `plugin.json` has faults. */
export type PluginTypesResult = { ok: true; text: string } | { ok: false; errors: PlacedFault[] };

/**
 * Writes the types of settings, secrets, jobs, webhooks and dependencies. The same files give the same text. Never
 * throws for what the files hold.
 * @example
 * const types = writePluginTypes((await readPlugin('.')).files)
 * if (types.ok) await writeFile(typesFile, types.text)
 */
export function writePluginTypes(files: PluginFiles): PluginTypesResult {
  const reading = readNames(files);
  return reading.ok ? { ok: true, text: textOf(reading.manifest, reading.webhooks, reading.agents) } : reading;
}

/** The files of types by their paths; `errors` instead when `plugin.json` has faults. */
export type PluginTypeFiles = { ok: true; files: Map<string, string> } | { ok: false; errors: PlacedFault[] };

/**
 * Writes what an editor reads about a plugin, by its language: `annex-env.d.ts`, or for Python the stubs of `annex` and
 * `src.ext.sdk` in `typings/`, where Pyright and Pylance look for them. They are no part of a package.
 * @example
 * const types = writePluginTypeFiles((await readPlugin('.')).files)
 * if (types.ok) for (const [path, text] of types.files) console.log(path, text.length)
 */
export function writePluginTypeFiles(files: PluginFiles): PluginTypeFiles {
  const reading = readNames(files);
  if (!reading.ok) return reading;
  const { manifest, webhooks, agents } = reading;
  if (!isPython(manifest.entry)) return { ok: true, files: new Map([[typesFile, textOf(manifest, webhooks, agents)]]) };
  return {
    ok: true,
    files: new Map([
      ['typings/annex/__init__.pyi', pythonStub(manifest, { webhooks, agents })],
      ['typings/src/__init__.pyi', ''],
      ['typings/src/ext/__init__.pyi', ''],
      ['typings/src/ext/sdk.pyi', 'from annex import *\n'],
    ]),
  };
}

type Names =
  { ok: true; manifest: Manifest; webhooks: string[]; agents: string[] } | { ok: false; errors: PlacedFault[] };

function readNames(files: PluginFiles): Names {
  const reading = readManifest(files.get(manifestPath) ?? new Uint8Array(), { paths: [...files.keys()] });
  if (!reading.ok) return { ok: false, errors: faultPlaces(files)(reading.errors) };
  const webhooks = [...files.keys()].flatMap((path) => /^webhooks\/([^/]+)\.ya?ml$/.exec(path)?.[1] ?? []);
  const agents = [...files.keys()].flatMap((path) => /^agents\/([^/]+)\.ya?ml$/.exec(path)?.[1] ?? []);
  return { ok: true, manifest: reading.manifest, webhooks: webhooks.sort(), agents: agents.sort() };
}

function textOf(
  { config, secrets, jobs, dependencies }: Manifest,
  webhooks: readonly string[],
  agents: readonly string[],
): string {
  const schema = config ?? ({ type: 'object', additionalProperties: false } satisfies JsonObject);
  const lines = [
    '// Written by "annex typegen" out of plugin.json. Change that file, not this one.',
    "import '@annex/sdk';",
    '',
    "declare module '@annex/sdk' {",
    '  interface PluginTypes {',
    `    config: ${typeOfSchema(schema, { root: schema, indent: '    ' })};`,
    `    secret: ${unionOf(secrets.map(({ name }) => name))};`,
    `    job: ${unionOf(jobs.map(({ name }) => name))};`,
    `    webhook: ${unionOf(webhooks)};`,
    ...(agents.length > 0 ? [`    agent: ${unionOf(agents)};`] : []),
    `    dependency: ${unionOf(Object.keys(dependencies))};`,
    '  }',
    '}',
    '',
  ];
  return lines.join('\n');
}

function unionOf(names: readonly string[]): string {
  return names.length === 0 ? 'never' : [...new Set(names)].map((name) => JSON.stringify(name)).join(' | ');
}
