import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { parseEnv } from 'node:util';
import type { Cli, Commands } from '../cli.js';
import { invalid } from '../faults.js';
import { shortTime } from './lists.js';

export function addSecrets({ program, does }: Commands): void {
  const secrets = program
    .command('secrets')
    .description('secrets of a plugin, or with "--shared" of the whole tenant; values are never shown');
  secrets
    .command('ls')
    .description('which a plugin declares, which are set, and when each was last used')
    .argument('[plugin]')
    .option('--shared', 'those of the whole tenant')
    .action(does(list));
  secrets
    .command('set')
    .description('set one; its value is asked for, or read from standard input')
    .argument('<plugin>', 'with --shared: the name')
    .argument('[name]')
    .option('--shared', 'for every plugin of the tenant that declares it')
    .option('--hosts <hosts>', 'the only hosts it may be sent to, separated by commas')
    .action(does(set));
  secrets
    .command('rm')
    .description('remove one')
    .argument('<plugin>', 'with --shared: the name')
    .argument('[name]')
    .option('--shared', 'of the whole tenant')
    .action(does(remove));
  secrets
    .command('import')
    .description('set those of a file such as .env; a plugin gets those that it declares')
    .argument('<plugin>')
    .argument('[file]', 'or - for standard input', '.env')
    .option('--all', 'those that the plugin does not declare too')
    .action(does(importAll));
}

interface Options {
  shared?: boolean;
  hosts?: string;
}

async function list(cli: Cli, { shared }: Options, id?: string): Promise<void> {
  const annex = await cli.annex();
  if (shared) {
    const { items } = await annex.listSecrets();
    cli.terminal.list(
      items,
      [
        { title: 'name', cell: ({ name }) => name },
        { title: 'set', cell: ({ updated_at: at }) => shortTime(at) },
        { title: 'hosts', cell: ({ allowed_hosts: hosts }) => hosts.join(' ') },
      ],
      'No secrets of the whole tenant.',
    );
    return;
  }
  if (id === undefined) throw invalid('COMMAND_LINE', 'Name a plugin, or say --shared.');
  const { items } = await annex.listDeclaredSecrets({ path: { id } });
  cli.terminal.list(
    items,
    [
      { title: 'name', cell: ({ name }) => name },
      {
        title: 'set',
        cell: ({ set_by: by, required }) => (by === null ? (required ? 'missing' : 'not set') : `by ${by}`),
        color: ({ set_by: by, required }) => (by === null ? (required ? 'red' : 'dim') : 'green'),
      },
      { title: 'last used', cell: ({ last_used_at: at }) => shortTime(at) },
      { title: 'for', cell: ({ description }) => description ?? '' },
    ],
    'The plugin declares no secrets.',
  );
}

async function set(cli: Cli, options: Options, first = '', second?: string): Promise<void> {
  const { id, name } = named(options, first, second);
  const value = await readValue(cli, name);
  const hosts = options.hosts?.split(',').map((host) => host.trim());
  const body = { value, ...(hosts && { allowed_hosts: hosts }) };
  const annex = await cli.annex();
  const secret =
    id === undefined
      ? await annex.setSecret({ path: { name }, body })
      : await annex.setPluginSecret({ path: { id, name }, body });
  cli.terminal.answer(secret, (style) => style.green(`${name} is set.`));
}

/** `id`: the plugin; `undefined`: the whole tenant. */
function named({ shared }: Options, first: string, second: string | undefined): { id?: string; name: string } {
  if (shared && second === undefined) return { name: first };
  if (!shared && second !== undefined) return { id: first, name: second };
  throw invalid(
    'COMMAND_LINE',
    shared ? 'With --shared, name the secret only.' : 'Name the plugin and the secret, or say --shared.',
  );
}

/** Never an argument: the list of processes and the shell's history would show it. One end of line is taken off. */
async function readValue({ terminal }: Cli, name: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await terminal.askSecret(name, { whatElse: 'Send the value to standard input.' })
    : (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw invalid('SECRET_EMPTY', `${name}: there was no value. Send it to standard input.`);
  return value;
}

async function remove(cli: Cli, options: Options, first = '', second?: string): Promise<void> {
  const { id, name } = named(options, first, second);
  const annex = await cli.annex();
  await (id === undefined ? annex.deleteSecret({ path: { name } }) : annex.deletePluginSecret({ path: { id, name } }));
  cli.terminal.answer({ name, removed: true }, () => `${name} is removed.`);
}

async function importAll(cli: Cli, { all }: { all?: boolean }, id = '', file = '.env'): Promise<void> {
  const annex = await cli.annex();
  const values = parseEnv(file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8'));
  const declared = new Set((await annex.listDeclaredSecrets({ path: { id } })).items.map(({ name }) => name));
  const [set, passedOver]: [string[], string[]] = [[], []];
  for (const [name, value] of Object.entries(values)) {
    if (!value || (!all && !declared.has(name))) passedOver.push(name);
    else {
      await annex.setPluginSecret({ path: { id, name }, body: { value } });
      set.push(name);
    }
  }
  const missing = [...declared].filter((name) => !set.includes(name));
  cli.terminal.answer({ set, passed_over: passedOver, not_in_file: missing }, (style) =>
    [
      ...set.map((name) => style.green(`set ${name}`)),
      ...passedOver.map((name) => style.dim(`passed over ${name}: ${values[name] ? 'not declared' : 'empty'}`)),
      ...missing.map((name) => style.yellow(`not in the file: ${name}`)),
    ].join('\n'),
  );
}
