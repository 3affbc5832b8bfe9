/** Tenants, their users, and tokens. */
import { text as readAll } from 'node:stream/consumers';
import type { Role } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { addTenantArchives } from './tenant-archives.js';
import { pageOf, shortTime, take, wholeNumber, withList, type ListOptions } from './lists.js';

const roles = ['viewer', 'member', 'developer', 'admin', 'owner'] as const;

function role(text: string): Role {
  const found = roles.find((each) => each === text);
  if (found) return found;
  throw invalid('ROLE_INVALID', `${JSON.stringify(text)} is no role; there are ${roles.join(', ')}.`);
}

export function addTenants({ program, does }: Commands): void {
  const tenants = program.command('tenants').description('tenants, for operators');
  withList(tenants.command('ls'))
    .description('list tenants')
    .action(
      does(async (cli: Cli, options: ListOptions) => {
        const annex = await cli.annex();
        cli.terminal.list(
          await take(annex.each('listTenants', { query: { limit: pageOf(options) } }), options),
          [
            { title: 'slug', cell: ({ slug }) => slug },
            { title: 'name', cell: ({ name }) => name },
            { title: 'made', cell: ({ created_at: at }) => shortTime(at) },
            {
              title: '',
              cell: ({ deletion, suspension }) =>
                deletion ? `erased ${shortTime(deletion.erases_at)}` : suspension ? 'suspended' : '',
              color: () => 'red',
            },
          ],
          'No tenants.',
        );
      }),
    );
  tenants
    .command('create')
    .description('make a tenant')
    .argument('<slug>')
    .option('--name <name>', 'default: the slug')
    .action(
      does(async (cli, { name }: { name?: string }, slug = '') => {
        const made = await (await cli.annex()).createTenant({ body: { slug, name: name ?? slug } });
        cli.terminal.answer(made, (style) => style.green(`${made.slug} is made.`));
      }),
    );
  tenants
    .command('rm')
    .description('delete a tenant: suspended at once, erased after a time of grace')
    .argument('<slug>')
    .option('--confirm <slug>', 'the slug once more')
    .action(does(removeTenant));
  tenants
    .command('restore')
    .description('take a deleted tenant back')
    .argument('<slug>')
    .action(
      does(async (cli, _options, slug = '') => {
        const back = await (await cli.annex()).restoreTenant({ path: { slug } });
        cli.terminal.answer(back, (style) => style.green(`${back.slug} is back.`));
      }),
    );
  addSuspensions(tenants, does);
  addErasures(tenants, does);
  addTenantArchives(tenants, does);
}

function addErasures(tenants: Commands['program'], does: Commands['does']): void {
  withList(tenants.command('erasures'))
    .description('receipts of tenants that were erased')
    .action(
      does(async (cli: Cli, options: ListOptions) => {
        const annex = await cli.annex();
        cli.terminal.list(
          await take(annex.each('listErasures', { query: { limit: pageOf(options) } }), options),
          [
            { title: 'tenant', cell: ({ tenant }) => tenant.slug },
            { title: 'erased', cell: ({ erased_at: at }) => shortTime(at) },
            { title: 'by', cell: ({ deleted_by: by }) => by ?? '' },
            { title: 'rows', cell: ({ rows }) => String(Object.values(rows).reduce((sum, count) => sum + count, 0)) },
            { title: 'files', cell: ({ files }) => String(files.count) },
          ],
          'No tenant was erased.',
        );
      }),
    );
}

function addSuspensions(tenants: Commands['program'], does: Commands['does']): void {
  tenants
    .command('suspend')
    .description('bring a tenant to a standstill')
    .argument('<slug>')
    .requiredOption('--reason <text>', 'its people are told')
    .option('--background', 'only that nothing is started in the background')
    .action(
      does(async (cli, { reason, background }: { reason: string; background?: true }, slug = '') => {
        const body = { reason, scope: background ? ('background' as const) : ('everything' as const) };
        const still = await (await cli.annex()).suspendTenant({ path: { slug }, body });
        cli.terminal.answer(still, () => `${still.slug} stands still.`);
      }),
    );
  tenants
    .command('resume')
    .description('let a suspended tenant go on')
    .argument('<slug>')
    .action(
      does(async (cli, _options, slug = '') => {
        const back = await (await cli.annex()).resumeTenant({ path: { slug } });
        cli.terminal.answer(back, (style) => style.green(`${back.slug} goes on.`));
      }),
    );
}

async function removeTenant(cli: Cli, { confirm }: { confirm?: string }, slug = ''): Promise<void> {
  const whatElse = `Say --confirm ${slug}.`;
  const said = confirm ?? (await cli.terminal.ask(`Write ${slug} to delete it with all it holds`, { whatElse }));
  if (said !== slug) throw invalid('CONFIRM', `That is not ${slug}; nothing was done.`);
  const gone = await (await cli.annex()).deleteTenant({ path: { slug }, query: { confirm: slug } });
  cli.terminal.answer(gone ?? { slug, removed: true }, () =>
    gone?.deletion ? `${slug} is suspended, and erased at ${gone.deletion.erases_at}.` : `${slug} is erased.`,
  );
}

export function addUsers({ program, does }: Commands): void {
  const users = program.command('users').description('the tenant’s users');
  withList(users.command('ls'))
    .description('list users')
    .action(
      does(async (cli: Cli, options: ListOptions) => {
        const annex = await cli.annex();
        cli.terminal.list(
          await take(annex.each('listUsers', { query: { limit: pageOf(options) } }), options),
          [
            { title: 'id', cell: ({ id }) => id },
            { title: 'e-mail', cell: ({ email }) => email },
            { title: 'role', cell: (user) => user.role },
            { title: 'since', cell: ({ created_at: at }) => shortTime(at) },
          ],
          'No users.',
        );
      }),
    );
  users
    .command('add')
    .description('add a user')
    .argument('<email>')
    .requiredOption('--role <role>', roles.join(', '), role)
    .option(
      '--password-stdin',
      'read the password from standard input (default: none, so that nobody signs in with one)',
    )
    .action(
      does(async (cli, options: { role: Role; passwordStdin?: boolean }, email = '') => {
        const password = options.passwordStdin ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : undefined;
        const body = { email, role: options.role, ...(password !== undefined && { password }) };
        const added = await (await cli.annex()).createUser({ body });
        cli.terminal.answer(added, () => added.id);
      }),
    );
  users
    .command('role')
    .description('give a user another role')
    .argument('<id>')
    .argument('<role>', roles.join(', '), role)
    .action(
      does(async (cli, _options, id = '', wanted = '') => {
        const changed = await (await cli.annex()).updateUser({ path: { id }, body: { role: role(wanted) } });
        cli.terminal.answer(changed, () => `${changed.email} is ${changed.role}.`);
      }),
    );
  users
    .command('rm')
    .description('remove a user')
    .argument('<id>')
    .action(
      does(async (cli, _options, id = '') => {
        await (await cli.annex()).deleteUser({ path: { id } });
        cli.terminal.answer({ id, removed: true }, () => `${id} is removed.`);
      }),
    );
}

export function addTokens({ program, does }: Commands): void {
  const tokens = program.command('tokens').description('API tokens');
  withList(tokens.command('ls'))
    .description('list tokens: your own, or the tenant’s for an admin')
    .action(
      does(async (cli: Cli, options: ListOptions) => {
        const annex = await cli.annex();
        cli.terminal.list(
          await take(annex.each('listTokens', { query: { limit: pageOf(options) } }), options),
          [
            { title: 'id', cell: ({ id }) => id },
            { title: 'name', cell: ({ name }) => name },
            { title: 'role', cell: (token) => token.role },
            { title: 'last used', cell: ({ last_used_at: at }) => shortTime(at) },
            { title: 'expires', cell: ({ expires_at: at }) => shortTime(at) },
          ],
          'No tokens.',
        );
      }),
    );
  tokens
    .command('create')
    .description('make a token; it is shown this once')
    .argument('<name>')
    .option('--role <role>', 'no higher than your own (default: your own)', role)
    .option('--expires-in-days <days>', 'default: it does not expire', wholeNumber)
    .action(
      does(async (cli, options: { role?: Role; expiresInDays?: number }, name = '') => {
        const { role: wanted, expiresInDays: days } = options;
        const body = { name, ...(wanted && { role: wanted }), ...(days && { expires_in_s: days * 86_400 }) };
        const made = await (await cli.annex()).createToken({ body });
        cli.terminal.answer(made, () => made.token ?? '');
        if (!cli.terminal.isJson) cli.terminal.note(`${made.id}: keep it, it is not shown again.`);
      }),
    );
  tokens
    .command('rm')
    .description('revoke a token')
    .argument('<id>')
    .action(
      does(async (cli, _options, id = '') => {
        await (await cli.annex()).deleteToken({ path: { id } });
        cli.terminal.answer({ id, removed: true }, () => `${id} is revoked.`);
      }),
    );
}
