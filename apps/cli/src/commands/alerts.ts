import { InvalidArgumentError } from 'commander';
import type { Alert } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import type { Column } from '../terminal/terminal.js';
import { colorOf, pageOf, shortTime, take, withList, type ListOptions } from './lists.js';

export function addAlerts({ program, does }: Commands): void {
  const alerts = program.command('alerts').description('events that belong together: what fires, and what is over');
  withList(alerts.command('ls'))
    .description('list alerts, those that began last first')
    .option('--status <status>', 'firing or resolved')
    .action(does(list));
  alerts
    .command('resolve')
    .description('end alerts; an event tells it')
    .argument('<alert...>')
    .action(
      does(async (cli, _options, ...ids) => {
        const annex = await cli.annex();
        const items: Alert[] = [];
        for (const id of ids) items.push(await annex.resolveAlert({ path: { id } }));
        cli.terminal.list(items, columns, '');
      }),
    );
  alerts
    .command('silence')
    .description('keep the events of alerts back for a while')
    .argument('<alert...>')
    .requiredOption('--for <duration>', 'how long, such as 15m, 2h, 1d; 0: no longer', seconds)
    .action(
      does(async (cli, { for: forS }: { for: number }, ...ids) => {
        const annex = await cli.annex();
        const items: Alert[] = [];
        for (const id of ids) items.push(await annex.silenceAlert({ path: { id }, body: { for_s: forS } }));
        cli.terminal.list(items, columns, '');
      }),
    );
}

async function list(cli: Cli, options: ListOptions & { status?: Alert['status'] }): Promise<void> {
  const annex = await cli.annex();
  const items = annex.each('listAlerts', { query: { status: options.status, limit: pageOf(options) } });
  cli.terminal.list(await take(items, options), columns, 'No alerts.');
}

const columns: Column<Alert>[] = [
  { title: 'id', cell: ({ id }) => id },
  { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
  { title: 'rule', cell: ({ rule }) => rule },
  { title: 'key', cell: ({ key }) => key },
  { title: 'count', cell: ({ count }) => String(count) },
  { title: 'since', cell: ({ first_at: at }) => shortTime(at) },
  { title: 'last', cell: ({ last_at: at }) => shortTime(at) },
  { title: 'silent until', cell: ({ silence_ends_at: at }) => shortTime(at) },
];

/** A duration such as `90s`, `15m`, `2h`, `7d`, in seconds; a number alone is seconds. */
function seconds(text: string): number {
  const [, count, unit = 's'] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const unitS = { s: 1, m: 60, h: 3600, d: 86_400 }[unit || 's'];
  if (count === undefined || unitS === undefined)
    throw new InvalidArgumentError('It is a duration such as 90s, 15m, 2h, 7d; 0: no longer.');
  return Number(count) * unitS;
}
