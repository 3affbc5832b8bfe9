import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { KhookImport } from '@annex/sdk/package';
import type { Cli, Commands } from '../cli.js';
import { exitCodes, invalid } from '../faults.js';
import { tellFaults, writeFaults } from '../folder/write-faults.js';
import { harmless, type Style } from '../terminal/style.js';

export function addImport({ program, does }: Commands): void {
  const command = program.command('import').description('make files of a plugin of what another program has');
  command
    .command('khook')
    .description(
      'KHook’s event mappings and Hooks: mappings/*.yaml and agents/*.yaml, and what Annex has nothing for, by name',
    )
    .argument('<file...>', 'event-mappings.yaml, Hooks, ConfigMaps')
    .option('--out <folder>', 'the plugin’s folder', '.')
    .option('--dedupe', 'make events of one subject one alert for ten minutes, as KHook does')
    .option('--force', 'write over files that are there')
    .action(does(khook));
}

interface Options {
  out: string;
  dedupe?: boolean;
  force?: boolean;
}

async function khook(cli: Cli, { out, dedupe, force }: Options, ...paths: string[]): Promise<void> {
  const { importKhook } = await import('@annex/sdk/package');
  const given = await Promise.all(
    paths.map(async (path) => ({ path: relative('.', path), bytes: await readFile(path) })),
  );
  const found = importKhook(given, { dedupe });
  if (found.errors.length > 0) throw tellFaults(cli, found.errors, 'The files have faults; nothing was written.');
  const mappings = found.mappings.map((mapping) => ({ ...mapping, path: join(out, mapping.path) }));
  const agents = found.agents.map((agent) => ({ ...agent, path: join(out, agent.path) }));
  const files = [...mappings, ...agents];
  const taken = files.filter(({ path }) => existsSync(path));
  if (taken.length > 0 && !force)
    throw invalid('FILE_EXISTS', `${taken.map(({ path }) => path).join(', ')} is there already; say --force.`);
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const written = files.map(({ text: _, ...rest }) => rest);
  const report = { written, left_out: found.leftOut, warnings: found.warnings };
  cli.terminal.answer(report, (style) => writeImport({ ...found, mappings, agents }, style));
  if (written.length === 0) cli.exitCode = exitCodes.failed;
}

function writeImport({ mappings, agents, leftOut, warnings }: KhookImport, style: Style): string {
  return [
    ...writeFaults(warnings, 'warning', style),
    ...leftOut.map(({ kind, name, file, line, detail }) => {
      const place = style.bold(harmless(`${file}:${line ?? 1}`));
      return `${place}  ${style.yellow('left out')}  ${harmless(`${kind} ${name}: ${detail}`)}`;
    }),
    ...(warnings.length + leftOut.length > 0 ? [''] : []),
    ...mappings.map(
      ({ path, rules, enabled, from }) =>
        `${style.green('written')} ${harmless(path)}: ${rules} rules of ${harmless(from)}, ${enabled} of them on`,
    ),
    ...agents.map(
      ({ path, agent, from }) =>
        `${style.green('written')} ${harmless(path)}: asks ${harmless(agent)}, of ${harmless(from)}`,
    ),
    ...(agents.length > 0
      ? [
          style.dim(
            'Add to plugin.json: the permission "agents.call" and the secret "KAGENT_URL", where kagent is reached.',
          ),
        ]
      : []),
    ...(mappings.length + agents.length === 0
      ? [style.red('Nothing was written: the files hold no event mappings and no Hooks.')]
      : []),
  ].join('\n');
}
