import { readFile } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { AnnexProblem, type Annex, type TriedMappings } from '@annex/client';
import type { MappingFile } from '@annex/sdk/package';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { tellFaults, writeFaults } from '../folder/write-faults.js';
import { harmless, table, type Style } from '../terminal/style.js';
import { readGiven } from '../terminal/stdin.js';
import { pageOf, readJson, shortTime, take, wholeNumber, withList, type ListOptions } from './lists.js';

export function addMappings({ program, does }: Commands): void {
  const mappings = program.command('mappings').description('what events become, which are one alert, what follows');
  withList(mappings.command('ls')).description('list the mappings in force').action(does(list));
  mappings
    .command('get')
    .description('show one mapping')
    .argument('<mapping>')
    .action(
      does(async (cli, _options, name = '') => {
        const mapping = await (await cli.annex()).getMapping({ path: { name } });
        cli.terminal.answer(mapping, () => harmless(JSON.stringify(mapping, null, 2)));
      }),
    );
  mappings
    .command('put')
    .description('put a mapping in force, new or not; with faults, the one before stays')
    .argument('<file>', 'YAML or JSON')
    .option('--name <name>', 'its name (default: the file’s, without its ending)')
    .action(does(put));
  mappings
    .command('rm')
    .description('remove a mapping with its alerts')
    .argument('<mapping>')
    .option('-y, --yes', 'ask nothing')
    .action(
      does(async (cli, { yes }: { yes?: boolean }, name = '') => {
        await cli.terminal.confirm(`Remove ${name} with its alerts?`, { yes, whatElse: 'Say --yes.' });
        await (await cli.annex()).deleteMapping({ path: { name } });
        cli.terminal.answer({ mapping: name, removed: true }, () => `${name} is removed.`);
      }),
    );
  mappings
    .command('test')
    .description('see what would become of events with a mapping; nothing is written')
    .argument('<file>', 'YAML or JSON')
    .option('--event <json>', 'an event, or a list of them, as JSON, @file or - (default: the latest of the tenant)')
    .option('--recent <count>', 'how many of the latest', wholeNumber)
    .option('--type <type>', 'only the latest of a type')
    .option('--name <name>', 'takes the place of the one with this name (default: the file’s)')
    .action(does(test));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listMappings', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'name', cell: ({ name }) => name },
      { title: 'of', cell: ({ plugin }) => plugin ?? 'the tenant' },
      { title: 'version', cell: ({ version }) => String(version) },
      { title: 'rules', cell: ({ enabled_rules: on, rules }) => (on === rules ? String(on) : `${on} of ${rules}`) },
      { title: 'correlations', cell: ({ correlations }) => String(correlations) },
      { title: 'changed', cell: ({ updated_at: at }) => shortTime(at) },
    ],
    'No mappings.',
  );
}

interface NameOptions {
  name?: string;
}

async function put(cli: Cli, { name: named }: NameOptions, file = ''): Promise<void> {
  const mapping = await readMapping(cli, file);
  const name = named ?? nameOf(file);
  const annex = await cli.annex();
  const set = await withPlaces(cli, mapping, () => annex.setMapping({ path: { name }, body: mapping.document }));
  const { warnings } = mapping;
  cli.terminal.answer(set, (style) =>
    [
      ...writeFaults(warnings, 'warning', style),
      `${style.green(`${set.name} is in force`)}, version ${set.version}: ` +
        `${set.enabled_rules} of ${set.rules} rules, ${set.correlations} correlations.`,
    ].join('\n'),
  );
}

interface TestOptions extends NameOptions {
  event?: string;
  recent?: number;
  type?: string;
}

async function test(cli: Cli, { event, recent, type, name }: TestOptions, file = ''): Promise<void> {
  if (event !== undefined && (recent !== undefined || type !== undefined))
    throw invalid('COMMAND_LINE', '--recent and --type choose among the latest events; leave them out with --event.');
  const mapping = await readMapping(cli, file);
  const given = event === undefined ? undefined : readJson(await readGiven(event), '--event');
  const events = given === undefined ? undefined : Array.isArray(given) ? (given as unknown[]) : [given];
  const annex = await cli.annex();
  const body: NonNullable<Parameters<Annex['testMappings']>[0]>['body'] = {
    ...{ mapping: mapping.document, name: name ?? nameOf(file) },
    ...{ events, recent, type },
  };
  const tried = await withPlaces(cli, mapping, () => annex.testMappings({ body }));
  cli.terminal.answer(tried, (style) =>
    [...writeFaults(mapping.warnings, 'warning', style), writeTried(tried, style)].join('\n'),
  );
}

function writeTried({ events }: TriedMappings, style: Style): string {
  if (events.length === 0) return style.dim('No events. Give one with --event.');
  const rows = events.flatMap((event) => {
    const { type, raw_type: raw, mapped_from: rule, suppressed_by: kept, alert, makes } = event;
    return [
      [
        harmless(event.event_id),
        raw === null ? type : `${raw} → ${type}`,
        event.severity,
        rule === null ? style.dim('no rule') : harmless(rule),
        kept ? style.yellow(`kept back: ${kept.reason}`) : (alert?.status ?? ''),
      ],
      ...makes.map((made) => ['', style.cyan(`+ ${made.type}`), made.severity, harmless(made.mapped_from), '']),
    ];
  });
  return table([['event', 'type', 'severity', 'rule', ''].map(style.dim), ...rows]);
}

type SoundMapping = MappingFile & { document: NonNullable<MappingFile['document']> };

/** Reads the file as a server does. Tells the faults and throws `FILE_INVALID` if there are any. */
async function readMapping(cli: Cli, path: string): Promise<SoundMapping> {
  const { readMappingFile } = await import('@annex/sdk/package');
  const mapping = readMappingFile(relative('.', path), await readFile(path));
  const { document } = mapping;
  if (document === undefined) throw tellFaults(cli, mapping.errors, 'The mapping has faults; nothing was sent.');
  return { ...mapping, document };
}

/** What the server alone refuses, such as an event that its operator reserves, is told with its place in the file. */
async function withPlaces<T>(cli: Cli, mapping: MappingFile, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    if (!(thrown instanceof AnnexProblem) || thrown.code !== 'MAPPING_INVALID') throw thrown;
    // What was typed beside the file has no place in it.
    if (thrown.errors.some(({ pointer }) => /^\/(name|events)\b/.test(pointer))) throw thrown;
    throw tellFaults(cli, mapping.place(thrown.errors), 'The server refused it; nothing was changed.');
  }
}

function nameOf(file: string): string {
  return basename(file).replace(/\.(ya?ml|json)$/i, '');
}
