import type { Annex, Plugin, Release, ReleaseDiff } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { exitCodes, invalid } from '../faults.js';
import { writePart } from '../releases/changes.js';
import { harmless, type Style } from '../terminal/style.js';
import { awaitUpgrade, writeUpgrade } from './await-upgrade.js';
import { pageOf, shortTime, take, withList, type ListOptions } from './lists.js';

export function addReleases({ program, does }: Commands): void {
  const releases = program.command('releases').description('what was deployed, and how releases differ');
  withList(releases.command('ls')).description('list releases, newest first').argument('<plugin>').action(does(list));
  releases
    .command('diff')
    .description('what a release would change')
    .argument('<plugin>')
    .argument('<release>', 'its version or id')
    .option('--from <release>', 'compare with this one (default: the active one)')
    .action(does(diff));
  releases
    .command('activate')
    .description('make a stored release the active one')
    .argument('<plugin>')
    .argument('<release>', 'its version or id')
    .action(does(activate));
  program
    .command('rollback')
    .description('make an earlier release the active one')
    .argument('<plugin>')
    .argument('[version]', 'default: the one before the active one')
    .option('-y, --yes', 'ask nothing')
    .action(does(rollback));
}

async function list(cli: Cli, options: ListOptions, id = ''): Promise<void> {
  const annex = await cli.annex();
  const items = await take(annex.each('listReleases', { path: { id }, query: { limit: pageOf(options) } }), options);
  cli.terminal.list(
    items,
    [
      { title: '', cell: ({ active }) => (active ? '*' : '') },
      { title: 'version', cell: ({ version }) => version, color: ({ active }) => (active ? 'green' : undefined) },
      { title: 'id', cell: ({ id: release }) => release },
      { title: 'deployed', cell: ({ created_at: at }) => shortTime(at) },
      { title: 'signed by', cell: ({ signed_by: by }) => by?.publisher ?? '' },
      { title: 'sha256', cell: ({ sha256 }) => sha256.slice(0, 12), color: () => 'dim' },
    ],
    'No releases.',
  );
}

async function diff(cli: Cli, { from }: { from?: string }, id = '', release = ''): Promise<void> {
  const annex = await cli.annex();
  const found = await annex.diffReleases({ path: { id, release }, query: from === undefined ? {} : { from } });
  cli.terminal.answer(found, (style) => writeDiff(found, style));
}

function writeDiff(diff: ReleaseDiff, style: Style): string {
  const names = (list: readonly unknown[]): string[] => list.map(nameOf);
  const parts = [
    'permissions',
    'routes',
    'events',
    'filters',
    'jobs',
    'secrets',
    'webhooks',
    'agents',
    'mappings',
    'dependencies',
    'files',
  ];
  const lines = parts.flatMap((part) => {
    const { added, removed, changed } = diff[part as 'files'];
    return writePart(
      part,
      { added: names(added), removed: names(removed), changed: names(changed.map(({ after }) => after)) },
      style,
    );
  });
  if (diff.config_schema_changed) lines.push(style.yellow('  ~ settings'));
  return [
    `${style.bold(`${diff.from.version} → ${diff.to.version}`)} ${style.dim(diff.direction)}`,
    ...(lines.length > 0 ? lines : [style.dim('  the same')]),
  ].join('\n');
}

function nameOf(thing: unknown): string {
  if (typeof thing === 'string') return thing;
  const { methods, path, name, slug } = thing as { methods?: string[]; path?: string; name?: string; slug?: string };
  return methods ? `${methods.join(',')} ${path}` : (name ?? slug ?? path ?? '');
}

async function activate(cli: Cli, _options: object, id = '', release = ''): Promise<void> {
  const annex = await cli.annex();
  const plugin = await annex.activateRelease({ path: { id, release } });
  await tellActive(
    { cli, annex, plugin },
    (now) => `${now.slug} ${now.version} is the active release; it is ${now.status}.`,
  );
}

async function rollback(cli: Cli, { yes }: { yes?: boolean }, id = '', version?: string): Promise<void> {
  const annex = await cli.annex();
  const to = version ?? (await releaseBefore(cli, id)).version;
  const changes = await annex.diffReleases({ path: { id, release: to } });
  if (!cli.terminal.isJson) cli.terminal.note(writeDiff(changes, cli.terminal.noteStyle));
  // Whoever names the version, or is a machine, has decided.
  if (version === undefined && cli.terminal.isInteractive)
    await cli.terminal.confirm(`Go back to ${to}?`, { yes, whatElse: 'Say --yes.' });
  const plugin = await annex.rollbackPlugin({ path: { id }, body: { version: to } });
  await tellActive({ cli, annex, plugin }, (now, style) => style.green(`${now.slug} is back at ${now.version}.`));
}

/** Says which release is active once it is, or why the wanted one is not. */
async function tellActive(
  { cli, annex, plugin }: { cli: Cli; annex: Annex; plugin: Plugin },
  done: (plugin: Plugin, style: Style) => string,
): Promise<void> {
  const end = await awaitUpgrade(cli, annex, plugin);
  const now = end ? await annex.getPlugin({ path: { id: plugin.slug } }) : plugin;
  const wanted = { slug: plugin.slug, version: plugin.upgrade?.version ?? plugin.version };
  cli.terminal.answer(now, (style) =>
    end && end.state !== 'done' ? writeUpgrade(end, wanted, now, style) : done(now, style),
  );
  if (end?.state === 'given_up') cli.exitCode = exitCodes.failed;
}

/** The one that was uploaded last before the active one. */
async function releaseBefore(cli: Cli, id: string): Promise<Release> {
  let isPast = false;
  for await (const release of (await cli.annex()).each('listReleases', { path: { id } })) {
    if (isPast) return release;
    isPast = release.active;
  }
  throw invalid('NO_EARLIER_RELEASE', `${harmless(id)} has no release before the active one.`);
}
