import type { Output } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';

interface SpendOptions {
  since?: string;
  until?: string;
  csv?: true;
  everyTenant?: boolean;
}

type Report = Output<'listSpend'>;
type Line = Report['items'][number];

export function addSpend({ program, does }: Commands): void {
  program
    .command('spend')
    .description('what closed days used, by plugin, as bills are made from it')
    .option('--since <day>', 'the first UTC day, such as 2026-01-31 (default: the first of the month)')
    .option('--until <day>', 'the last UTC day (default: today)')
    .option('--every-tenant', 'of all tenants, for operators')
    .option('--csv', 'as CSV')
    .action(does(spend));
}

async function spend(cli: Cli, { since, until, csv, everyTenant = false }: SpendOptions): Promise<void> {
  if (csv && cli.terminal.isJson) throw invalid('COMMAND_LINE', 'Say --csv or --json, not both.');
  const last = until ?? new Date().toISOString().slice(0, 10);
  const query = { since: since ?? `${last.slice(0, 7)}-01`, until: last };
  const annex = await cli.annex();
  if (csv) return cli.terminal.bytes(await annex[everyTenant ? 'exportAllSpend' : 'exportSpend']({ query }));
  const report = everyTenant ? await allPages(cli, query) : await annex.getSpend({ query });
  if (cli.terminal.isJson) return cli.terminal.answer(report, () => '');
  cli.terminal.list(report.items, columnsOf(everyTenant), 'Nothing that closed days have counted.');
  const { complete, closed_until: closed } = report;
  if (!complete) cli.terminal.note(`Days are closed until ${closed ?? 'none so far'}; later ones do not count yet.`);
}

/** All pages as one. What the first one says of the period holds: a day that is closed meanwhile is a later one. */
async function allPages(cli: Cli, query: { since: string; until: string }): Promise<Report> {
  const annex = await cli.annex();
  const first = await annex.listSpend({ query: { ...query, limit: 100 } });
  const items = [...first.items];
  for (let cursor = first.next_cursor; cursor !== null;) {
    const page = await annex.listSpend({ query: { ...query, limit: 100, cursor } });
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return { ...first, items, next_cursor: null };
}

const figures = {
  runs: 'runs',
  failed: 'failed_runs',
  'cpu ms': 'cpu_ms',
  'http calls': 'http_calls',
  'egress bytes': 'egress_bytes',
  mails: 'mails',
  tokens: 'llm_tokens',
  'byte days': 'storage_byte_days',
} as const;

function columnsOf(everyTenant: boolean): { title: string; cell: (line: Line) => string }[] {
  return [
    ...(everyTenant ? [{ title: 'tenant', cell: ({ tenant }: Line) => tenant }] : []),
    { title: 'plugin', cell: ({ plugin }) => plugin ?? 'the tenant' },
    ...Object.entries(figures).map(([title, figure]) => ({ title, cell: (line: Line) => String(line[figure]) })),
  ];
}
