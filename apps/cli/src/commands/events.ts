import { retrying } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';
import { colorOf, moment, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';

export function addEvents({ program, does }: Commands): void {
  const events = program.command('events').description('the tenant’s events, and sending one');
  events
    .command('send')
    .description('send an event')
    .argument('<type>', 'such as order.paid')
    .argument('[data]', 'JSON, @file or -', '{}')
    .option('--id <id>', 'the same id again is the same event')
    .option('--subject <text>')
    .option('--source <uri>')
    .option('--severity <word>', 'debug, info, warning, error or critical')
    .option('--tag <tag...>', 'to find it by')
    .option('--test', 'wait up to 10 s and show what each plugin made of it')
    .action(does(send));
  withList(events.command('ls'))
    .description('list events, newest first')
    .option('--type <pattern>', 'such as order.*')
    .option('--since <time>', 'from a time on, such as 15m', moment)
    .option('--until <time>', 'up to a time', moment)
    .option('--severity <word>')
    .option('--tag <tag>')
    .option('--rejected', 'only those that lack what their source must say')
    .action(does(list));
  events.command('get').description('show one event with its deliveries').argument('<id>').action(does(get));
  events
    .command('replay')
    .description('deliver an event again to every plugin that wants it now')
    .argument('<id>')
    .action(does(replay));
}

interface SendOptions {
  id?: string;
  subject?: string;
  source?: string;
  severity?: string;
  tag?: string[];
  test?: boolean;
}

async function send(cli: Cli, options: SendOptions, type = '', given = '{}'): Promise<void> {
  const { id, subject, source, severity, tag, test } = options;
  const annex = await cli.annex();
  const data = readJson(await readGiven(given), 'The data') as never;
  if (test) {
    const seen = await annex.testEvent({ body: { event_type: type, event_data: data } });
    cli.terminal.answer(seen, (style) =>
      seen.deliveries.length === 0
        ? style.dim('No plugin wants it.')
        : seen.deliveries
            .map((each) => {
              const said = each.error
                ? `${each.error.code} ${each.error.message}`
                : JSON.stringify(each.result ?? null);
              const color = colorOf(each.status) ?? 'dim';
              return `${each.plugin ?? ''} ${style[color](each.status)} ${said} ${style.dim(each.run_id)}`;
            })
            .join('\n'),
    );
    if (seen.deliveries.some(({ status }) => status === 'failed')) cli.exitCode = 1;
    return;
  }
  const body = {
    type,
    data,
    ...(id && { id }),
    ...(subject && { subject }),
    ...(source && { source }),
    ...(severity && { severity: severity as 'info' }),
    ...(tag && { tags: tag }),
  };
  const sent = await retrying((more) => annex.sendEvent({ body, ...more }), { signal: cli.signal });
  cli.terminal.answer(sent, () => sent.event_id);
}

interface ListEventsOptions extends ListOptions {
  type?: string;
  since?: string;
  until?: string;
  severity?: string;
  tag?: string;
  rejected?: boolean;
}

async function list(cli: Cli, options: ListEventsOptions): Promise<void> {
  const annex = await cli.annex();
  const { type, since, until, tag, rejected } = options;
  const severity = options.severity as 'info' | undefined;
  const status = rejected ? 'rejected' : undefined;
  const query = { type, since, until, severity, tag, status, limit: pageOf(options) } as const;
  const items = annex.each('listEvents', { query });
  cli.terminal.list(
    await take(items, options),
    [
      { title: 'id', cell: ({ id }) => id },
      { title: 'type', cell: ({ type: name }) => name },
      { title: 'time', cell: ({ time }) => shortTime(time) },
      { title: 'severity', cell: ({ severity: word }) => word },
      { title: 'deliveries', cell: ({ deliveries }) => deliveries.map(({ status }) => status).join(' ') },
      { title: 'subject', cell: ({ subject }) => subject ?? '' },
    ],
    'No events.',
  );
}

async function get(cli: Cli, _options: object, id = ''): Promise<void> {
  const event = await (await cli.annex()).getEvent({ path: { id } });
  cli.terminal.answer(event, () => JSON.stringify(event, null, 2));
}

async function replay(cli: Cli, _options: object, id = ''): Promise<void> {
  const replayed = await (await cli.annex()).replayEvent({ path: { id }, body: {} });
  cli.terminal.answer(replayed, () =>
    replayed.deliveries.map(({ plugin, run_id: run, status }) => `${plugin ?? ''} ${status} ${run}`).join('\n'),
  );
}
