/** A day with the command line: every command that speaks with an Annex, each a process, one Annex for all. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { makeCommandLine, type CommandLine, type Ended, type RunOptions } from '../support/cli.js';
import { startWebhookSink, type WebhookSink } from '../support/webhook-sink.js';

let annex: TestAnnex;
let tenant: TestTenant;
let sink: WebhookSink;
let cli: CommandLine;
beforeAll(async () => {
  sink = await startWebhookSink();
  const { port } = new URL(sink.url);
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: `127.0.0.1:${port}` });
  tenant = await annex.makeTenant();
  cli = makeCommandLine({ ANNEX_URL: annex.url, ANNEX_TOKEN: tenant.owner.token });
  mkdirSync(join(cli.folder, 'shop/webhooks'), { recursive: true });
  writePlugin('1.0.0');
});
afterAll(async () => {
  cli?.remove();
  await annex?.stop();
  await sink?.close();
});

function writePlugin(version: string, more: object = {}, init = ''): void {
  const manifest = {
    slug: 'shop',
    name: 'Shop',
    version,
    entry: 'main.js',
    events: ['order.*'],
    routes: true,
    jobs: [{ name: 'report', schedule: '0 2 * * *', timezone: 'Europe/Berlin' }, { name: 'slow' }, { name: 'tally' }],
    secrets: [{ name: 'API_KEY', required: true, description: 'of the shop' }, 'SIGNING_KEY', 'UNUSED'],
    permissions: ['db.read', 'db.write', 'emit_webhook', 'outbound_http'],
    http: { allow: [`127.0.0.1:${new URL(sink.url).port}`] },
    ...more,
  };
  const code = `
    import { hook, job, NonRetryable, onInit, route } from '@annex/sdk'
    ${init}
    hook('order.*', async (ctx, event) => {
      ctx.log.info('order ' + event.data.id)
      if (event.data.id === 'bad') throw new NonRetryable('a bad order')
      await ctx.kv.set('last', event.data.id)
      return { id: event.data.id }
    })
    job('report', async (ctx, payload) => ({ day: payload?.day ?? 'today', key: await ctx.secrets.has('API_KEY') }))
    job('tally', async (ctx, { add }) => {
      const before = await ctx.kv.get('tally') ?? 0
      await ctx.kv.set('tally', before + add)
      const answer = await ctx.http.get('${sink.url}/tally?key=' + await ctx.secrets.get('SIGNING_KEY')).catch((e) => e)
      return { before, status: answer.status ?? answer.code }
    })
    job('slow', async (ctx) => { await new Promise((done) => setTimeout(done, 20_000)) })
    route('/', () => ({ version: '${version}' }))
  `;
  const webhook = [
    'api_version: v1',
    'on: ["order.paid"]',
    'delivery:',
    `  url: "${sink.url}/orders"`,
    '  signing: { alg: "HMAC-SHA256", secret: "${SECRET:SIGNING_KEY}" }',
  ];
  writeFileSync(join(cli.folder, 'shop/plugin.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(cli.folder, 'shop/main.js'), code);
  writeFileSync(join(cli.folder, 'shop/webhooks/orders.yaml'), webhook.join('\n'));
}

/** Runs a command that must end well, with and, if asked, without `--json`. */
async function does(line: string, options: RunOptions & { args?: string[] } = {}): Promise<Ended> {
  const ended = await cli.run([...line.split(' '), ...(options.args ?? []), '--json'], options);
  expect([ended.code, ended.err], line).toEqual([0, expect.anything()]);
  return ended;
}
const answer = async (...asked: Parameters<typeof does>) => (await does(...asked)).json();
/** As people read it. */
const text = async (line: string, options: RunOptions = {}): Promise<string> => {
  const ended = await cli.run(line.split(' '), options);
  expect([ended.code, ended.err], line).toEqual([0, expect.anything()]);
  return ended.out;
};

/** Each command is a program; a busy machine needs long for some. */
const patient = { timeout: 600_000 };

describe('a plugin of one’s own', patient, () => {
  it('is looked at, uploaded disabled, given its secrets, and enabled', async () => {
    const tried = await answer('deploy shop --dry-run');
    expect(tried).toMatchObject({ dry_run: true, changes: { from: null, to: '1.0.0' } });
    expect((await cli.run(['plugins', 'get', 'shop'])).code).toBe(2);
    expect(await answer('deploy shop --grant all --disabled')).toMatchObject({ plugin: { status: 'installed' } });
    // What is missing is told, and is no fault of the command line.
    const early = await cli.run(['plugins', 'enable', 'shop']);
    expect([early.code, early.err]).toEqual([1, expect.stringContaining('API_KEY')]);
    writeFileSync(
      join(cli.folder, '.env'),
      'API_KEY=k-1\nSIGNING_KEY=whsec_c2VjcmV0LW9mLWEtdGVzdA==\nOTHER=x\nUNUSED=\n',
    );
    expect(await answer('secrets import shop')).toEqual({
      set: ['API_KEY', 'SIGNING_KEY'],
      passed_over: ['OTHER', 'UNUSED'],
      not_in_file: ['UNUSED'],
    });
    expect(await answer('secrets set shop UNUSED', { stdin: 'of no use\n' })).toMatchObject({ name: 'UNUSED' });
    await does('secrets rm shop UNUSED');
    await does('secrets set SHARED --shared --hosts api.example.com', { stdin: 'all' });
    expect(await text('secrets ls --shared')).toMatch(/SHARED .*api\.example\.com/);
    await does('secrets rm SHARED --shared');
    const listed = await does('secrets ls shop');
    expect(
      listed.json().items.map(({ name, set_by: by }: { name: string; set_by: string | null }) => [name, by]),
    ).toEqual([
      ['API_KEY', 'plugin'],
      ['SIGNING_KEY', 'plugin'],
      ['UNUSED', null],
    ]);
    expect(listed.out).not.toContain('k-1');
    expect((await answer('plugins enable shop --grant all')).status).toBe('enabled');
    expect(await text('plugins ls')).toMatch(/shop +1\.0\.0 +enabled/);
  });

  it('gets events, and what it made of them is shown', async () => {
    const said = await answer('events send order.paid --test', { args: ['{"id":"o-1"}'] });
    expect(said.deliveries).toContainEqual(
      expect.objectContaining({ plugin: 'shop', status: 'succeeded', result: { id: 'o-1' } }),
    );
    const { event_id: id } = await answer('events send order.paid @order.json --id e-1', {
      env: (writeFileSync(join(cli.folder, 'order.json'), '{"id":"o-2"}'), {}),
    });
    expect(id).toBe('e-1');
    await until(
      () => answer('events get e-1'),
      ({ deliveries }) => deliveries.some(({ status }: { status: string }) => status === 'succeeded'),
    );
    expect(await text('events ls --type order.*')).toContain('e-1');
    expect((await answer('events replay e-1')).deliveries.length).toBeGreaterThan(0);
    expect((await answer('kv ls shop')).items).toMatchObject([{ key: 'last' }]);
    expect(await text('kv get shop last')).toContain('o-2');
    await does('kv rm shop last');
    expect((await answer('kv ls shop')).items).toEqual([]);
  });

  it('has runs that are listed, shown, replayed and cancelled, and jobs', async () => {
    const finished = await answer('jobs run shop report --wait', { args: ['--payload', '{"day":"monday"}'] });
    expect(finished).toMatchObject({ status: 'succeeded', result: { day: 'monday', key: true } });
    expect(await text(`runs get ${finished.id}`)).toMatch(/succeeded shop job report[^]*by manual owner[^]*monday/);
    const again = await answer(`runs replay ${finished.id} --wait`, { args: ['--payload', '{"day":"friday"}'] });
    expect(again).toMatchObject({ status: 'succeeded', result: { day: 'friday' }, trigger: { kind: 'replay' } });
    expect((await answer('runs ls --plugin shop --kind job --name report --status succeeded')).items).toHaveLength(2);
    const { run_id: slow } = await answer('jobs run shop slow');
    const [stopped] = (await answer(`runs cancel ${slow}`)).items;
    expect(stopped.id).toBe(slow);
    await does('jobs pause shop report');
    expect(await text('jobs ls')).toMatch(/shop +report .*paused/);
    await does('jobs resume shop report');
    expect((await answer('jobs next shop report')).items).toMatchObject([{ name: 'report', paused: false }]);
  });

  it('has runs that are run again here, against what one is writing', async () => {
    const { deliveries } = await answer('events send order.paid --test', { args: ['{"id":"o-here"}'] });
    const { run_id: id } = deliveries.find(({ result }: { result: { id?: string } }) => result.id !== undefined);
    const same = await answer(`runs replay ${id} --local shop`);
    expect(same).toMatchObject({ same: true, local: { status: 'succeeded', result: { id: 'o-here' } }, unknown: [] });
    expect(same.changed_since).toEqual(['last']);
    const main = join(cli.folder, 'shop/main.js');
    const code = readFileSync(main, 'utf8');
    writeFileSync(
      main,
      code.replace('return { id: event.data.id }', `return { id: event.data.id, more: await ctx.kv.get('last') }`),
    );
    const other = await cli.run(['runs', 'replay', id, '--local', 'shop']);
    expect([other.code, other.out]).toEqual([1, expect.stringMatching(/^\+ .*"more": "o-here"$/m)]);
    writeFileSync(main, code);
    const route = await tenant.owner.get('/ext/shop/');
    expect(route.status).toBe(200);
    expect((await cli.run(['runs', 'replay', 'run_none', '--local', 'shop'])).code).toBe(2);
  });

  it('is recorded for a time, and its runs are run again here on what they were answered', async () => {
    expect(await text('plugins record shop --minutes 5')).toMatch(/^shop is recorded until /);
    await does('jobs run shop tally', { args: ['--payload', '{"add":2}', '--wait'] });
    const { id } = await answer('jobs run shop tally', { args: ['--payload', '{"add":3}', '--wait'] });
    await does('jobs run shop tally', { args: ['--payload', '{"add":4}', '--wait'] });
    const shown = await answer(`runs calls ${id}`);
    expect(shown.items.map(({ method }: { method: string }) => method)).toEqual([
      ...['kv.get', 'kv.set', 'secrets.get', 'http.request'],
    ]);
    expect(await text(`runs calls ${id}`)).toMatch(/kv\.set +\["tally",5\]/);
    const same = await answer(`runs replay ${id} --local shop`);
    // The store has 9 by now, and there is no server here: both are answered as they were.
    expect(same).toMatchObject({
      same: true,
      local: { result: { before: 2, status: 200 } },
      calls: { recorded: 4, answered: 3, different: [] },
      unknown: [],
    });
    const main = join(cli.folder, 'shop/main.js');
    const code = readFileSync(main, 'utf8');
    writeFileSync(main, code.replace("ctx.kv.set('tally', before + add)", "ctx.kv.set('tally', before - add)"));
    const other = await cli.run(['runs', 'replay', id, '--local', 'shop']);
    writeFileSync(main, code);
    expect(other.out).toContain('- kv.set ["tally",5]\n+ kv.set ["tally",-1]');
    expect(await text('plugins record shop --stop')).toBe('shop is not recorded.\n');
  });

  it('has logs, and -f goes on until it is ended', async () => {
    expect(await text('logs shop -q o-1')).toContain('order o-1');
    const following = cli.run(['logs', 'shop', '-f', '--json'], { until: (out) => out.includes('order o-live') });
    // What follows shows what comes after it began, so something comes until it has.
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        await tenant.owner.post('/api/plugins/test-event', { event_type: 'order.sent', event_data: { id: 'o-live' } });
        await new Promise((done) => setTimeout(done, 100));
      }
    })();
    const { code, out } = await following;
    isOver = true;
    await sending;
    // Ctrl-C is how it is ended, so it ended well.
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).message),
    ).toContain('order o-live');
  });

  it('fails, and its dead letters are listed, replayed and discarded', async () => {
    const bad = await cli.run(['events', 'send', 'order.paid', '{"id":"bad"}', '--test', '--json']);
    expect([bad.code, bad.json().deliveries[0].error.code]).toEqual([1, 'NON_RETRYABLE']);
    const [dead] = (await answer('dead-letters ls --plugin shop')).items;
    expect(dead).toMatchObject({ kind: 'event', error: { code: 'NON_RETRYABLE' } });
    expect((await cli.run(['dead-letters', 'replay'])).err).toContain('NOTHING_NAMED');
    expect(await answer(`dead-letters replay ${dead.id}`)).toMatchObject({ replayed: 1 });
    await until(
      () => answer('dead-letters ls'),
      ({ items }) => items.length === 1 && items[0].id !== dead.id,
    );
    expect(await answer('dead-letters discard --all --yes')).toMatchObject({ discarded: 1 });
    expect((await answer('dead-letters ls')).items).toEqual([]);
  });

  it('has webhooks, whose deliveries are listed and sent again', async () => {
    await sink.arrived('/orders', 1);
    const [hook] = (await answer('webhooks ls --plugin shop')).items;
    expect(hook).toMatchObject({ plugin: 'shop', events: ['order.paid'] });
    const { items } = await until(
      () => answer(`webhooks deliveries --webhook ${hook.id} --status succeeded`),
      (page) => page.items.length > 0,
    );
    const before = sink.at('/orders').length;
    expect((await answer(`webhooks replay ${items[0].id}`)).items).toHaveLength(1);
    await sink.arrived('/orders', before + 1);
    await does(`webhooks test ${hook.id}`);
    await sink.arrived('/orders', before + 2);
  });
});

describe('releases', patient, () => {
  const version = async () => (await tenant.owner.get('/ext/shop/')).body;
  it('are stored for later, compared, made the active one, and taken back', async () => {
    writePlugin('1.1.0', { permissions: ['db.read', 'emit_webhook', 'send_email'] });
    const staged = await answer('deploy shop --stage');
    expect(staged).toMatchObject({ staged: true, changes: { from: '1.0.0', to: '1.1.0' } });
    expect(await version()).toEqual({ version: '1.0.0' });
    expect(await answer('releases diff shop 1.1.0')).toMatchObject({
      from: { version: '1.0.0' },
      to: { version: '1.1.0' },
      direction: 'upgrade',
      permissions: { added: [{ name: 'send_email' }], removed: [{ name: 'db.write' }, { name: 'outbound_http' }] },
    });
    expect(await text('releases diff shop 1.1.0')).toMatch(/1\.0\.0 → 1\.1\.0[^]*send_email/);
    await does('releases activate shop 1.1.0');
    expect(await version()).toEqual({ version: '1.1.0' });
    expect(await text('releases ls shop')).toMatch(/1\.1\.0[^]*1\.0\.0/);
    expect(await answer('rollback shop')).toMatchObject({ version: '1.0.0' });
    expect(await version()).toEqual({ version: '1.0.0' });
    // A second one is an upgrade from what runs now; the same bytes again are nothing new.
    expect(await answer('deploy shop --yes')).toMatchObject({ plugin: { version: '1.1.0' } });
    expect(await answer('deploy shop')).toMatchObject({ changes: { same: true } });
    writePlugin('1.2.0', { description: 'begins slowly' }, `onInit(() => {})`);
    expect(await answer('deploy shop --yes')).toMatchObject({
      plugin: { version: '1.2.0' },
      upgrade: { state: 'done' },
    });
    await does('rollback shop 1.1.0');
    expect(await text('releases activate shop 1.2.0')).toContain('shop 1.2.0 is the active release; it is enabled.');
    await does('plugins disable shop');
    await does('plugins rm shop --yes');
    expect((await answer('plugins ls')).items).toEqual([]);
  });
});

describe('what the tenant keeps', patient, () => {
  it('rows', async () => {
    const row = await answer('data insert notes', { args: ['-'], stdin: '{"text":"hello","rank":2}' });
    await does('data insert notes', { args: ['{"text":"other","rank":1}'] });
    expect(await answer(`data get notes ${row.id}`)).toMatchObject({ text: 'hello' });
    const listed = await answer('data ls notes --order-by rank', { args: ['--filter', '{"rank":{"$gt":0}}'] });
    expect(listed.items.map(({ text: each }: { text: string }) => each)).toEqual(['other', 'hello']);
    await does(`data rm notes ${row.id}`);
    expect((await cli.run(['data', 'get', 'notes', row.id])).code).toBe(2);
    expect(await text('data tables')).toContain('notes');
  });

  it('files', async () => {
    writeFileSync(join(cli.folder, 'a.txt'), 'hello');
    expect(await answer('files put a.txt docs/a.txt --type text/plain')).toMatchObject({ key: 'docs/a.txt', size: 5 });
    expect((await cli.run(['files', 'get', 'docs/a.txt'])).out).toBe('hello');
    await does('files get docs/a.txt -o back.txt');
    expect(readFileSync(join(cli.folder, 'back.txt'), 'utf8')).toBe('hello');
    expect((await answer('files ls docs/')).items).toMatchObject([{ key: 'docs/a.txt', content_type: 'text/plain' }]);
    await does('files rm docs/a.txt');
    expect((await answer('files ls')).items).toEqual([]);
  });
});

describe('people', patient, () => {
  it('users and their tokens', async () => {
    const ada = `ada-${tenant.slug}@example.com`;
    const made = await answer(`users add ${ada} --role developer --password-stdin`, {
      stdin: 'correct horse battery\n',
    });
    expect(made).toMatchObject({ email: ada, role: 'developer' });
    await does(`users role ${made.id} admin`);
    expect(await text('users ls')).toMatch(new RegExp(`${ada} .*admin`));

    const signedIn = await answer(`login ${annex.url} --email ${ada} --password-stdin --profile ada`, {
      stdin: 'correct horse battery\n',
      env: { ANNEX_TOKEN: '', ANNEX_URL: '' },
    });
    expect(signedIn).toMatchObject({ profile: 'ada', tenant: tenant.slug, user: { email: ada } });
    const asAda = { env: { ANNEX_TOKEN: '', ANNEX_URL: '' } };
    expect(await answer('whoami', asAda)).toMatchObject({ profile: 'ada', user: { email: ada } });
    const token = await answer('tokens create ci --role viewer --expires-in-days 1', asAda);
    expect(token.token).toMatch(/^annex_/);
    expect(await text('tokens ls', asAda)).toMatch(/ci .*viewer/);
    // Denied: what the exit code says is what the role may not.
    const denied = await cli.run(['users', 'ls'], { env: { ANNEX_TOKEN: token.token } });
    expect([denied.code, denied.err]).toEqual([3, expect.stringContaining('FORBIDDEN')]);
    await does(`tokens rm ${token.id}`, asAda);
    expect(await answer('logout', asAda)).toEqual({ profile: 'ada', revoked: true });
    expect((await answer('profiles', asAda)).items).toEqual([]);
    await does(`users rm ${made.id}`);
  });

  it('tenants, for operators', async () => {
    const asOperator = { env: { ANNEX_TOKEN: annex.operator.token } };
    const slug = `made-${tenant.slug}`;
    expect(await answer(`tenants create ${slug} --name Made`, asOperator)).toMatchObject({ slug, name: 'Made' });
    expect((await cli.run(['tenants', 'rm', slug, '--confirm', 'other'], asOperator)).code).toBe(2);
    await does(`tenants rm ${slug} --confirm ${slug}`, asOperator);
    expect(await text('tenants ls', asOperator)).toMatch(new RegExp(`${slug} .*erased`));
    expect(await answer(`tenants restore ${slug}`, asOperator)).toMatchObject({ slug });
  });
});

describe('a plugin under annex dev', patient, () => {
  it('is opened, called, opened again at a change, and its mistakes are told', async () => {
    await does('init tried --template event-handler');
    const main = join(cli.folder, 'tried/main.ts');
    let url: string | undefined;
    let called: Promise<unknown> | undefined;
    const news = (out: string) =>
      out.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : []));
    const ended = await cli.run(['dev', 'tried', '--port', '0', '--json'], {
      until: (out) => {
        url ??= news(out).find(({ kind }) => kind === 'ready')?.['url'] as string | undefined;
        if (url !== undefined && called === undefined) {
          called = fetch(`${url}/ext/tried/stats`).then((answer) => answer.json());
          void called.then(() =>
            writeFileSync(main, readFileSync(main, 'utf8').replaceAll("ctx.kv.incr('orders')", "ctx.kv.inc('orders')")),
          );
        }
        return out.includes('CTX_UNKNOWN');
      },
    });
    expect(ended.code).toBe(0);
    expect(await called).toEqual({ orders: 0, revenue: 0 });
    expect(news(ended.out).filter(({ kind }) => kind === 'opened').length).toBeGreaterThanOrEqual(2);
    expect(news(ended.out)).toContainEqual(
      expect.objectContaining({ kind: 'mistake', file: 'main.ts', line: 15, code: 'CTX_UNKNOWN' }),
    );
  });
});

describe('the command line itself', patient, () => {
  it('looks at sandbox, server and session', async () => {
    const { ok, findings } = await answer('doctor');
    expect([ok, findings.map(({ check, status }: Record<string, string>) => [check, status])]).toEqual([
      true,
      [
        ['version', 'ok'],
        ['profiles', expect.stringMatching(/ok|skip/)],
        ['sandbox', 'ok'],
        ['server', expect.stringMatching(/ok|warn/)],
        ['session', 'ok'],
      ],
    ]);
  });

  it('completes in every shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) expect(await text(`completion ${shell}`)).toContain('dead-letters');
    expect((await cli.run(['completion', 'csh'])).code).toBe(2);
  });
});
