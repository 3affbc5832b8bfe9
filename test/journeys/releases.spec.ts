/** Releases as people look at them: what is in one, what another would change, storing one and making it live later. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
let owner: TestTenant['owner'];
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  owner = tenant.owner;
});
afterAll(() => annex?.stop());

const config = { type: 'object', properties: { greeting: { type: 'string', default: 'hello' } } };
const first = packPlugin({
  manifest: {
    slug: 'shop',
    version: '1.2.0',
    routes: true,
    permissions: ['db.read'],
    secrets: [{ name: 'API_KEY', description: 'From the page of your account' }],
    jobs: [{ name: 'tidy', schedule: '0 2 * * *' }, { name: 'count' }],
    config,
  },
  code: `import { job, route } from '@annex/sdk'
    route('/version', () => 'one')
    job('tidy', () => 1)
    job('count', () => 1)`,
  files: { 'static/logo.svg': '<svg/>', 'static/old.txt': 'old' },
});
const second = packPlugin({
  manifest: {
    slug: 'shop',
    version: '1.10.0',
    routes: true,
    permissions: ['db.read', { name: 'outbound_http', hosts: ['api.example.com'], reason: 'asks for prices' }],
    secrets: [{ name: 'API_KEY', required: true, description: 'From the page of your account' }],
    jobs: [{ name: 'tidy', schedule: '0 3 * * *' }],
    http: { allow: ['api.example.com'] },
  },
  code: `import { job, route } from '@annex/sdk'
    route('/version', () => 'two')
    route('/prices', { methods: ['GET', 'POST'] }, (ctx) => ctx.http.get('https://api.example.com/'))
    job('tidy', () => 1)`,
  files: { 'static/logo.svg': '<svg></svg>' },
});

describe('a release', () => {
  it('shows its manifest as written, the schema of its settings, what it brings, and its files', async () => {
    const uploaded = await owner.upload(first, { enable: 'true', grant: 'all' });
    expect(uploaded).toMatchObject({ status: 201, body: { uploaded: { version: '1.2.0', active: true } } });
    const { body } = await owner.get('/api/plugins/shop/releases/active');
    expect(body).toMatchObject({
      id: uploaded.body.release,
      version: '1.2.0',
      active: true,
      manifest: { slug: 'shop', jobs: [{ name: 'tidy', schedule: '0 2 * * *' }, { name: 'count' }] },
      config_schema: config,
      contents: {
        entry: 'main.ts',
        routes: [{ methods: ['GET'], path: '/version' }],
        secrets: [{ name: 'API_KEY', required: false, description: 'From the page of your account' }],
      },
    });
    expect(body.files.map(({ path }: { path: string }) => path)).toEqual([
      'main.ts',
      'plugin.json',
      'static/logo.svg',
      'static/old.txt',
    ]);
    for (const name of ['1.2.0', body.id])
      expect((await owner.get(`/api/plugins/shop/releases/${name}`)).body).toEqual(body);
  });

  it('is found by nobody else, and a name that is none is told apart', async () => {
    const other = await annex.makeTenant();
    expect(await other.owner.get('/api/plugins/shop/releases/active')).toMatchObject({ status: 404 });
    const { body } = await owner.get('/api/plugins/shop/releases/active');
    await other.install({ manifest: { slug: 'shop' }, code: '' });
    expect(await other.owner.get(`/api/plugins/shop/releases/${body.id}`)).toMatchObject({
      status: 404,
      body: { code: 'RELEASE_NOT_FOUND' },
    });
    expect(await owner.get('/api/plugins/shop/releases/1.2')).toMatchObject({
      status: 404,
      body: { code: 'RELEASE_NOT_FOUND', detail: expect.stringContaining('1.2.0') },
    });
  });
});

describe('a release that is only stored', () => {
  it('changes nothing until it is activated; the difference says what it will', async () => {
    const staged = await owner.upload(second, { activate: 'false' });
    expect(staged).toMatchObject({
      status: 201,
      body: { version: '1.2.0', uploaded: { version: '1.10.0', active: false }, blocked: [] },
    });
    expect((await owner.get('/ext/shop/version')).body).toBe('one');
    const again = await owner.upload(second, { activate: 'false' });
    expect(again).toMatchObject({ status: 200, body: { version: '1.2.0', uploaded: staged.body.uploaded } });

    const diff = (await owner.get('/api/plugins/shop/releases/1.10.0/diff')).body;
    expect(diff).toMatchObject({
      direction: 'upgrade',
      from: { version: '1.2.0', active: true },
      to: { version: '1.10.0', active: false },
      permissions: { added: [{ name: 'outbound_http', hosts: ['api.example.com'] }], removed: [], changed: [] },
      routes: { added: [{ path: '/prices' }], removed: [], changed: [] },
      jobs: {
        added: [],
        removed: [{ name: 'count' }],
        changed: [{ before: { schedule: '0 2 * * *' }, after: { schedule: '0 3 * * *' } }],
      },
      secrets: { changed: [{ before: { required: false }, after: { required: true } }] },
      config_schema_changed: true,
    });
    expect(diff.files.removed).toMatchObject([{ path: 'static/old.txt' }]);
    expect(diff.files.changed.map(({ after }: { after: { path: string } }) => after.path)).toEqual([
      'main.ts',
      'plugin.json',
      'static/logo.svg',
    ]);
    const back = (await owner.get('/api/plugins/shop/releases/active/diff?from=1.10.0')).body;
    expect(back).toMatchObject({ direction: 'downgrade', routes: { removed: [{ path: '/prices' }] } });
    expect((await owner.get('/api/plugins/shop/releases/active/diff')).body).toMatchObject({
      direction: 'same',
      files: { added: [], removed: [], changed: [] },
    });
  });

  it('goes live when it is activated, with what is missing and pending', async () => {
    expect(await owner.post('/api/plugins/shop/releases/1.10.0/activate')).toMatchObject({
      status: 200,
      body: { version: '1.10.0', permissions: { pending: ['outbound_http'] }, missing_secrets: ['API_KEY'] },
    });
    expect((await owner.get('/ext/shop/version')).body).toBe('two');
    const { items } = (await owner.get('/api/audit?limit=10')).body;
    expect(items.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['plugin.staged', 'plugin.upgraded']),
    );
  });

  it('is neither enabled nor granted anything with its upload', async () => {
    for (const field of ['enable', 'grant'])
      expect(
        await owner.upload(second, { activate: 'false', [field]: field === 'grant' ? 'all' : 'true' }),
      ).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/activate' }] },
      });
    expect(await owner.upload(second, { activate: 'perhaps' })).toMatchObject({ status: 422 });
  });
});

it('an older version says that it is one, and what brings the newer one back', async () => {
  const back = await owner.upload(first);
  expect(back).toMatchObject({
    status: 200,
    body: { version: '1.2.0', warnings: [{ code: 'DOWNGRADE', detail: expect.stringContaining('1.10.0') }] },
  });
  expect((await owner.get('/ext/shop/version')).body).toBe('one');
  expect((await owner.upload(second)).body.warnings).toEqual([]);
});

it('jobs of all plugins come in one list, in pages', async () => {
  await tenant.install({
    manifest: { slug: 'clock', jobs: [{ name: 'z' }, { name: 'a', schedule: '@hourly', timezone: 'Europe/Berlin' }] },
    code: `import { job } from '@annex/sdk'; job('z', () => 1); job('a', () => 1)`,
  });
  await owner.patch('/api/plugins/clock/jobs/a', { paused: true });
  const { body } = await owner.get('/api/jobs');
  expect(body).toMatchObject({
    items: [
      { plugin: 'clock', name: 'z', schedule: null, paused: false },
      { plugin: 'clock', name: 'a', schedule: '@hourly', timezone: 'Europe/Berlin', paused: true, next_run_at: null },
      { plugin: 'shop', name: 'tidy', schedule: '0 3 * * *', next_run_at: expect.any(String) },
    ],
    next_cursor: null,
  });
  const paged: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer['body'] = (await owner.get(`/api/jobs?limit=1${cursor && `&cursor=${cursor}`}`)).body;
    paged.push(...page.items);
    cursor = page.next_cursor;
  }
  expect(paged).toEqual(body.items);
  expect(await owner.get('/api/jobs?cursor=nonsense')).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } });
  expect((await (await annex.makeTenant()).owner.get('/api/jobs')).body.items).toEqual([]);
});
