import type { Cli, Commands } from '../cli.js';
import { colorOf, pageOf, shortTime, take, withList, type ListOptions } from './lists.js';

export function addPlugins({ program, does }: Commands): void {
  const plugins = program.command('plugins').description('the tenant’s plugins');
  withList(plugins.command('ls')).description('list plugins').action(does(list));
  plugins
    .command('get')
    .description('show one plugin')
    .argument('<plugin>')
    .action(
      does(async (cli, _options, id = '') => {
        const plugin = await (await cli.annex()).getPlugin({ path: { id } });
        cli.terminal.answer(plugin, () => JSON.stringify(plugin, null, 2));
      }),
    );
  plugins
    .command('enable')
    .description('enable a plugin')
    .argument('<plugin>')
    .option('--grant <permissions>', 'permissions to grant, separated by commas, or "all"')
    .action(
      does(async (cli, { grant }: { grant?: string }, id = '') => {
        const names = grant === 'all' ? ('all' as const) : grant?.split(',').map((each) => each.trim());
        const body = names === undefined ? {} : { grant: names };
        const plugin = await (await cli.annex()).enablePlugin({ path: { id }, body });
        cli.terminal.answer(plugin, () => `${plugin.slug} is ${plugin.status}.`);
      }),
    );
  plugins
    .command('disable')
    .description('disable a plugin: its routes answer 409, its events and jobs rest')
    .argument('<plugin>')
    .action(
      does(async (cli, _options, id = '') => {
        const plugin = await (await cli.annex()).disablePlugin({ path: { id } });
        cli.terminal.answer(plugin, () => `${plugin.slug} is ${plugin.status}.`);
      }),
    );
  plugins
    .command('record')
    .description('keep what the plugin’s runs ask of ctx, for "runs calls" and "runs replay --local"')
    .argument('<plugin>')
    .option('--minutes <number>', 'for how long, 1 to 60', Number, 10)
    .option('--stop', 'keep no more')
    .action(
      does(async (cli, { minutes, stop }: { minutes: number; stop?: boolean }, id = '') => {
        const annex = await cli.annex();
        const plugin = stop
          ? await annex.stopRecording({ path: { id } })
          : await annex.startRecording({ path: { id }, body: { minutes } });
        const { slug, recording_until: until } = plugin;
        cli.terminal.answer(plugin, () =>
          until === null ? `${slug} is not recorded.` : `${slug} is recorded until ${shortTime(until)}.`,
        );
      }),
    );
  plugins
    .command('rm')
    .description('uninstall a plugin and erase what it kept')
    .argument('<plugin>')
    .option('-y, --yes', 'ask nothing')
    .action(
      does(async (cli, { yes }: { yes?: boolean }, id = '') => {
        await cli.terminal.confirm(`Uninstall ${id} and erase what it kept?`, { yes, whatElse: 'Say --yes.' });
        await (await cli.annex()).deletePlugin({ path: { id } });
        cli.terminal.answer({ plugin: id, removed: true }, () => `${id} is uninstalled.`);
      }),
    );
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listPlugins', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'slug', cell: ({ slug }) => slug },
      { title: 'version', cell: ({ version }) => version },
      { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
      { title: 'name', cell: ({ name }) => name },
      { title: 'needs', cell: (plugin) => [...plugin.missing_secrets, ...plugin.permissions.pending].join(' ') },
    ],
    'No plugins. "annex init" makes one.',
  );
}
