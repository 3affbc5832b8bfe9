import type { Cli, Commands } from '../cli.js';
import { exitCodes } from '../faults.js';
import { writeFaults } from '../folder/write-faults.js';

export function addLint({ program, does }: Commands): void {
  program
    .command('lint')
    .description('check as "validate" does, and read the code for mistakes: unknown calls of ctx, undeclared names')
    .argument('[folder]', 'the plugin (default: the one you stand in)')
    .action(does(lint));
}

async function lint(cli: Cli, _options: object, folder?: string): Promise<void> {
  const { closeSandbox, lintPlugin, readPlugin } = await import('@annex/sdk/package');
  const { path, files } = await readPlugin(folder);
  const { errors, mistakes, warnings } = await lintPlugin(files).finally(closeSandbox);
  const clean = errors.length + mistakes.length === 0;
  cli.terminal.answer({ clean, folder: path, errors, mistakes, warnings }, (style) => {
    const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
    const counts = [
      ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
      ...(mistakes.length > 0 ? [count(mistakes.length, 'mistake')] : []),
      ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
    ];
    return [
      ...writeFaults(errors, 'error', style),
      ...writeFaults(mistakes, 'mistake', style),
      ...writeFaults(warnings, 'warning', style),
      ...(counts.length > 0 ? [''] : []),
      clean ? [style.green('clean'), ...counts].join(', ') : style.red(counts.join(', ')),
    ].join('\n');
  });
  if (!clean) cli.exitCode = exitCodes.invalidInput;
}
