import type { Question } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';
import { harmless } from '../terminal/style.js';
import type { Column } from '../terminal/terminal.js';
import { colorOf, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';

export function addAgents({ program, does }: Commands): void {
  const agents = program.command('agents').description('agents that plugins ask, and what they were asked');
  withList(agents.command('ls')).description('list agents').action(does(list));
  withList(agents.command('questions'))
    .description('list questions, those asked last first')
    .option('--agent <agent>', 'of one agent')
    .option('--waiting', 'those that wait for a yes')
    .action(does(questions));
  agents
    .command('get')
    .description('show one question: what was asked, what was answered')
    .argument('<question>')
    .action(does(async (cli, _options, id = '') => show(cli, await (await cli.annex()).getQuestion({ path: { id } }))));
  agents
    .command('ask')
    .description('ask an agent something now')
    .argument('<agent>')
    .argument('[data]', 'as JSON, @file or -: what stands in the place of an event’s data')
    .action(does(ask));
  agents
    .command('approve')
    .description('say yes to questions: they are asked now')
    .argument('<question...>')
    .action(does((cli, _options, ...ids) => decide(cli, ids, (annex, id) => annex.approveQuestion({ path: { id } }))));
  agents
    .command('reject')
    .description('say no to questions: they are not asked')
    .argument('<question...>')
    .option('--reason <text>', 'why')
    .action(
      does((cli, { reason }: { reason?: string }, ...ids) =>
        decide(cli, ids, (annex, id) => annex.rejectQuestion({ path: { id }, body: { reason } })),
      ),
    );
  agents
    .command('cancel')
    .description('give questions up')
    .argument('<question...>')
    .action(does((cli, _options, ...ids) => decide(cli, ids, (annex, id) => annex.cancelQuestion({ path: { id } }))));
  agents
    .command('replay')
    .description('ask again what was asked')
    .argument('<question>')
    .action(
      does(async (cli, _options, id = '') => {
        const asked = await (await cli.annex()).replayQuestion({ path: { id } });
        cli.terminal.answer(asked, () => `${asked.id} is asked again (${asked.run_id}).`);
      }),
    );
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listAgents', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'name', cell: ({ name }) => name },
      { title: 'plugin', cell: ({ plugin }) => plugin },
      { title: 'protocol', cell: ({ protocol }) => protocol },
      { title: 'events', cell: ({ events }) => events.join(', ') },
      { title: 'approval', cell: ({ approval }) => approval },
      { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
      { title: 'reason', cell: ({ reason }) => reason ?? '' },
    ],
    'No agents.',
  );
}

const columns: Column<Question>[] = [
  { title: 'id', cell: ({ id }) => id },
  { title: 'agent', cell: ({ agent }) => agent },
  { title: 'event', cell: ({ event_type: type }) => type ?? '' },
  { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
  { title: 'waits for', cell: ({ waiting_for: waits }) => waits ?? '' },
  { title: 'state', cell: ({ state }) => state ?? '' },
  { title: 'asked', cell: ({ asked_at: at }) => shortTime(at) },
  { title: 'error', cell: ({ error }) => error?.code ?? '' },
];

async function questions(cli: Cli, options: ListOptions & { agent?: string; waiting?: boolean }): Promise<void> {
  const annex = await cli.annex();
  const query = {
    limit: pageOf(options),
    agent: options.agent,
    ...(options.waiting && { waiting_for: 'approval' as const }),
  };
  cli.terminal.list(await take(annex.each('listQuestions', { query }), options), columns, 'No questions.');
}

function show(cli: Cli, question: Question): void {
  cli.terminal.answer(question, () => harmless(JSON.stringify(question, null, 2)));
}

async function ask(cli: Cli, _options: object, id = '', given?: string): Promise<void> {
  const body = given === undefined ? {} : { data: readJson(await readGiven(given), 'The data') };
  const asked = await (await cli.annex()).testAgent({ path: { id }, body });
  cli.terminal.answer(asked, () => `${asked.id} is asked; annex agents get ${asked.id} shows the answer.`);
}

async function decide(
  cli: Cli,
  ids: readonly string[],
  work: (annex: Awaited<ReturnType<Cli['annex']>>, id: string) => Promise<Question>,
): Promise<void> {
  const annex = await cli.annex();
  const items: Question[] = [];
  for (const id of ids) items.push(await work(annex, id));
  cli.terminal.list(items, columns, '');
}
