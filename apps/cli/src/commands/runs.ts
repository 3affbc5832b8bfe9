import { isDeepStrictEqual } from 'node:util';
import type { Annex, Run, RunDetail } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { exitCodeForCode, exitCodes, invalid } from '../faults.js';
import { lineChanges } from '../replay/line-changes.js';
import { replayLocally, type Ending, type LocalReplay } from '../replay/local-replay.js';
import type { DifferentCall } from '../replay/recorded-answers.js';
import { harmless, table, type Style } from '../terminal/style.js';
import type { Column } from '../terminal/terminal.js';
import { readGiven } from '../terminal/stdin.js';
import { colorOf, moment, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';
import { writeLogLine } from './logs.js';

export function addRuns({ program, does }: Commands): void {
  const runs = program.command('runs').description('what ran, how it ended, and why');
  withList(runs.command('ls'))
    .description('list runs, newest first')
    .option('--plugin <slug>', 'of one plugin')
    .option('--kind <kind>', 'route, event, job, webhook, filter, lifecycle or source')
    .option('--status <status>', 'queued, running, retrying, succeeded, failed, cancelled or skipped')
    .option('--name <handler>', 'of one handler')
    .option('--event <id>', 'of one event')
    .option('-q, --search <text>', 'whose error, name or id holds a text')
    .option('--since <time>', 'from a time on, such as 15m', moment)
    .option('--until <time>', 'up to a time', moment)
    .action(does(list));
  runs
    .command('get')
    .description('show one run: attempts, limits used, log, result')
    .argument('<id>')
    .action(does(get));
  runs
    .command('calls')
    .description('show what a run asked of ctx and was answered, where its plugin was recorded')
    .argument('<id>')
    .option('--attempt <number>', 'of one attempt (default: the latest)', Number)
    .action(does(calls));
  runs.command('cancel').description('cancel runs that have not ended').argument('<id...>').action(does(cancel));
  runs
    .command('replay')
    .description('run it again, as a run of its own')
    .argument('<id>')
    .option('--payload <json>', 'another payload, as JSON, @file or -')
    .option('--wait', 'wait until it has ended, and show it')
    .option('--local [folder]', 'run it here, against the plugin in a folder (default: the one you stand in)')
    .action(does(replay));
}

type Query = NonNullable<NonNullable<Parameters<Annex['listRuns']>[0]>['query']>;

interface ListRunsOptions extends ListOptions {
  plugin?: string;
  kind?: Query['kind'];
  status?: Query['status'];
  name?: string;
  event?: string;
  search?: string;
  since?: string;
  until?: string;
}

async function list(cli: Cli, { event, search, ...options }: ListRunsOptions): Promise<void> {
  const annex = await cli.annex();
  const { plugin, kind, status, name, since, until } = options;
  const query = { plugin, kind, status, name, since, until, event_id: event, q: search, limit: pageOf(options) };
  cli.terminal.list(await take(annex.each('listRuns', { query }), options), runColumns, 'No runs.');
}

const runColumns: Column<Run>[] = [
  { title: 'id', cell: ({ id }) => id },
  { title: 'plugin', cell: ({ plugin }) => plugin ?? '' },
  { title: 'kind', cell: ({ kind }) => kind },
  { title: 'name', cell: ({ name }) => name },
  { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
  { title: 'queued', cell: ({ queued_at: at }) => shortTime(at) },
  { title: 'error', cell: ({ error }) => error?.code ?? '' },
];

async function get(cli: Cli, _options: object, id = ''): Promise<void> {
  const annex = await cli.annex();
  const run = await annex.getRun({ path: { id } });
  const by = cli.terminal.isJson ? null : await nameOf(annex, run.trigger.by);
  cli.terminal.answer(run, (style) => writeRun(run, style, by));
}

type Calls = Awaited<ReturnType<Annex['listCalls']>>;

async function calls(cli: Cli, { attempt }: { attempt?: number }, id = ''): Promise<void> {
  const query = attempt === undefined ? {} : { attempt };
  const recorded = await (await cli.annex()).listCalls({ path: { id }, query });
  cli.terminal.answer(recorded, (style) => writeCalls(recorded, style));
}

function writeCalls({ run_id: id, attempt, items, left_out: left }: Calls, style: Style): string {
  if (attempt === null) return `${id} was not recorded. "annex plugins record <plugin>" records the runs to come.`;
  const rows = items.map(({ method, args, answer, error, omitted, at_ms: at, took_ms: took }) => [
    style.dim(`${at} ms`),
    took === null ? '' : `${took} ms`,
    harmless(method),
    shorten(harmless(args === null ? '…' : JSON.stringify(args))),
    error ? style.red(harmless(error.code)) : shorten(harmless(answer === undefined ? '…' : JSON.stringify(answer))),
    omitted ? style.dim(omitted) : '',
  ]);
  if (rows.length === 0) return `${id} asked nothing of ctx.`;
  return table(rows) + (left > 0 ? `\n${left} more had no room.` : '');
}

/** Who that is, as people know them; the id where nobody knows. */
async function nameOf(annex: Annex, id: string | null): Promise<string | null> {
  if (id === null || id.startsWith('run_')) return id;
  const { items } = await annex.listActors({ query: { ids: id } });
  return items[0]?.name ?? id;
}

async function cancel(cli: Cli, _options: object, ...ids: string[]): Promise<void> {
  const annex = await cli.annex();
  const items: RunDetail[] = [];
  for (const id of ids) items.push(await annex.cancelRun({ path: { id } }));
  cli.terminal.list(items, runColumns, '');
}

interface ReplayOptions {
  payload?: string;
  wait?: boolean;
  local?: string | true;
}

async function replay(cli: Cli, { payload, wait, local }: ReplayOptions, id = ''): Promise<void> {
  const annex = await cli.annex();
  if (local !== undefined) {
    if (payload !== undefined || wait) throw invalid('COMMAND_LINE', '--local takes the run’s own input, and waits.');
    await showLocal(cli, annex, id, local === true ? undefined : local);
    return;
  }
  const body = payload === undefined ? {} : { payload: readJson(await readGiven(payload), '--payload') };
  const started = await annex.replayRun({ path: { id }, body });
  if (!wait) {
    cli.terminal.answer(started, () => started.run_id);
    return;
  }
  await showEnded(cli, annex, started.run_id);
}

/** Runs a kept run here, and shows how the two ends differ; the exit code tells whether they do. */
async function showLocal(cli: Cli, annex: Annex, id: string, folder: string | undefined): Promise<void> {
  const { closeSandbox, findPlugin } = await import('@annex/sdk/package');
  const path = findPlugin(folder);
  const replayed = await cli.terminal
    .progress(`Running ${id} in ${path}`, () => replayLocally(annex, { id, folder: path }))
    .finally(closeSandbox);
  const same = isDeepStrictEqual(replayed.recorded, replayed.local);
  cli.terminal.answer({ run_id: id, same, ...replayed }, (style) => writeLocal(replayed, same, style));
  if (!same) cli.exitCode = exitCodes.failed;
}

function writeLocal(replayed: LocalReplay, same: boolean, style: Style): string {
  const { recorded, local, unknown, calls, changed_since: changed, secrets_missing: missing } = replayed;
  const asText = (ending: Ending): string => JSON.stringify(ending, null, 2);
  const paint = { '-': style.red, '+': style.green, ' ': style.dim };
  return [
    ...(same
      ? [style.green(`the same: ${local.status}`)]
      : [
          `${style.red('- as it ran')}   ${style.green('+ here')}`,
          ...lineChanges(asText(recorded), asText(local)).map(({ sign, line }) => paint[sign](harmless(sign + line))),
        ]),
    ...(calls === null
      ? []
      : [
          style.dim(`${calls.answered} of ${calls.recorded} recorded calls answered as they were then`),
          ...calls.different.flatMap((call) => writeDifferentCall(call, style)),
        ]),
    ...(unknown.length > 0 ? [style.yellow(`answered from empty memory: ${unknown.map(harmless).join(', ')}`)] : []),
    ...(changed.length > 0 ? [style.yellow(`written since the run began: ${changed.map(harmless).join(', ')}`)] : []),
    ...(missing.length > 0 ? [style.yellow(`not in .env, so their names stood in: ${missing.join(', ')}`)] : []),
  ].join('\n');
}

function writeDifferentCall({ method, recorded, local }: DifferentCall, style: Style): string[] {
  const line = (args: unknown): string => shorten(harmless(`${method} ${JSON.stringify(args)}`));
  return [
    ...(recorded === undefined ? [] : [style.red(`- ${line(recorded)}`)]),
    ...(local === undefined ? [] : [style.green(`+ ${line(local)}`)]),
  ];
}

const lineChars = 120;

function shorten(text: string): string {
  return text.length > lineChars ? `${text.slice(0, lineChars)}…` : text;
}

/** Waits for a run and shows it; the exit code tells how it ended. */
export async function showEnded(cli: Cli, annex: Annex, id: string): Promise<void> {
  const run = await cli.terminal.progress(`Waiting for ${id}`, async () => {
    for (;;) {
      const now = await annex.getRun({ path: { id }, signal: cli.signal });
      if (!/^(queued|running|retrying)$/.test(now.status)) return now;
      await new Promise((done) => setTimeout(done, pauseMs));
    }
  });
  cli.terminal.answer(run, (style) => writeRun(run, style));
  cli.exitCode = exitCodeOfRun(run);
}

const pauseMs = 300;

/** 0 for one that succeeded; a run that hit a limit or was denied something says so. */
function exitCodeOfRun({ status, error }: Pick<Run, 'status' | 'error'>): number {
  if (status === 'failed') return exitCodeForCode(error?.code ?? '');
  return status === 'cancelled' ? 1 : 0;
}

function writeRun(run: RunDetail, style: Style, by = run.trigger.by): string {
  const color = colorOf(run.status);
  const status = color ? style[color](run.status) : run.status;
  const lines = [
    `${style.bold(run.id)} ${status} ${run.plugin ?? ''} ${run.kind} ${harmless(run.name)}`,
    `  queued ${shortTime(run.queued_at)}${run.finished_at ? `, finished ${shortTime(run.finished_at)}` : ''}, ` +
      `by ${run.trigger.kind}${by ? ` ${harmless(by)}` : ''}` +
      (run.waiting_for ? `, waits for ${run.waiting_for}` : ''),
  ];
  if (run.error) lines.push(`  ${style.red(run.error.code)} ${harmless(run.error.message)}`);
  for (const { number, started_at: at, error } of run.attempts)
    lines.push(`  attempt ${number} ${shortTime(at)}${error ? ` ${style.red(error.code)}` : ''}`);
  const used = limitsOf(run);
  if (used.length > 0) lines.push('', table(used.map((row) => ['  ', ...row])));
  if (run.result !== undefined && run.result !== null)
    lines.push('', style.dim('result'), harmless(JSON.stringify(run.result, null, 2)));
  if (run.logs.length > 0) lines.push('', ...run.logs.map((line) => writeLogLine(line, style)));
  return lines.join('\n');
}

function limitsOf({ limits }: RunDetail): string[][] {
  return Object.entries(limits as Record<string, { used?: number; max?: number } | null>).flatMap(([name, limit]) =>
    limit?.used === undefined ? [] : [[name, String(limit.used), limit.max === undefined ? '' : `of ${limit.max}`]],
  );
}
