import type { PlacedFault, PluginCheck } from '@annex/sdk/package';
import type { Cli } from '../cli.js';
import { invalid, type CliFault } from '../faults.js';
import type { Style } from '../terminal/style.js';
import { harmless } from '../terminal/style.js';

/** Faults as people read them: the place, what is wrong and what to write, the code. */
export function writeFaults(
  faults: readonly PlacedFault[],
  kind: 'error' | 'mistake' | 'warning',
  style: Style,
): string[] {
  const paint = kind === 'warning' ? style.yellow : style.red;
  return faults.map(({ file, line, column, code, detail, pointer }) => {
    const place = [file ?? 'package', line, column].filter((part) => part !== null).join(':');
    const inside = file === 'plugin.json' && pointer !== '' ? `${pointer} ` : '';
    return `${style.bold(harmless(place))}  ${paint(kind)}  ${inside}${harmless(detail)} ${style.dim(`[${code}]`)}`;
  });
}

/** All of a check, and what it comes to. */
export function writeCheck({ errors, warnings }: PluginCheck, style: Style): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  return [
    ...writeFaults(errors, 'error', style),
    ...writeFaults(warnings, 'warning', style),
    ...(errors.length + warnings.length > 0 ? [''] : []),
    errors.length > 0
      ? style.red(`${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}`)
      : `${style.green('valid')}${warnings.length > 0 ? `, ${count(warnings.length, 'warning')}` : ''}`,
  ].join('\n');
}

/** Tells the faults of a file that is no package, and makes the `FILE_INVALID` to throw. */
export function tellFaults({ terminal }: Cli, errors: readonly PlacedFault[], message: string): CliFault {
  if (!terminal.isJson) terminal.note(writeFaults(errors, 'error', terminal.noteStyle).join('\n'));
  return invalid('FILE_INVALID', message, { errors: terminal.isJson ? errors : [] });
}
