import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PackedPlugin, PluginCheck } from '@annex/sdk/package';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { writeCheck, writeFaults } from '../folder/write-faults.js';

export function addPack({ program, does }: Commands): void {
  program
    .command('pack')
    .description('make the package that is uploaded; the same files give the same bytes')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .option('-o, --output <file>', 'where to write it (default: <slug>-<version>.zip in the folder)')
    .option('--list', 'say what it holds, and write nothing')
    .action(does(pack));
}

interface Options {
  output?: string;
  list?: boolean;
}

async function pack(cli: Cli, { output, list }: Options, folder?: string): Promise<void> {
  const { path, check, packed } = await packFolder(cli, folder);
  const { slug, version } = check.manifest;
  const file = output ?? join(path, `${slug}-${version}.zip`);
  if (!list) await writeFile(file, packed.bytes);
  const report = {
    slug,
    version,
    file: list ? null : file,
    bytes: packed.bytes.length,
    sha256: packed.sha256,
    files: packed.files,
    left_out: packed.leftOut,
    warnings: check.warnings,
  };
  cli.terminal.answer(report, (style) =>
    [
      ...writeFaults(check.warnings, 'warning', style),
      ...packed.files.map((each) => `${String(each.size).padStart(9)}  ${each.path}`),
      '',
      `${style.bold(list ? `${slug} ${version}` : relative('.', file))}: ${packed.files.length} files, ` +
        `${packed.bytes.length} bytes`,
      style.dim(`sha256 ${packed.sha256}`),
      ...(packed.leftOut > 0
        ? [style.dim(`${packed.leftOut} files of node_modules that no bundle reads are out`)]
        : []),
    ].join('\n'),
  );
}

export interface Packing {
  /** The plugin's folder, absolute. */
  path: string;
  check: PluginCheck & { manifest: NonNullable<PluginCheck['manifest']> };
  packed: PackedPlugin;
}

/** Checks and packs. Tells the faults and throws `PACKAGE_INVALID` if there are any. */
export async function packFolder({ terminal }: Cli, folder: string | undefined): Promise<Packing> {
  const { closeSandbox, packPlugin, readPlugin } = await import('@annex/sdk/package');
  const { path, files } = await readPlugin(folder);
  const { packed, ...check } = await packPlugin(files).finally(closeSandbox);
  const { manifest } = check;
  if (packed === undefined || manifest === undefined) {
    if (!terminal.isJson) terminal.note(writeCheck(check, terminal.noteStyle));
    throw invalid('PACKAGE_INVALID', 'The package has faults; nothing was made.', {
      errors: terminal.isJson ? check.errors : [],
    });
  }
  return { path, check: { ...check, manifest }, packed };
}
