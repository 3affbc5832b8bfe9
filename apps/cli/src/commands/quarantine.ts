import type { Cli, Commands } from '../cli.js';
import { pageOf, shortTime, take, withList, type ListOptions } from './lists.js';

export function addQuarantine({ program, does }: Commands): void {
  const quarantine = program.command('quarantine').description('code that runs in no tenant, for operators');
  withList(quarantine.command('ls')).description('list what may not run').action(does(list));
  quarantine
    .command('put')
    .description('keep code from running anywhere: what runs of it is stopped, and it is not let in again')
    .argument('<code>', 'the slug of a plugin, of which it is every release, or the SHA-256 of an archive')
    .requiredOption('--reason <text>', 'tenants are told')
    .option('-y, --yes', 'ask nothing')
    .action(does(set));
  quarantine
    .command('rm')
    .description('let code run again; nothing is enabled by itself')
    .argument('<id>', 'as "annex quarantine ls" shows it')
    .action(does(lift));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const annex = await cli.annex();
  cli.terminal.list(
    await take(annex.each('listQuarantines', { query: { limit: pageOf(options) } }), options),
    [
      { title: 'id', cell: ({ id }) => id },
      { title: 'code', cell: ({ slug, sha256 }) => slug ?? sha256 ?? '' },
      { title: 'since', cell: ({ created_at: at }) => shortTime(at) },
      { title: 'by', cell: ({ created_by: by }) => by },
      { title: 'reason', cell: ({ reason }) => reason },
    ],
    'Nothing is kept from running.',
  );
}

/** No slug is as long as a hash. */
const hash = /^[0-9a-f]{64}$/i;

async function set(cli: Cli, { reason, yes }: { reason: string; yes?: boolean }, code = ''): Promise<void> {
  await cli.terminal.confirm(`Stop ${code} in every tenant?`, { yes, whatElse: 'Say --yes.' });
  const which = hash.test(code) ? { sha256: code.toLowerCase() } : { slug: code };
  const made = await (await cli.annex()).setQuarantine({ body: { ...which, reason } });
  cli.terminal.answer(made, () => `${code} runs nowhere any more: ${made.stopped} stopped. It is ${made.id}.`);
}

async function lift(cli: Cli, _options: object, id = ''): Promise<void> {
  await (await cli.annex()).liftQuarantine({ path: { id } });
  cli.terminal.answer({ id, removed: true }, () => `${id} is lifted; whoever runs a tenant enables the plugin anew.`);
}
