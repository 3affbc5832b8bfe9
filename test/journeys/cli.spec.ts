/** The command line against a whole Annex, each command a process of its own: what a plugin author types. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { makeCommandLine, type CommandLine } from '../support/cli.js';

let annex: TestAnnex;
let tenant: TestTenant;
let cli: CommandLine;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  cli = makeCommandLine();
});
afterAll(async () => {
  cli?.remove();
  await annex?.stop();
});

/** Each command is a program that may start a sandbox; a busy machine needs long for some. */
const patient = { timeout: 600_000 };

describe('from an empty folder to a running plugin', patient, () => {
  it('makes a plugin, checks it and packs it, twice the same', async () => {
    expect(await cli.run(['init', 'hello', '--template', 'event-handler'])).toMatchObject({ code: 0, err: '' });
    const checked = await cli.run(['validate', '--json'], { in: 'hello' });
    expect([checked.code, checked.json()]).toMatchObject([0, { valid: true, slug: 'hello', errors: [], warnings: [] }]);
    const [one, other] = [
      await cli.run(['pack', '--json'], { in: 'hello' }),
      await cli.run(['pack', 'hello', '--json']),
    ];
    expect(one.json()).toEqual(other.json());
    const { sha256, files } = one.json();
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(files.map(({ path }: { path: string }) => path)).toEqual([
      'README.md',
      'main.ts',
      'package.json',
      'plugin.json',
      'tsconfig.json',
    ]);
  });

  it('signs in with what is read from standard input, into a file of the user’s own', async () => {
    const signedIn = await cli.run(['login', annex.url, '--token-stdin', '--json'], {
      stdin: `${tenant.owner.token}\n`,
    });
    expect(signedIn.json()).toMatchObject({ profile: 'default', url: annex.url, tenant: tenant.slug });
    const file = join(cli.folder, 'config/profiles.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(cli.folder, 'config')).mode & 0o777).toBe(0o700);
    expect((await cli.run(['whoami', '--json'])).json()).toMatchObject({ tenant: tenant.slug, profile: 'default' });
  });

  it('says what would change, uploads nothing; then uploads, and the route answers', async () => {
    const tried = await cli.run(['deploy', '--dry-run', '--json'], { in: 'hello' });
    expect([tried.code, tried.json()]).toMatchObject([
      0,
      {
        dry_run: true,
        changes: { from: null, to: '0.1.0', routes: { added: ['GET /stats'] }, events: { added: ['order.*'] } },
      },
    ]);
    expect((await tenant.owner.get('/api/plugins/hello')).status).toBe(404);
    const deployed = await cli.run(['deploy'], { in: 'hello' });
    expect(deployed).toMatchObject({ code: 0 });
    expect(deployed.out).toContain(`GET ${annex.url}/ext/hello/stats`);
    expect(await tenant.owner.get('/ext/hello/stats')).toMatchObject({ status: 200, body: { orders: 0, revenue: 0 } });
    expect((await cli.run(['deploy', '--json'], { in: 'hello' })).json()).toMatchObject({ changes: { same: true } });
  });

  it('tells the difference to what runs, and can store a release for later', async () => {
    const manifest = join(cli.folder, 'hello/plugin.json');
    const next = { ...JSON.parse(readFileSync(manifest, 'utf8')), version: '0.2.0', permissions: ['send_email'] };
    writeFileSync(manifest, JSON.stringify(next));
    const staged = await cli.run(['deploy', '--stage', '--json'], { in: 'hello' });
    expect([staged.code, staged.json()]).toMatchObject([
      0,
      { staged: true, changes: { from: '0.1.0', to: '0.2.0', permissions: { added: ['send_email'] } } },
    ]);
    expect((await tenant.owner.get('/api/plugins/hello')).body.version).toBe('0.1.0');
  });
});

describe('exit codes', patient, () => {
  const signedIn = () => ({ ANNEX_URL: annex.url, ANNEX_TOKEN: tenant.owner.token });
  const cases: [code: number, why: string, args: string[], says: RegExp, env?: () => Record<string, string>][] = [
    [0, 'all went well', ['whoami'], /@/, signedIn],
    [
      1,
      'nobody answers',
      ['whoami'],
      /cannot be reached.*ECONNREFUSED/,
      () => ({ ANNEX_URL: 'http://127.0.0.1:65511', ANNEX_TOKEN: 'x' }),
    ],
    [2, 'no such command', ['deplyo'], /unknown command 'deplyo'[^]*Did you mean deploy\?/],
    [2, 'no such option', ['pack', '--lst'], /unknown option '--lst'[^]*Did you mean --list\?/],
    [2, 'no plugin there', ['validate', 'config'], /has no plugin\.json/],
    [2, 'no such template', ['init', 'x', '--template', 'event'], /there are event-handler/],
    [2, 'the folder is taken', ['init', 'hello', '--template', 'event-handler'], /holds .* already/],
    [2, 'nobody can be asked', ['init', 'x'], /Say --template event-handler\|/],
    [2, 'no such profile', ['whoami', '--profile', 'none'], /There is no profile "none"/],
    [2, 'no address', ['login', 'ftp://x', '--token-stdin'], /is no address/],
    [3, 'not signed in', ['whoami'], /Run "annex login"/, () => ({ ANNEX_CONFIG_DIR: '/nowhere' })],
    [
      3,
      'a token that is none',
      ['whoami'],
      /Sign in with "annex login"/,
      () => ({ ANNEX_URL: annex.url, ANNEX_TOKEN: 'x' }),
    ],
  ];
  it.each(cases)('%i: %s', async (code, _why, args, says, env) => {
    const ended = await cli.run(args, { env: env?.() ?? {} });
    expect([ended.code, ended.out + ended.err]).toEqual([code, expect.stringMatching(says)]);
    const asJson = await cli.run([...args, '--json'], { env: env?.() ?? {} });
    expect(asJson.code).toBe(code);
    if (code === 0) return;
    expect(asJson.out).toBe('');
    expect(JSON.parse(asJson.err)).toMatchObject({
      error: { exit_code: code, code: expect.stringMatching(/^[A-Z_]+$/) },
    });
  });

  it('2: a package with faults, all of them with file and line', async () => {
    await cli.run(['init', 'broken', '--template', 'event-handler']);
    const manifest = join(cli.folder, 'broken/plugin.json');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('"order.*"', '"orders.*"').replace('"routes"', '"rootes"'),
    );
    const checked = await cli.run(['validate', '--json'], { in: 'broken' });
    expect(checked.code).toBe(2);
    expect(checked.json()).toMatchObject({
      valid: false,
      errors: expect.arrayContaining([
        expect.objectContaining({
          file: 'plugin.json',
          line: 8,
          code: 'UNKNOWN_KEY',
          detail: expect.stringContaining('"routes"'),
        }),
      ]),
    });
    expect((await cli.run(['pack'], { in: 'broken' })).code).toBe(2);
  });
});
