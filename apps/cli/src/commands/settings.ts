/** The tenant's tree of settings. */
import type { Cli, Commands } from '../cli.js';
import { readGiven } from '../terminal/stdin.js';
import { harmless } from '../terminal/style.js';
import { pageOf, readJson, shortTime, take, wholeNumber, withList, type ListOptions } from './lists.js';

interface Condition {
  ifRevision?: number;
  new?: boolean;
}

export function addSettings({ program, does }: Commands): void {
  const settings = program.command('settings').description('the tenant’s settings, which plugins watch');
  withList(settings.command('ls')).description('list keys and values').argument('[prefix]').action(does(list));
  settings
    .command('get')
    .description('show a value')
    .argument('<key>')
    .action(
      does(async (cli, _options, path = '') => {
        const setting = await (await cli.annex()).getSetting({ path: { path } });
        cli.terminal.answer(setting, () => harmless(JSON.stringify(setting.value, null, 2)));
      }),
    );
  settings
    .command('put')
    .description('set a key, new or not')
    .argument('<key>')
    .argument('<value>', 'JSON, @file or - for stdin')
    .option('--if-revision <revision>', 'only if that is its revision', wholeNumber)
    .option('--new', 'only if there is no such key')
    .action(does(put));
  settings
    .command('rm')
    .description('remove a key')
    .argument('<key>')
    .option('--if-revision <revision>', 'only if that is its revision', wholeNumber)
    .action(
      does(async (cli, { ifRevision }: Condition, path = '') => {
        const annex = await cli.annex();
        await annex.deleteSetting({ path: { path }, ...conditionOf({ ifRevision }) });
        cli.terminal.answer({ key: path, removed: true }, () => `${harmless(path)} is removed.`);
      }),
    );
  settings
    .command('watch')
    .description('follow changes as they are made')
    .argument('[prefix]')
    .option('--since <revision>', 'begin behind this revision (default: now)', wholeNumber)
    .action(does(watch));
}

async function list(cli: Cli, options: ListOptions, prefix?: string): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listSettings', { query: { prefix, limit: pageOf(options) } }), options),
    [
      { title: 'key', cell: ({ key }) => harmless(key) },
      { title: 'value', cell: ({ value }) => harmless(brief(value)) },
      { title: 'revision', cell: ({ revision }) => String(revision) },
      { title: 'changed', cell: ({ updated_at: at }) => shortTime(at) },
    ],
    'No settings.',
  );
}

async function put(cli: Cli, condition: Condition, path = '', given = ''): Promise<void> {
  const value = readJson(await readGiven(given), '<value>');
  const annex = await cli.annex();
  const setting = await annex.setSetting({ path: { path }, body: { value }, ...conditionOf(condition) });
  cli.terminal.answer(setting, (style) => `${style.green(harmless(setting.key))} is at revision ${setting.revision}.`);
}

async function watch(cli: Cli, { since }: { since?: number }, prefix?: string): Promise<void> {
  const annex = await cli.annex();
  for await (const change of annex.follow('streamSettings', { query: { prefix, since }, signal: cli.signal })) {
    cli.terminal.line(change, (style) => {
      const { revision, key, op, value } = change;
      const what = op === 'put' ? harmless(brief(value)) : style.red('deleted');
      return `${style.dim(String(revision))} ${harmless(key)} ${what}`;
    });
  }
}

function conditionOf({ ifRevision, new: isNew }: Condition): { headers?: Record<string, string> } {
  if (isNew) return { headers: { 'if-none-match': '*' } };
  return ifRevision === undefined ? {} : { headers: { 'if-match': `"${ifRevision}"` } };
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
