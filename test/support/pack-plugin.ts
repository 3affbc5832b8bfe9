import { packFiles } from '@annex/manifest';

/** `plugin.json` as an object (slug, name, version and entry have defaults), other files as text or bytes. */
export interface PluginFiles {
  manifest?: Record<string, unknown>;
  /** The entry, `main.ts`. */
  code: string;
  files?: Record<string, string | Uint8Array>;
}

/** Packs a plugin from its parts. */
export function packPlugin({ manifest = {}, code, files = {} }: PluginFiles): Uint8Array {
  const full = { slug: 'probe', name: 'Probe', version: '1.0.0', entry: 'main.ts', ...manifest };
  return packFiles(Object.entries({ 'plugin.json': JSON.stringify(full), 'main.ts': code, ...files }));
}
