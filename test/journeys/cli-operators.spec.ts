/** From the command line: who is told, what bills are made from, and code that runs nowhere. */
import { createHash } from 'node:crypto';
import { closeNextDay } from '@annex/spend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { makeCommandLine, type CommandLine, type RunOptions } from '../support/cli.js';
import { startWebhookSink, type WebhookSink } from '../support/webhook-sink.js';

let annex: TestAnnex;
let tenant: TestTenant;
let sink: WebhookSink;
let cli: CommandLine;
let asOperator: RunOptions;
const shop = {
  manifest: { slug: 'shop', routes: true },
  code: `import { route } from '@annex/sdk'
    route('/hello', () => ({ hello: true }))`,
};
beforeAll(async () => {
  sink = await startWebhookSink();
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: new URL(sink.url).host });
  tenant = await annex.makeTenant();
  cli = makeCommandLine({ ANNEX_URL: annex.url, ANNEX_TOKEN: tenant.owner.token });
  asOperator = { env: { ANNEX_TOKEN: annex.operator.token } };
  expect((await tenant.install(shop)).status).toBe(200);
});
afterAll(async () => {
  cli?.remove();
  await annex?.stop();
  await sink?.close();
});

/** Each command is a program; a busy machine needs long for some. */
const patient = { timeout: 600_000 };

const text = async (args: string[], options: RunOptions = {}): Promise<string> => {
  const ended = await cli.run(args, options);
  expect([ended.code, ended.err], args.join(' ')).toEqual([0, expect.anything()]);
  return ended.out;
};
const answer = async (args: string[], options: RunOptions = {}) => {
  const ended = await cli.run([...args, '--json'], options);
  expect([ended.code, ended.err], args.join(' ')).toEqual([0, expect.anything()]);
  return ended.json();
};

describe('annex doctor --server', patient, () => {
  it('tells an operator what is wrong and what to do, and nobody else', async () => {
    const { status, findings } = await answer(['doctor', '--server'], asOperator);
    expect(['ok', 'warning']).toContain(status);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'migrations', status: 'ok' }));
    expect(await text(['doctor', '--server'], asOperator)).toMatch(
      /warning +settings +NODE_ENV is not production\. Set NODE_ENV=production/,
    );
    expect((await cli.run(['doctor', '--server'])).code).toBe(3);
  });
});

describe('annex notices', patient, () => {
  it('sets a rule, tries it, shows what was told, and deletes it', async () => {
    const rule = { kinds: ['missing_secret'], channel: 'webhook', url: `${sink.url}/pager` };
    const made = await answer(['notices', 'put', 'pager', JSON.stringify(rule)]);
    expect(made).toMatchObject({ name: 'pager', enabled: true });
    expect(await text(['notices', 'rules'])).toMatch(/pager +webhook +http:\S+\/pager +missing_secret/);
    expect(await text(['notices', 'test', 'pager'])).toContain('The message was taken.');
    expect(await sink.arrived('/pager')).toHaveLength(1);
    sink.answer('/pager', () => ({ status: 500 }));
    const tried = await cli.run(['notices', 'test', 'pager', '--json']);
    expect([tried.code, tried.json()]).toMatchObject([1, { ok: false }]);
    expect(await text(['notices', 'ls'])).toContain('Nobody was told anything.');
    const wrong = await cli.run(['notices', 'put', 'pager', '{ "kinds": ["weather"], "channel": "webhook" }']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('INVALID_INPUT')]);
    const asked = await cli.run(['notices', 'rm', 'pager']);
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('NOBODY_TO_ASK')]);
    expect(await text(['notices', 'rm', 'pager', '--yes'])).toContain('pager is deleted.');
    expect((await answer(['notices', 'rules'])).items).toEqual([]);
  });
});

describe('annex spend', patient, () => {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const period = ['--since', yesterday, '--until', yesterday];
  let runs: number;
  beforeAll(async () => {
    for (let n = 0; n < 3; n += 1) expect((await tenant.owner.get('/ext/shop/hello')).status).toBe(200);
    const { body } = await until(
      () => tenant.owner.get('/api/usage'),
      (usage) => usage.body.items[0]?.metrics.route_runs === 3,
    );
    runs = body.items[0].metrics.runs as number;
    await annex.db.sql('update usage set day = day - 1');
    await annex.db.sql('delete from spend');
    await annex.db.sql('delete from spend_days');
    await until(
      async () => {
        while (await annex.platform.database.platform((tx) => closeNextDay(tx, { graceMs: 0 })));
        return tenant.owner.get(`/api/spend?since=${yesterday}&until=${yesterday}`);
      },
      (spent) => spent.body.complete === true,
    );
  });

  it('shows the tenant’s closed days, as a table, as JSON and as CSV', async () => {
    expect(await text(['spend', ...period])).toMatch(new RegExp(`plugin +runs[^]*the tenant +0[^]*shop +${runs} +0`));
    expect(await answer(['spend', ...period])).toMatchObject({
      complete: true,
      items: [
        { tenant: tenant.slug, plugin: null },
        { tenant: tenant.slug, plugin: 'shop', runs },
      ],
    });
    const lines = (await text(['spend', ...period, '--csv'])).trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^tenant_id,tenant,plugin,since,until,runs,/),
      expect.stringContaining(`,${tenant.slug},,${yesterday},${yesterday},0,`),
      expect.stringContaining(`,${tenant.slug},shop,${yesterday},${yesterday},${runs},`),
    ]);
  });

  it('shows every tenant’s to operators, and says which days do not count yet', async () => {
    const another = await annex.makeTenant();
    const open = await cli.run(['spend'], {});
    expect([open.code, open.err]).toEqual([0, expect.stringContaining(`Days are closed until ${yesterday}`)]);
    const denied = await cli.run(['spend', ...period, '--every-tenant']);
    expect([denied.code, denied.err]).toEqual([3, expect.stringContaining('FORBIDDEN')]);
    expect(await text(['spend', ...period, '--every-tenant'], asOperator)).toMatch(
      new RegExp(`${tenant.slug} +shop +${runs}`),
    );
    const all = await answer(['spend', ...period, '--every-tenant'], asOperator);
    expect(all).toMatchObject({ complete: true, next_cursor: null });
    const own = (all.items as { tenant: string }[]).filter((line) => line.tenant === tenant.slug);
    expect(own).toHaveLength(2);
    const csv = await text(['spend', ...period, '--every-tenant', '--csv'], asOperator);
    expect(csv.trimEnd().split('\n')).toHaveLength(1 + all.items.length);
    expect(csv).not.toContain(`,${another.slug},shop,`);
    const both = await cli.run(['spend', '--csv', '--json']);
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('not both')]);
  });
});

describe('annex quarantine', patient, () => {
  it('stops a slug everywhere, lists it, and lifts it again', async () => {
    const put = ['quarantine', 'put', 'shop', '--reason', 'It mines coins.'];
    const asked = await cli.run(put, asOperator);
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('NOBODY_TO_ASK')]);
    const denied = await cli.run([...put, '--yes']);
    expect([denied.code, denied.err]).toEqual([3, expect.stringContaining('FORBIDDEN')]);
    const made = await answer([...put, '--yes'], asOperator);
    expect(made).toMatchObject({ slug: 'shop', sha256: null, stopped: 1 });
    expect((await tenant.owner.get('/ext/shop/hello')).status).toBe(409);
    expect(await text(['quarantine', 'ls'], asOperator)).toMatch(/shop +20\S+Z +\S+ +It mines coins\./);
    const refused = await cli.run(['plugins', 'enable', 'shop', '--grant', 'all']);
    expect([refused.code, refused.err]).toEqual([expect.any(Number), expect.stringContaining('RELEASE_QUARANTINED')]);
    expect(refused.code).not.toBe(0);
    await text(['quarantine', 'rm', made.id as string], asOperator);
    expect((await answer(['quarantine', 'ls'], asOperator)).items).toEqual([]);
    expect((await cli.run(['quarantine', 'rm', made.id as string], asOperator)).code).toBe(2);
  });

  it('takes the hash of an archive', async () => {
    const archive = packPlugin({ ...shop, manifest: { ...shop.manifest, version: '6.6.6' } });
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const put = ['quarantine', 'put', sha256.toUpperCase(), '--reason', 'A secret is in it', '--yes'];
    expect(await answer(put, asOperator)).toMatchObject({ slug: null, sha256, stopped: 0 });
    expect((await tenant.owner.upload(archive)).body.code).toBe('RELEASE_QUARANTINED');
    expect(await text(['quarantine', 'ls'], asOperator)).toContain(sha256);
  });
});
