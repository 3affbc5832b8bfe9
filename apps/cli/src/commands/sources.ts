import type { Cli, Commands } from '../cli.js';
import { exitCodeForCode } from '../faults.js';
import { harmless, table, type Style } from '../terminal/style.js';
import { readGiven } from '../terminal/stdin.js';
import { colorOf, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';

export function addSources({ program, does }: Commands): void {
  const sources = program.command('sources').description('where events come from, and how far each source is');
  withList(sources.command('ls')).description('list sources').action(does(list));
  sources
    .command('get')
    .description('show one source: its state, cursor, last error and counts')
    .argument('<source>')
    .action(
      does(async (cli, _options, name = '') => {
        const source = await (await cli.annex()).getSource({ path: { name } });
        cli.terminal.answer(source, () => harmless(JSON.stringify(source, null, 2)));
      }),
    );
  for (const [verb, description] of [
    ['pause', 'take nothing from it until it is resumed'],
    ['resume', 'go on with one that was paused'],
    ['restart', 'begin it anew, from where its cursor stands; a failure is forgotten'],
  ] as const)
    sources
      .command(verb)
      .description(description)
      .argument('<source>')
      .action(does((cli, _options, name = '') => steer(cli, verb, name)));
  sources
    .command('test')
    .description('poll once and show what came of it; nothing is emitted, the cursor stays')
    .argument('<source>')
    .action(does(test));
  sources
    .command('rewind')
    .description('say where it goes on; what was emitted before is not emitted again if its ids are the same')
    .argument('<source>')
    .argument('[cursor]', 'as JSON, @file or - (default: null, the beginning)')
    .option('-y, --yes', 'ask nothing')
    .action(does(rewind));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listSources', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'name', cell: ({ name }) => name },
      { title: 'type', cell: ({ type }) => type },
      { title: 'state', cell: ({ state }) => state, color: ({ state }) => colorOf(state) },
      { title: 'events', cell: ({ counts }) => String(counts?.events ?? '') },
      { title: 'rejected', cell: ({ counts }) => String(counts?.rejected ?? '') },
      { title: 'lag', cell: ({ lag_s: lag }) => (lag === null ? '' : `${lag} s`) },
      { title: 'next', cell: ({ next_at: at }) => shortTime(at) },
      { title: 'error', cell: ({ last_error: error, reason }) => error?.code ?? reason ?? '' },
    ],
    'No sources.',
  );
}

const steered = { pause: 'pauseSource', resume: 'resumeSource', restart: 'restartSource' } as const;

async function steer(cli: Cli, verb: keyof typeof steered, name: string): Promise<void> {
  const source = await (await cli.annex())[steered[verb]]({ path: { name } });
  cli.terminal.answer(source, () => `${source.name} is ${source.state}.`);
}

async function test(cli: Cli, _options: object, name = ''): Promise<void> {
  const annex = await cli.annex();
  const tried = await cli.terminal.progress(`Polling ${name}`, () => annex.testSource({ path: { name } }));
  cli.terminal.answer(tried, (style) => writeTest(tried, style));
  if (!tried.ok) cli.exitCode = exitCodeForCode(tried.error?.code ?? '');
}

function writeTest(tried: Awaited<ReturnType<Awaited<ReturnType<Cli['annex']>>['testSource']>>, style: Style): string {
  const { error, events, event_count: count, cursor, more } = tried;
  if (error) return `${style.red(error.code)} ${harmless(error.message)}`;
  const rows = events.map(({ type, id, subject, missing }) => [
    harmless(type),
    harmless(id ?? ''),
    harmless(subject ?? ''),
    missing.length > 0 ? style.yellow(`rejected: nothing at ${missing.map(harmless).join(', ')}`) : '',
  ]);
  return [
    ...(rows.length > 0 ? [table([['type', 'id', 'subject', ''].map(style.dim), ...rows]), ''] : []),
    `${count} events${count > events.length ? `, the first ${events.length} are shown` : ''}; nothing was emitted`,
    style.dim(`cursor after them ${harmless(JSON.stringify(cursor))}${more ? ', and there is more' : ''}`),
  ].join('\n');
}

async function rewind(cli: Cli, { yes }: { yes?: boolean }, name = '', given?: string): Promise<void> {
  const cursor = given === undefined ? null : readJson(await readGiven(given), 'The cursor');
  if (cursor === null)
    await cli.terminal.confirm(`Begin ${name} at the beginning?`, { yes, whatElse: 'Say --yes, or name a cursor.' });
  const source = await (await cli.annex()).setSourceCursor({ path: { name }, body: { cursor } });
  cli.terminal.answer(
    source,
    () =>
      `${source.name} goes on ${cursor === null ? 'at the beginning' : `from ${harmless(JSON.stringify(cursor))}`}.`,
  );
}
