import { hostname } from 'node:os';
import { text as readAll } from 'node:stream/consumers';
import { createAnnex } from '@annex/client';
import type { Cli, Commands } from '../cli.js';
import { CliFault, exitCodes, invalid } from '../faults.js';
import { defaultProfile, readProfiles, writeProfiles, type Profile } from '../profiles.js';
import { checkedUrl } from '../session.js';

export function addLogin({ program, does }: Commands): void {
  program
    .command('login')
    .description('sign in, and keep a token in a profile that only you can read')
    .argument('[address]', 'where Annex is (default: asked for)')
    .option('--email <address>', 'sign in with a password, which is asked for')
    .option('--password-stdin', 'read the password from standard input')
    .option('--token-stdin', 'read an API token from standard input')
    .option('--expires-in-days <days>', 'how long the token that is made lives', '90')
    .action(does(login));
  program
    .command('logout')
    .description('forget a profile, and revoke the token that "annex login" made for it')
    .action(does(logout));
  program
    .command('profiles')
    .description('list the profiles, or use another one from now on')
    .argument('[name]', 'the profile to use')
    .action(does(useProfile));
  program.command('whoami').description('say who you are, and where').action(does(whoami));
}

interface LoginOptions {
  email?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  expiresInDays: string;
}

async function login(cli: Cli, options: LoginOptions, address?: string): Promise<void> {
  const { terminal, environment } = cli;
  const name = cli.options.profile ?? environment.profile ?? defaultProfile;
  const given = address ?? cli.options.url ?? environment.url;
  const whatElse = 'Say "annex login <address> --token-stdin" and send the token to its standard input.';
  const url = checkedUrl(
    given ?? (await terminal.ask('Where is Annex?', { initial: 'http://127.0.0.1:3000', whatElse })),
  );
  const tenant = cli.options.tenant ?? environment.tenant;
  const profile = (await byPassword(cli, options))
    ? await makeToken(cli, { url, tenant, options })
    : { url, token: await readToken(cli, options, whatElse), ...(tenant !== undefined && { tenant }) };
  const kept = await withTenant(cli, profile);
  const { me } = kept;
  const profiles = await readProfiles(environment.configDir);
  profiles.profiles[name] = kept.profile;
  await writeProfiles(environment.configDir, { ...profiles, current: name });
  const who = me.user?.email ?? me.actor;
  terminal.answer({ profile: name, url, tenant: kept.profile.tenant ?? null, user: me.user }, (style) =>
    style.green(`Signed in as ${who} at ${url}${kept.profile.tenant ? `, tenant ${kept.profile.tenant}` : ''}.`),
  );
}

async function byPassword({ terminal }: Cli, options: LoginOptions): Promise<boolean> {
  if (options.tokenStdin && (options.email !== undefined || options.passwordStdin))
    throw invalid('COMMAND_LINE', 'Sign in with a token or with a password, not with both.');
  if (options.email !== undefined) return true;
  if (options.passwordStdin) throw invalid('COMMAND_LINE', '--password-stdin needs --email.');
  if (options.tokenStdin || !terminal.isInteractive) return false;
  const choice = await terminal.choose(
    'How do you sign in?',
    [
      { value: 'token', label: 'with an API token', hint: 'annex_…' },
      { value: 'password', label: 'with e-mail and password' },
    ],
    { whatElse: 'Say --token-stdin or --email.' },
  );
  return choice === 'password';
}

async function readToken({ terminal }: Cli, { tokenStdin }: LoginOptions, whatElse: string): Promise<string> {
  // What is piped in is meant for it, with or without the option.
  const token = tokenStdin || !process.stdin.isTTY ? await readAll(process.stdin) : undefined;
  const text = (token ?? (await terminal.askSecret('API token', { whatElse }))).trim();
  if (!/^[\w.~+/=-]+$/.test(text)) throw invalid('TOKEN_INVALID', `That is no token. ${whatElse}`);
  return text;
}

/** Signs in and makes a token that can be revoked by itself. The session is ended at once. */
async function makeToken(
  { terminal }: Cli,
  { url, tenant, options }: { url: string; tenant: string | undefined; options: LoginOptions },
): Promise<Profile> {
  const whatElse = 'Say --email and --password-stdin.';
  const days = Number(options.expiresInDays);
  if (!(days > 0)) throw invalid('COMMAND_LINE', '--expires-in-days takes a number of days.');
  const email = options.email ?? (await terminal.ask('E-mail address', { whatElse }));
  const password = options.passwordStdin
    ? (await readAll(process.stdin)).replace(/\r?\n$/, '')
    : await terminal.askSecret('Password', { whatElse });
  const signedIn = await createAnnex({ url }).login({ body: { email, password, ...(tenant && { tenant }) } });
  const places = signedIn.tenants.map(({ slug }) => slug);
  const place = tenant ?? (places.length > 1 ? await chooseTenant(terminal, places) : places[0]);
  const session = createAnnex({ url, token: signedIn.access_token, tenant: place });
  const name = `annex command line on ${hostname()}`.slice(0, 100);
  const { id, token } = await session.createToken({ body: { name, expires_in_s: Math.round(days * 86_400) } });
  if (token === undefined) throw new CliFault('NO_TOKEN', 'Annex made a token and did not show it; try again.');
  await session.endSession({ path: { id: 'current' } }).catch(() => undefined);
  return { url, token, token_id: id, ...(place !== undefined && { tenant: place }) };
}

/** Tries the token, and settles on a tenant where it may act in several. */
async function withTenant({ terminal }: Cli, profile: Profile) {
  const annex = createAnnex({ url: profile.url, token: profile.token, tenant: profile.tenant });
  const me = await annex.getMe();
  const places = me.tenants.map(({ slug }) => slug);
  const tenant =
    profile.tenant ??
    (places.length > 1 && terminal.isInteractive ? await chooseTenant(terminal, places) : places.at(places.length - 1));
  return { me, profile: tenant === undefined ? profile : { ...profile, tenant } };
}

function chooseTenant(terminal: Cli['terminal'], places: string[]): Promise<string> {
  return terminal.choose(
    'Which tenant?',
    places.map((slug) => ({ value: slug, label: slug })),
    { whatElse: `Say --tenant <slug>: ${places.join(', ')}.` },
  );
}

async function logout(cli: Cli): Promise<void> {
  const { configDir } = cli.environment;
  const { current, profiles } = await readProfiles(configDir);
  const name = cli.options.profile ?? cli.environment.profile ?? current;
  const profile = profiles[name];
  if (profile === undefined)
    throw new CliFault('NOT_SIGNED_IN', `There is no profile ${JSON.stringify(name)}.`, exitCodes.invalidInput);
  let isRevoked = false;
  if (profile.token_id !== undefined) {
    const annex = createAnnex({ url: profile.url, token: profile.token, tenant: profile.tenant });
    isRevoked = await annex.deleteToken({ path: { id: profile.token_id } }).then(
      () => true,
      () => false,
    );
  }
  const others = Object.fromEntries(Object.entries(profiles).filter(([each]) => each !== name));
  await writeProfiles(configDir, {
    current: current === name ? (Object.keys(others)[0] ?? defaultProfile) : current,
    profiles: others,
  });
  cli.terminal.answer({ profile: name, revoked: isRevoked }, () =>
    isRevoked ? 'Signed out; the token is revoked.' : 'Signed out. The token itself lives on until it expires.',
  );
}

async function useProfile(cli: Cli, _options: object, name?: string): Promise<void> {
  const { configDir } = cli.environment;
  const known = await readProfiles(configDir);
  if (name !== undefined) {
    if (known.profiles[name] === undefined)
      throw invalid('UNKNOWN_PROFILE', `There is no profile ${JSON.stringify(name)}.`);
    known.current = name;
    await writeProfiles(configDir, known);
  }
  const items = Object.entries(known.profiles).map(([each, { url, tenant = null }]) => ({
    name: each,
    url,
    tenant,
    current: each === known.current,
  }));
  cli.terminal.list(
    items,
    [
      { title: '', cell: ({ current }) => (current ? '*' : '') },
      { title: 'profile', cell: (each) => each.name, color: ({ current }) => (current ? 'green' : undefined) },
      { title: 'address', cell: ({ url }) => url },
      { title: 'tenant', cell: ({ tenant }) => tenant ?? '' },
    ],
    'No profiles. "annex login" makes one.',
  );
}

async function whoami(cli: Cli): Promise<void> {
  const { url, tenant, profile, annex } = await cli.session();
  const me = await annex.getMe();
  cli.terminal.answer({ url, profile: profile ?? null, tenant: tenant ?? null, ...me }, (style) =>
    [
      `${style.bold(me.user?.email ?? me.actor)}${me.user?.operator ? ' (operator)' : ''} at ${url}`,
      ...me.tenants.map(({ slug, role }) => `${slug === tenant ? '*' : ' '} ${slug} ${style.dim(role)}`),
      ...(profile === undefined ? [] : [style.dim(`profile ${profile}`)]),
      ...(me.expires_at === null ? [] : [style.dim(`until ${me.expires_at}`)]),
    ].join('\n'),
  );
}
