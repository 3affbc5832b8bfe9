import { join, relative } from 'node:path';
import type { Cli, Commands } from '../cli.js';
import { CliFault, invalid } from '../faults.js';
import { writeFaults } from '../folder/write-faults.js';
import { writeTypes } from '../folder/write-types.js';

export function addTypegen({ program, does }: Commands): void {
  program
    .command('typegen')
    .description('write annex-env.d.ts, or typings/ for Python: types out of plugin.json')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .option('--check', 'write nothing; fail when the file is not what it would be')
    .action(does(typegen));
}

async function typegen(cli: Cli, { check = false }: { check?: boolean }, folder?: string): Promise<void> {
  const { readPlugin, writePluginTypeFiles } = await import('@annex/sdk/package');
  const { path, files } = await readPlugin(folder);
  const types = writePluginTypeFiles(files);
  if (!types.ok) {
    const { terminal } = cli;
    if (!terminal.isJson) terminal.note(writeFaults(types.errors, 'error', terminal.noteStyle).join('\n'));
    throw invalid('PACKAGE_INVALID', 'plugin.json has faults; nothing was written.', {
      errors: terminal.isJson ? types.errors : [],
    });
  }
  const [first = ''] = types.files.keys();
  const changed = await writeTypes(path, types.files, !check);
  if (changed && check)
    throw new CliFault(
      'TYPES_OLD',
      `${relative('.', join(path, first))} is not what plugin.json says. Run "annex typegen".`,
    );
  const file = join(path, first);
  cli.terminal.answer({ file, changed }, (style) =>
    changed ? `${style.green('wrote')} ${relative('.', file)}` : `${relative('.', file)} is up to date`,
  );
}
