import type { Cli, Commands } from '../cli.js';
import { harmless } from '../terminal/style.js';
import { readGiven } from '../terminal/stdin.js';
import { colorOf, pageOf, readJson, shortTime, take, withList, type ListOptions } from './lists.js';

export function addNotices({ program, does }: Commands): void {
  const notices = program.command('notices').description('what people are told, and by which rules');
  withList(notices.command('ls')).description('list what was told').action(does(list));
  withList(notices.command('rules')).description('list the rules').action(does(rules));
  notices
    .command('put')
    .description('set a rule, new or not')
    .argument('<rule>')
    .argument('<body>', 'as PUT /api/notice-rules/<rule> takes it: JSON, @file or -')
    .action(does(set));
  notices
    .command('rm')
    .description('delete a rule; what it has not sent yet is not sent')
    .argument('<rule>')
    .option('-y, --yes', 'ask nothing')
    .action(does(remove));
  notices
    .command('test')
    .description('send a message that says that it is a test')
    .argument('<rule>')
    .action(does(test));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listNotices', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'time', cell: ({ created_at: at }) => shortTime(at) },
      { title: 'level', cell: ({ level }) => level, color: ({ level }) => colorOf(level) },
      { title: 'rule', cell: ({ rule }) => rule },
      { title: 'status', cell: ({ status }) => status, color: ({ status }) => colorOf(status) },
      { title: 'text', cell: ({ text }) => text },
      { title: 'error', cell: ({ error }) => error ?? '' },
    ],
    'Nobody was told anything.',
  );
}

async function rules(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listNoticeRules', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'rule', cell: ({ name }) => name },
      { title: 'channel', cell: ({ channel }) => channel },
      { title: 'where', cell: ({ to, url }) => url ?? to.join(', ') },
      { title: 'of', cell: ({ kinds }) => kinds.join(', ') },
      { title: 'sent', cell: ({ last_sent_at: at }) => shortTime(at) },
      { title: 'error', cell: ({ last_error: error, enabled }) => error?.message ?? (enabled ? '' : 'disabled') },
    ],
    'No rules.',
  );
}

async function set(cli: Cli, _options: object, name = '', given = ''): Promise<void> {
  const body = readJson(await readGiven(given), 'The rule');
  const rule = await (await cli.annex()).setNoticeRule({ path: { name }, body: body as never });
  cli.terminal.answer(rule, () =>
    [
      `${rule.name} tells of ${rule.kinds.join(', ')} by ${rule.channel}.`,
      ...(rule.secret === undefined ? [] : [`Signed with ${harmless(rule.secret)}, which is shown this once.`]),
    ].join('\n'),
  );
}

async function remove(cli: Cli, { yes }: { yes?: boolean }, name = ''): Promise<void> {
  await cli.terminal.confirm(`Delete the rule ${name}?`, { yes, whatElse: 'Say --yes.' });
  await (await cli.annex()).deleteNoticeRule({ path: { name } });
  cli.terminal.answer({ name }, () => `${name} is deleted.`);
}

async function test(cli: Cli, _options: object, name = ''): Promise<void> {
  const tried = await (await cli.annex()).testNoticeRule({ path: { name } });
  cli.terminal.answer(tried, () => (tried.ok ? 'The message was taken.' : harmless(tried.error ?? '')));
  if (!tried.ok) cli.exitCode = 1;
}
