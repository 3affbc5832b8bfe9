import type { Annex, LogLine } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { harmless, type Style } from '../terminal/style.js';
import { colorOf, moment, shortTime, wholeNumber } from './lists.js';

export function addLogs({ program, does }: Commands): void {
  program
    .command('logs')
    .description('show what a plugin wrote')
    .argument('<plugin>', 'its slug')
    .option('-f, --follow', 'go on showing what comes')
    .option('--level <level>', 'debug, info, warn or error, and what is worse')
    .option('--run <id>', 'of one run')
    .option('--since <time>', 'from a time on, such as 15m or 2026-01-31T12:00:00Z', moment)
    .option('-q, --search <text>', 'lines that hold a text')
    .option('-n, --limit <count>', 'how many of the last lines', wholeNumber, 100)
    .action(does(logs));
}

interface Options {
  follow?: boolean;
  level?: string;
  run?: string;
  since?: string;
  search?: string;
  limit: number;
}

async function logs(cli: Cli, { follow, level, run, since, search, limit }: Options, plugin = ''): Promise<void> {
  const annex = await cli.annex();
  const asked = { level, run_id: run, since, q: search };
  const last = await lastLines(annex, plugin, { ...asked, limit });
  for (const line of last) show(cli, line);
  if (!follow) return;
  // From where the last line stood, so that none is lost between; what was shown already is passed over.
  const shown = new Set(last.map(({ id }) => id));
  const from = last.at(-1)?.time ?? new Date(Date.now() - overlapMs).toISOString();
  const lines = annex.follow('streamPluginLogs', {
    path: { id: plugin },
    query: { ...asked, since: from },
    signal: cli.signal,
  });
  for await (const line of lines) if (!shown.has(line.id)) show(cli, line);
}

const overlapMs = 1000;

/** Oldest first. */
async function lastLines(
  annex: Annex,
  id: string,
  { limit, ...query }: { limit: number; level?: string; run_id?: string; since?: string; q?: string },
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of annex.each('listPluginLogs', {
    path: { id },
    query: { ...query, limit: Math.min(limit, 100) },
  })) {
    lines.push(line);
    if (lines.length >= limit) break;
  }
  return lines.reverse();
}

function show({ terminal }: Cli, line: LogLine): void {
  terminal.line(line, (style) => writeLogLine(line, style));
}

/** One line of a log, as a terminal shows it. */
export function writeLogLine({ time, level, message, fields }: LogLine, style: Style): string {
  const color = colorOf(level);
  const more = fields && Object.keys(fields).length > 0 ? ` ${style.dim(harmless(JSON.stringify(fields)))}` : '';
  const name = level.padEnd(5);
  return `${style.dim(shortTime(time))} ${color ? style[color](name) : name} ${harmless(message)}${more}`;
}
