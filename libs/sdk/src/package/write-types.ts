/** `annex-env.d.ts`: what `plugin.json` says, as types that `@annex/sdk` reads. */
import type { JsonObject } from '@annex/kernel';
import { manifestPath, readManifest, type Manifest } from '@annex/manifest';
import { faultPlaces, type PlacedFault } from './fault-places.js';
import type { PluginFiles } from './plugin-files.js';
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
  const reading = readManifest(files.get(manifestPath) ?? new Uint8Array(), { paths: [...files.keys()] });
  if (!reading.ok) return { ok: false, errors: faultPlaces(files)(reading.errors) };
  const webhooks = [...files.keys()].flatMap((path) => /^webhooks\/([^/]+)\.ya?ml$/.exec(path)?.[1] ?? []);
  const agents = [...files.keys()].flatMap((path) => /^agents\/([^/]+)\.ya?ml$/.exec(path)?.[1] ?? []);
  return { ok: true, text: textOf(reading.manifest, webhooks.sort(), agents.sort()) };
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
