/** Webhooks and what they delivered, and dead letters. */
import type { Annex, ReplayedDelivery } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { colorOf, moment, pageOf, shortTime, take, withList, type ListOptions } from './lists.js';

type Kind = 'event' | 'job' | 'webhook' | 'lifecycle';
type DeliveryStatus = NonNullable<NonNullable<NonNullable<Parameters<Annex['listDeliveries']>[0]>['query']>['status']>;

interface DeliveriesOptions extends ListOptions {
  webhook?: string;
  plugin?: string;
  status?: DeliveryStatus;
}

export function addWebhooks({ program, does }: Commands): void {
  const webhooks = program.command('webhooks').description('webhooks, and what they delivered');
  withList(webhooks.command('ls')).description('list webhooks').option('--plugin <slug>').action(does(listWebhooks));
  withList(webhooks.command('deliveries'))
    .description('list deliveries, those sent last first')
    .option('--webhook <id>', 'of one webhook')
    .option('--plugin <slug>', 'of one plugin')
    .option('--status <status>', 'such as failed')
    .action(does(listDeliveries));
  webhooks
    .command('replay')
    .description('send deliveries again: the same bytes, the same webhook-id')
    .argument('<delivery...>')
    .action(
      does(async (cli, _options, ...ids) => {
        const annex = await cli.annex();
        const items: ReplayedDelivery[] = [];
        for (const id of ids) items.push(await annex.replayDelivery({ path: { id } }));
        cli.terminal.answer({ items }, () => items.map(({ run_id: run }) => run).join('\n'));
      }),
    );
  webhooks
    .command('test')
    .description('send something to a webhook')
    .argument('<webhook>')
    .action(
      does(async (cli, _options, id = '') => {
        const sent = await (await cli.annex()).testWebhook({ path: { id }, body: {} });
        cli.terminal.answer(sent, () => `${sent.delivery_id} ${sent.status}`);
      }),
    );
}

async function listWebhooks(cli: Cli, options: ListOptions & { plugin?: string }): Promise<void> {
  const annex = await cli.annex();
  const items = annex.each('listWebhooks', { query: { plugin: options.plugin, limit: pageOf(options) } });
  cli.terminal.list(
    await take(items, options),
    [
      { title: 'id', cell: ({ id }) => id },
      { title: 'name', cell: ({ name }) => name },
      { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
      { title: 'on', cell: ({ events }) => events.join(' ') },
      { title: 'to', cell: ({ url }) => url },
    ],
    'No webhooks.',
  );
}

async function listDeliveries(cli: Cli, options: DeliveriesOptions): Promise<void> {
  const annex = await cli.annex();
  const { webhook, plugin, status } = options;
  const items = annex.each('listDeliveries', { query: { webhook, plugin, status, limit: pageOf(options) } });
  cli.terminal.list(
    await take(items, options),
    [
      { title: 'id', cell: ({ id }) => id },
      { title: 'webhook', cell: ({ webhook: name }) => name },
      { title: 'event', cell: ({ event_type: type }) => type ?? '' },
      { title: 'status', cell: (each) => each.status, color: (each) => colorOf(each.status) },
      { title: 'attempts', cell: ({ attempt_count: count }) => String(count) },
      { title: 'made', cell: ({ created_at: at }) => shortTime(at) },
      { title: 'error', cell: ({ error }) => error?.code ?? '' },
    ],
    'No deliveries.',
  );
}

interface DeadOptions {
  plugin?: string;
  kind?: Kind;
  event?: string;
  since?: string;
  until?: string;
}

export function addDeadLetters({ program, does }: Commands): void {
  const dead = program.command('dead-letters').description('runs that failed for good, until they are replayed');
  const withFilter = (name: string) =>
    dead
      .command(name)
      .option('--plugin <slug>', 'of one plugin')
      .option('--kind <kind>', 'event, job, webhook or lifecycle')
      .option('--event <id>', 'of one event')
      .option('--since <time>', 'from a time on, such as 2h', moment)
      .option('--until <time>', 'up to a time', moment);
  withList(withFilter('ls')).description('list them, newest first').action(does(listDead));
  withFilter('replay')
    .description('run them again')
    .argument('[id...]')
    .option('--all', 'every one')
    .option('-y, --yes', 'ask nothing')
    .action(does(replayDead));
  withFilter('discard')
    .description('discard them')
    .argument('[id...]')
    .option('--all', 'every one')
    .option('-y, --yes', 'ask nothing')
    .action(does(discardDead));
}

async function listDead(cli: Cli, options: ListOptions & DeadOptions): Promise<void> {
  const annex = await cli.annex();
  const items = annex.each('listDeadLetters', { query: { ...filterOf(options), limit: pageOf(options) } });
  cli.terminal.list(
    await take(items, options),
    [
      { title: 'id', cell: ({ id }) => id },
      { title: 'plugin', cell: ({ plugin }) => plugin ?? '' },
      { title: 'kind', cell: ({ kind }) => kind },
      { title: 'name', cell: ({ name }) => name },
      { title: 'failed', cell: ({ finished_at: at }) => shortTime(at) },
      { title: 'error', cell: ({ error }) => (error ? `${error.code}: ${error.message}` : '') },
    ],
    'No dead letters.',
  );
}

function filterOf({ plugin, kind, event, since, until }: DeadOptions) {
  return { plugin, kind, event_id: event, since, until };
}

/** Ids, or a filter, or `--all`: whoever names nothing means nothing. */
async function wanted(cli: Cli, options: DeadOptions & { all?: boolean; yes?: boolean }, ids: string[], verb: string) {
  const filter = Object.fromEntries(Object.entries(filterOf(options)).filter(([, value]) => value !== undefined));
  if (ids.length > 0) return { ids };
  if (Object.keys(filter).length > 0) return filter as ReturnType<typeof filterOf>;
  if (!options.all) throw invalid('NOTHING_NAMED', 'Name ids, a filter such as --plugin, or --all.');
  await cli.terminal.confirm(`${verb} every dead letter of the tenant?`, { yes: options.yes, whatElse: 'Say --yes.' });
  return { all: true } as const;
}

async function replayDead(cli: Cli, options: DeadOptions & { all?: boolean; yes?: boolean }, ...ids: string[]) {
  const body = await wanted(cli, options, ids, 'Replay');
  const replayed = await (await cli.annex()).replayDeadLetters({ body });
  cli.terminal.answer(
    replayed,
    () => `${replayed.replayed} of ${replayed.total} replayed${replayed.remaining > 0 ? ', the others follow' : ''}.`,
  );
}

async function discardDead(cli: Cli, options: DeadOptions & { all?: boolean; yes?: boolean }, ...ids: string[]) {
  const body = await wanted(cli, options, ids, 'Discard');
  const gone = await (await cli.annex()).discardDeadLetters({ body });
  cli.terminal.answer(
    gone,
    () => `${gone.discarded} discarded${gone.remaining > 0 ? `, ${gone.remaining} remain` : ''}.`,
  );
}
