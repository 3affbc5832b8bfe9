import { readFileSync } from 'node:fs';

/** The folders in which plugins of the specs stand. */
const folders = ['../journeys/plugins/', '../hostile/plugins/'];

/** The entry of the plugin `<name>/main.ts`, as text. Throws where no folder has it. */
export function pluginCode(name: string): string {
  for (const folder of folders) {
    try {
      return readFileSync(new URL(`${folder}${name}/main.ts`, import.meta.url), 'utf8');
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
    }
  }
  throw new Error(`no folder of plugins has ${name}/main.ts`);
}
