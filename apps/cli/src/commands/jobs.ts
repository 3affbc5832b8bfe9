import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';
import { colorOf, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';
import { showEnded } from './runs.js';

export function addJobs({ program, does }: Commands): void {
  const jobs = program.command('jobs').description('jobs, when they run next, and running one now');
  withList(jobs.command('ls')).description('list the jobs of every plugin').action(does(list));
  jobs
    .command('next')
    .description('when a plugin’s jobs run next')
    .argument('<plugin>')
    .argument('[job]')
    .action(does(next));
  jobs
    .command('run')
    .description('run a job now')
    .argument('<plugin>')
    .argument('<job>')
    .option('--payload <json>', 'what the handler gets, as JSON, @file or -')
    .option('--wait', 'wait until it has ended, and show it')
    .action(does(run));
  for (const [name, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    jobs
      .command(name)
      .description(paused ? 'stop a job’s schedule' : 'let a job’s schedule go on')
      .argument('<plugin>')
      .argument('<job>')
      .action(does((cli, _options, plugin = '', job = '') => pause(cli, { plugin, job, paused })));
  }
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  const items = await take(annex.each('listJobs', { query: { limit: pageOf(options) } }), options);
  cli.terminal.list(
    items,
    [
      { title: 'plugin', cell: ({ plugin }) => plugin },
      { title: 'job', cell: ({ name }) => name },
      { title: 'schedule', cell: ({ schedule }) => schedule ?? 'when asked' },
      { title: 'zone', cell: ({ timezone }) => timezone },
      { title: 'next', cell: ({ paused, next_run_at: at }) => (paused ? 'paused' : shortTime(at)) },
      {
        title: 'last',
        cell: ({ last_run: last }) => (last ? `${last.status} ${shortTime(last.finished_at)}` : ''),
        color: ({ last_run: last }) => colorOf(last?.status ?? ''),
      },
    ],
    'No jobs.',
  );
}

async function next(cli: Cli, _options: object, id = '', name?: string): Promise<void> {
  const { items } = await (await cli.annex()).listPluginJobs({ path: { id } });
  const wanted = items.filter((job) => name === undefined || job.name === name);
  cli.terminal.answer({ items: wanted }, (style) =>
    wanted
      .flatMap((job) => [
        style.bold(job.name) + (job.paused ? ' paused' : job.next_runs.length === 0 ? ' runs when asked' : ''),
        ...job.next_runs.map((at) => `  ${shortTime(at)}`),
      ])
      .join('\n'),
  );
}

async function run(cli: Cli, options: { payload?: string; wait?: boolean }, id = '', name = ''): Promise<void> {
  const annex = await cli.annex();
  const { payload, wait } = options;
  const body = payload === undefined ? {} : { payload: readJson(await readGiven(payload), '--payload') };
  const started = await annex.runJob({ path: { id, name }, body });
  if (wait) await showEnded(cli, annex, started.run_id);
  else cli.terminal.answer(started, () => started.run_id);
}

async function pause(
  cli: Cli,
  { plugin, job, paused }: { plugin: string; job: string; paused: boolean },
): Promise<void> {
  const changed = await (await cli.annex()).updateJob({ path: { id: plugin, name: job }, body: { paused } });
  cli.terminal.answer(changed, () => `${job} is ${paused ? 'paused' : 'running on its schedule'}.`);
}
