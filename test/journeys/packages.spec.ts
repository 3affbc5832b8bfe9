import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { writeZip, type ZipEntry } from '../support/zip-writer.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
});
afterAll(() => annex.stop());

const manifestOf = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({ slug: 'probe', name: 'Probe', version: '1.0.0', entry: 'main.ts', ...more });
const code = `import { route } from '@annex/sdk'; import { word } from './lib/word'; route('/', () => ({ word }))`;
const files: ZipEntry[] = [
  { name: 'plugin.json', data: manifestOf({ routes: true }) },
  { name: 'main.ts', data: code },
  { name: 'lib/word.ts', data: 'export const word: string = "hello"' },
];
const route = (answer: unknown): string =>
  `import { route } from '@annex/sdk'; route('/', () => (${JSON.stringify(answer)}))`;

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
}

const python = (script: string): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'annex-python-'));
  try {
    for (const { name, data } of files) writeFileSync(join(folder, String(name).replace('/', '-')), data ?? '');
    execFileSync('python3', ['-c', script], { cwd: folder });
    return readFileSync(join(folder, 'out.zip'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const expectServed = async (archive: Uint8Array): Promise<void> => {
  const { owner } = await annex.makeTenant();
  expect(await owner.upload(archive, { enable: 'true', grant: 'all' })).toMatchObject({
    status: 201,
    body: { slug: 'probe', version: '1.0.0', status: 'enabled' },
  });
  expect(await owner.get('/ext/probe/')).toMatchObject({ status: 200, body: { word: 'hello' } });
};

describe('a package of an honest tool is installed and served', () => {
  it.each<[string, () => Uint8Array]>([
    ['deflated', () => writeZip(files)],
    ['stored', () => writeZip(files.map((file) => ({ ...file, method: 0 })))],
    [
      'streamed, with data descriptors',
      () => writeZip(files.map((file) => ({ ...file, descriptor: 'signed' as const }))),
    ],
    [
      'in a single folder at its root',
      () =>
        writeZip([
          { name: 'my-plugin/' },
          ...files.map((file) => ({ ...file, name: `my-plugin/${String(file.name)}` })),
        ]),
    ],
    [
      'from a Mac',
      () =>
        writeZip([
          ...files.map((file) => ({ ...file, name: `my-plugin/${String(file.name)}`, descriptor: 'signed' as const })),
          { name: 'my-plugin/.DS_Store', data: 'x' },
          { name: '__MACOSX/my-plugin/._main.ts', data: 'x' },
        ]),
    ],
    ['from Windows', () => writeZip(files.map((file) => ({ ...file, host: 0, mode: 0 })))],
  ])('%s', async (_how, make) => {
    await expectServed(make());
  });

  it('unless a template has a fault: then the upload names file and line', async () => {
    const { owner } = await annex.makeTenant();
    const refused = await owner.upload(
      writeZip([...files, { name: 'templates/hello.html', data: 'Hello\n{% if name %}{{ name }}' }]),
    );
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'TEMPLATE_INVALID', detail: 'templates/hello.html:2: tag {% if name %} not closed.' }] },
    });
  });

  it.skipIf(!hasPython())("of Python's zipfile, into a file and into a pipe", async () => {
    const write =
      `[z.write(a, b) for a, b in [('plugin.json', 'plugin.json'), ('main.ts', 'main.ts'), ('lib-word.ts', ` +
      `'lib/word.ts')]]; z.close()`;
    await expectServed(python(`import zipfile\nz = zipfile.ZipFile('out.zip', 'w', zipfile.ZIP_DEFLATED); ${write}`));
    await expectServed(
      python(
        `import zipfile, io\nclass Pipe(io.RawIOBase):\n  def __init__(s, f): s.f = f\n  def writable(s): return ` +
          `True\n  def write(s, d): return s.f.write(d)\nf = open('out.zip', 'wb'); z = zipfile.ZipFile(Pipe(f), ` +
          `'w'); ${write}; f.close()`,
      ),
    );
  });

  it('with modules bundled in node_modules, and JavaScript beside TypeScript', async () => {
    const { owner } = await annex.makeTenant();
    const archive = packPlugin({
      manifest: { entry: 'src/main.mjs', routes: true },
      code: '// not the entry',
      files: {
        'src/main.mjs': `import { route } from '@annex/sdk';
          import shout from 'shout';
          import { twice } from '../lib/twice.ts';
          import data from './data.json';
          route('/', () => ({ said: shout(twice(data.word)) }))`,
        'src/data.json': '{"word":"hey"}',
        'lib/twice.ts': 'export function twice(text: string): string { return text + text }',
        'node_modules/shout/package.json': '{"name":"shout","version":"1.0.0","main":"index.js"}',
        'node_modules/shout/index.js': 'module.exports = (text) => text.toUpperCase()',
      },
    });
    expect(await owner.upload(archive, { enable: 'true' })).toMatchObject({ status: 201 });
    expect(await owner.get('/ext/probe/')).toMatchObject({ status: 200, body: { said: 'HEYHEY' } });
  });
});

describe('a package is refused with the entry and the rule', () => {
  const link: ZipEntry = { name: 'link', data: '/etc/passwd', mode: 0o120777 };
  it.each<[string, () => Uint8Array, string, string]>([
    ['path traversal', () => writeZip([...files, { name: '../evil.ts', data: 'x' }]), 'ZIP_NAME', '../evil.ts'],
    ['an absolute path', () => writeZip([...files, { name: '/etc/cron.d/x', data: 'x' }]), 'ZIP_NAME', '/etc/cron.d/x'],
    ['a backslash', () => writeZip([...files, { name: 'a\\b.ts', data: 'x' }]), 'ZIP_NAME', 'a\\b.ts'],
    ['a drive letter', () => writeZip([...files, { name: 'C:/x.ts', data: 'x' }]), 'ZIP_NAME', 'C:/x.ts'],
    ['a control character', () => writeZip([...files, { name: 'a\u0007.ts', data: 'x' }]), 'ZIP_NAME', 'a'],
    ['a bidi character', () => writeZip([...files, { name: 'a\u202e.ts', data: 'x' }]), 'ZIP_NAME', 'a'],
    ['a reserved name', () => writeZip([...files, { name: 'lib/NUL.ts', data: 'x' }]), 'ZIP_NAME', 'NUL'],
    ['a symbolic link', () => writeZip([...files, link]), 'ZIP_FILE_TYPE', 'link'],
    ['a device', () => writeZip([...files, { name: 'tty', data: '', mode: 0o020644 }]), 'ZIP_FILE_TYPE', 'tty'],
    ['a name twice', () => writeZip([...files, { name: 'main.ts', data: 'x' }]), 'ZIP_COLLISION', 'main.ts'],
    [
      'names that differ by case',
      () => writeZip([...files, { name: 'Main.ts', data: 'x' }]),
      'ZIP_COLLISION',
      'ain.ts',
    ],
    [
      'names that differ by Unicode form',
      () => writeZip([...files, { name: 'caf\u00e9', data: 'x' }, { name: 'cafe\u0301', data: 'x' }]),
      'ZIP_COLLISION',
      'caf',
    ],
    ['a file that is a folder too', () => writeZip([...files, { name: 'lib', data: 'x' }]), 'ZIP_COLLISION', 'lib'],
    [
      'encryption',
      () => writeZip([...files, { name: 'x', data: 'x', local: { flags: 1 }, central: { flags: 1 } }]),
      'ZIP_ENCRYPTED',
      'x',
    ],
    [
      'headers that disagree',
      () => writeZip([...files, { name: 'x', data: 'x', local: { name: 'y' } }]),
      'ZIP_HEADERS_DISAGREE',
      'x',
    ],
    [
      'overlapping data',
      () => writeZip([...files, { name: 'again', data: '', centralOnly: true, central: { localOffset: 0 } }]),
      'ZIP_',
      '',
    ],
    ['trailing data', () => writeZip(files, { suffix: Buffer.from('#!/bin/sh') }), 'ZIP_STRAY_DATA', ''],
    ['zip64', () => writeZip(files, { end: { entries: 0xffff } }), 'ZIP_ZIP64', ''],
    [
      'more than 1,000 files',
      () => writeZip([...files, ...Array.from({ length: 1000 }, (_, index) => ({ name: `f${index}`, data: '' }))]),
      'ZIP_TOO_MANY_FILES',
      '',
    ],
    ['a bomb', () => writeZip([...files, { name: 'bomb', data: new Uint8Array(20_000_000) }]), 'ZIP_RATIO', 'bomb'],
    [
      'a bomb that lies about its size',
      () =>
        writeZip([
          ...files,
          { name: 'bomb', data: new Uint8Array(20_000_000), local: { bytes: 9 }, central: { bytes: 9 } },
        ]),
      'ZIP_',
      'bomb',
    ],
    [
      'more than 50 MiB unpacked',
      () =>
        writeZip([
          ...files,
          ...Array.from({ length: 60 }, (_, index) => ({
            name: `f${index}`,
            data: Buffer.concat([randomBytes(16_000), new Uint8Array(984_000)]),
          })),
        ]),
      'ZIP_TOO_LARGE',
      '',
    ],
    ['no archive at all', () => Buffer.from('hello'), 'ZIP_FORMAT', ''],
    ['no manifest', () => writeZip([{ name: 'main.ts', data: code }]), 'MANIFEST_MISSING', 'plugin.json'],
    [
      'a manifest two folders down',
      () => writeZip(files.map((file) => ({ ...file, name: `a/b/${String(file.name)}` }))),
      'MANIFEST_MISSING',
      'a/b/plugin.json',
    ],
  ])('%s', async (_what, make, rule, named) => {
    const archive = make();
    for (const path of ['/api/plugins/upload', '/api/plugins/validate']) {
      const answer = await tenant.owner.upload(archive, {}, path);
      const validating = path.endsWith('validate');
      expect(answer).toMatchObject(
        validating
          ? { status: 200, body: { valid: false, plugin: null } }
          : { status: 422, body: { code: 'PACKAGE_INVALID' } },
      );
      const [first] = answer.body.errors;
      expect(first).toMatchObject({
        pointer: expect.stringMatching(/^\//),
        code: expect.stringContaining(rule),
        detail: expect.stringContaining(named),
      });
    }
  });

  it('names every fault of the manifest and of the code together, each by its pointer', async () => {
    const archive = packPlugin({
      manifest: {
        slug: 'Bad Slug',
        version: 'one',
        colour: 'red',
        permissions: ['db.reed'],
        jobs: [{ name: 'j', schedule: '61 * * * *' }],
        events: ['a..b'],
        limits: { memory_mb: 5000 },
        secrets: ['ok', { name: 7 }],
      },
      code: `import { readFileSync } from 'fs'; export default readFileSync`,
    });
    const { status, body } = await tenant.owner.upload(archive);
    expect(status).toBe(422);
    const pointers = body.errors.map((fault: { pointer: string }) => fault.pointer);
    for (const pointer of [
      '/slug',
      '/version',
      '/colour',
      '/permissions/0',
      '/jobs/0/schedule',
      '/events/0',
      '/limits/memory_mb',
    ])
      expect(pointers, pointer).toContain(pointer);
    expect(body.errors.find((fault: { pointer: string }) => fault.pointer === '/permissions/0').detail).toContain(
      'db.read',
    );
    expect(body.errors.find((fault: { code: string }) => fault.code === 'BUNDLE_NODE_BUILTIN').detail).toMatch(
      /main\.ts:1:\d+: "fs"/,
    );
    expect(
      body.errors.every(
        (fault: Record<string, unknown>) => typeof fault['code'] === 'string' && typeof fault['detail'] === 'string',
      ),
    ).toBe(true);
  });

  it.each<[string, Record<string, unknown>, string, string, string]>([
    ['a hook that is not declared', {}, `hook('a.b', () => {})`, '/handlers/0', 'a.b'],
    ['a job that is not declared', {}, `job('j', () => {})`, '/handlers/0', 'j'],
    ['a declared event without a hook', { events: ['a.b'] }, ``, '/events/0', 'a.b'],
    ['a declared job without a handler', { jobs: [{ name: 'j' }] }, ``, '/jobs/0', 'j'],
    ['a required key that is missing', { version: undefined }, ``, '/version', 'version'],
    ['an entry that is not a file of the package', { entry: 'other.ts' }, ``, '/entry', 'other.ts'],
    ['code that does not compile', {}, `const = 1`, 'main.ts', ''],
    ['code that throws as it loads', {}, `throw new Error('while loading')`, '/entry', 'while loading'],
    ['code that never ends loading', {}, `for (;;);`, '/entry', ''],
    [
      'a schedule closer together than the operator allows',
      {
        jobs: [
          { name: 'j', schedule: '* * * * * *' },
          { name: 'k', schedule: 'nonsense' },
        ],
      },
      `job('j', () => {}); job('k', () => {})`,
      '/jobs/1/schedule',
      '',
    ],
    ['a config schema that is none', { config: { type: 'wrong' } }, ``, '/config', ''],
    ['an engine of another time', { engines: { annex: '^99.0.0' } }, ``, '/engines/annex', '99'],
  ])('%s', async (_what, manifest, body, pointer, named) => {
    const answer = await tenant.owner.upload(
      packPlugin({ manifest, code: `import { hook, job, route } from '@annex/sdk'\n${body}` }),
    );
    expect(answer).toMatchObject({ status: 422, body: { code: 'PACKAGE_INVALID' } });
    const fault = answer.body.errors.find((each: { pointer: string; detail: string }) =>
      `${each.pointer} ${each.detail}`.includes(pointer),
    );
    expect(fault, JSON.stringify(answer.body.errors)).toBeDefined();
    expect(fault.detail).toContain(named);
  });

  it('when it is larger than 10 MiB, before it is looked at', async () => {
    const { status, body } = await tenant.owner.upload(randomBytes(10 * 1024 * 1024 + 1));
    expect({ status, code: body.code, detail: body.detail }).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      detail: expect.stringContaining('10 MiB'),
    });
    expect((await tenant.owner.upload(randomBytes(10 * 1024 * 1024))).status).toBe(422);
  });

  it('when the form is not what the contract says', async () => {
    const send = (form: FormData): Promise<Answer> =>
      tenant.owner.request('POST', '/api/plugins/upload', { raw: form });
    const archive = new Blob([new Uint8Array(writeZip(files))]);
    expect(await tenant.owner.post('/api/plugins/upload', { file: 'x' })).toMatchObject({ status: 415 });
    expect(await send(new FormData())).toMatchObject({ status: 422, body: { errors: [{ pointer: '/file' }] } });
    const [misnamed, double, odd, ungrantable] = [new FormData(), new FormData(), new FormData(), new FormData()];
    misnamed.append('plugin', archive, 'x.zip');
    double.append('file', archive, 'x.zip');
    double.append('file', archive, 'y.zip');
    odd.append('enable', 'perhaps');
    odd.append('file', archive, 'x.zip');
    ungrantable.append('grant', 'db.read,everything');
    ungrantable.append('file', archive, 'x.zip');
    for (const form of [misnamed, double])
      expect(await send(form)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/file' }] } });
    expect(await send(odd)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/enable' }] } });
    expect(await send(ungrantable)).toMatchObject({
      status: 422,
      body: { code: 'GRANT_INVALID', errors: [{ pointer: '/grant/0' }, { pointer: '/grant/1' }] },
    });
  });

  it('and leaves nothing behind', async () => {
    expect((await tenant.owner.get('/api/plugins')).body.items).toEqual([]);
    expect(
      await annex.db.sql('select 1 from releases r join tenants t on t.id = r.tenant_id where t.slug = $1', [
        tenant.slug,
      ]),
    ).toEqual([]);
  });
});

describe('validate', () => {
  it('gives the full report and stores nothing', async () => {
    const { owner } = await annex.makeTenant();
    const archive = packPlugin({
      manifest: {
        routes: true,
        events: ['a.*'],
        permissions: ['db.read', { name: 'outbound_http', reason: 'posts' }],
        http: { allow: ['api.example.com'] },
        secrets: [{ name: 'KEY', required: true }],
      },
      code: `
        import { hook, route } from '@annex/sdk';
        route('/x/:id', { methods: ['GET', 'POST'], roles: ['admin'] }, () => 1);
        hook('a.*', () => {})
      `,
    });
    const report = await owner.upload(archive, {}, '/api/plugins/validate');
    expect(report).toMatchObject({
      status: 200,
      body: {
        valid: true,
        errors: [],
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        plugin: {
          slug: 'probe',
          version: '1.0.0',
          routes: [{ methods: ['GET', 'POST'], path: '/x/:id', auth: 'member', roles: ['admin'] }],
          events: ['a.*'],
          secrets: [{ name: 'KEY', required: true }],
        },
      },
    });
    expect((await owner.get('/api/plugins')).body.items).toEqual([]);
    expect(await owner.get('/ext/probe/x/1')).toMatchObject({ status: 404 });
  });
});

describe('a plugin', () => {
  it('is shown as the contract says, by slug and by id', async () => {
    const { owner } = await annex.makeTenant();
    const uploaded = await owner.upload(
      packPlugin({
        manifest: {
          routes: true,
          events: ['a.*'],
          permissions: ['db.read'],
          secrets: [{ name: 'KEY', required: true }],
          jobs: [{ name: 'tidy', schedule: '0 2 * * *', timezone: 'Europe/Berlin' }],
        },
        code: `
          import { hook, job, route } from '@annex/sdk';
          route('/:id', () => 1);
          hook('a.*', () => {});
          job('tidy', () => {})
        `,
      }),
    );
    expect(uploaded.status).toBe(201);
    const plugin = (await owner.get('/api/plugins/probe')).body;
    expect(plugin).toMatchObject({
      id: expect.stringMatching(/^plg_/),
      slug: 'probe',
      name: 'Probe',
      version: '1.0.0',
      status: 'installed',
      permissions: { requested: ['db.read'], granted: [], pending: ['db.read'] },
      routes: [{ methods: ['GET'], path: '/:id', auth: 'member', roles: null }],
      events: ['a.*'],
      jobs: [
        {
          name: 'tidy',
          schedule: '0 2 * * *',
          timezone: 'Europe/Berlin',
          next_run_at: null,
          last_run: null,
          paused: false,
        },
      ],
      missing_secrets: ['KEY'],
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
    expect((await owner.get(`/api/plugins/${plugin.id}`)).body).toEqual(plugin);
    expect((await owner.get('/api/plugins/')).body).toEqual({ items: [plugin], next_cursor: null });
    expect(await owner.get('/ext/probe/1')).toMatchObject({ status: 409, body: { code: 'PLUGIN_DISABLED' } });
  });

  it('is not enabled while secrets and grants are missing, and the problem lists all of them', async () => {
    const { owner } = await annex.makeTenant();
    await owner.upload(
      packPlugin({
        manifest: {
          routes: true,
          permissions: ['db.read', 'send_email'],
          secrets: [{ name: 'FIRST', required: true }, { name: 'SECOND', required: true }, 'OPTIONAL'],
          dependencies: { other: '^1.0.0' },
        },
        code: route(1),
      }),
    );
    const refused = await owner.post('/api/plugins/probe/enable', {});
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'REQUIREMENTS_MISSING',
        missing: {
          secrets: ['FIRST', 'SECOND'],
          permissions: ['db.read', 'send_email'],
          dependencies: [{ slug: 'other' }],
        },
      },
    });
    expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
      '/dependencies/other',
      '/permissions/db.read',
      '/permissions/send_email',
      '/secrets/FIRST',
      '/secrets/SECOND',
    ]);
    await owner.upload(packPlugin({ manifest: { slug: 'other', version: '1.4.0' }, code: '' }), {
      enable: 'true',
    });
    await owner.put('/api/plugins/probe/secrets/FIRST', { value: 'the first value' });
    await owner.put('/api/secrets/SECOND', { value: 'a tenant-wide value' });
    expect(await owner.post('/api/plugins/probe/enable', { grant: ['db.read'] })).toMatchObject({
      status: 409,
      body: { missing: { secrets: [], permissions: ['send_email'], dependencies: [] } },
    });
    expect(await owner.post('/api/plugins/probe/enable', { grant: ['send_email', 'db.read'] })).toMatchObject({
      status: 200,
      body: {
        status: 'enabled',
        permissions: { granted: ['db.read', 'send_email'], pending: [] },
        missing_secrets: [],
      },
    });
    expect(await owner.post('/api/plugins/other/disable')).toMatchObject({
      status: 409,
      body: { code: 'PLUGIN_NEEDED', dependents: ['probe'] },
    });
    expect(await owner.get('/ext/probe/')).toMatchObject({ status: 200 });
  });

  it('is live with its new release at once, equal bytes change nothing, and the old one comes back', async () => {
    const { owner } = await annex.makeTenant();
    const one = packPlugin({ manifest: { routes: true, version: '1.0.0' }, code: route('one') });
    const two = packPlugin({ manifest: { routes: true, version: '1.1.0' }, code: route('two') });
    const first = await owner.upload(one, { enable: 'true' });
    expect(first.status).toBe(201);
    expect((await owner.get('/ext/probe/')).body).toBe('one');
    const again = await owner.upload(one);
    expect(again).toMatchObject({
      status: 200,
      body: { id: first.body.id, version: '1.0.0', status: 'enabled', updated_at: first.body.updated_at },
    });
    expect(await owner.upload(two)).toMatchObject({
      status: 201,
      body: { id: first.body.id, version: '1.1.0', status: 'enabled' },
    });
    expect((await owner.get('/ext/probe/')).body).toBe('two');
    expect((await owner.get('/api/plugins/probe/releases')).body.items).toMatchObject([
      {
        version: '1.1.0',
        active: true,
        id: expect.stringMatching(/^rel_/),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { version: '1.0.0', active: false },
    ]);
    expect(await owner.post('/api/plugins/probe/rollback', { version: '1.0.0' })).toMatchObject({
      status: 200,
      body: { version: '1.0.0', status: 'enabled' },
    });
    expect((await owner.get('/ext/probe/')).body).toBe('one');
    expect(await owner.post('/api/plugins/probe/rollback', { version: '9.9.9' })).toMatchObject({
      status: 404,
      body: { code: 'RELEASE_NOT_FOUND' },
    });
    expect(await owner.post('/api/plugins/probe/rollback', {})).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/version' }] },
    });
  });

  it('runs on with its old grants when a release asks for more, until an admin says yes', async () => {
    const { owner } = await annex.makeTenant();
    const body = pluginCode('versioned');
    const pack = (version: string, permissions: string[]): Uint8Array =>
      packPlugin({
        manifest: { routes: true, version, permissions, http: { allow: ['api.example.com'] } },
        code: body.replace('VERSION', `'${version}'`),
      });
    await owner.upload(pack('1.0.0', ['db.read']), { enable: 'true', grant: 'all' });
    expect(await owner.upload(pack('2.0.0', ['db.read', 'outbound_http']))).toMatchObject({
      status: 201,
      body: { status: 'enabled', version: '2.0.0', permissions: { granted: ['db.read'], pending: ['outbound_http'] } },
    });
    expect((await owner.get('/ext/probe/')).body).toEqual({ version: '2.0.0', has: false, error: 'PERMISSION_DENIED' });
    expect(await owner.get('/api/plugins/probe/permissions')).toMatchObject({
      status: 200,
      body: { pending: ['outbound_http'] },
    });
    expect(await owner.put('/api/plugins/probe/permissions', { granted: ['db.read', 'llm.use'] })).toMatchObject({
      status: 422,
      body: { code: 'GRANT_INVALID' },
    });
    expect(await owner.put('/api/plugins/probe/permissions', { granted: ['db.read', 'outbound_http'] })).toMatchObject({
      status: 200,
      body: { granted: ['db.read', 'outbound_http'], pending: [] },
    });
    expect((await owner.get('/ext/probe/')).body.has).toBe(true);
    expect(await owner.put('/api/plugins/probe/permissions', { granted: [] })).toMatchObject({
      status: 200,
      body: { granted: [] },
    });
    expect((await owner.get('/ext/probe/')).body).toMatchObject({ has: false, error: 'PERMISSION_DENIED' });
  });

  it('is uploaded by developers, but enabled and granted by admins only', async () => {
    const own = await annex.makeTenant();
    const developer = await own.as('developer');
    const archive = packPlugin({ manifest: { routes: true }, code: route(1) });
    expect(await developer.upload(archive, { enable: 'true' })).toMatchObject({ status: 403 });
    expect(await developer.upload(archive)).toMatchObject({ status: 201, body: { status: 'installed' } });
    expect(await developer.post('/api/plugins/probe/enable', {})).toMatchObject({ status: 403 });
    expect(await (await own.as('member')).upload(archive)).toMatchObject({ status: 403 });
  });

  it('leaves nothing behind but its history when it is uninstalled', async () => {
    const own = await annex.makeTenant();
    const { owner } = own;
    const installed = await own.install(
      {
        manifest: { routes: true, events: ['a.b'], jobs: [{ name: 'tidy', schedule: '@daily' }], secrets: ['KEY'] },
        code: pluginCode('every-kind'),
        files: { 'static/a.txt': 'x' },
      },
      { secrets: { KEY: 'a value to be erased' } },
    );
    await owner.get('/ext/probe/');
    await owner.post('/api/plugins/test-event', { event_type: 'a.b' });
    expect((await owner.delete('/api/plugins/probe')).status).toBe(204);
    for (const path of [
      '/api/plugins/probe',
      `/api/plugins/${installed.body.id}`,
      '/ext/probe/',
      '/ext/probe/static/a.txt',
      '/api/plugins/probe/jobs',
    ])
      expect((await owner.get(path)).status, path).toBe(404);
    const id = uuidFromId(installed.body.id as Id<'installation'>);
    for (const table of [
      'installations',
      'releases',
      'subscriptions',
      'schedules',
      'kv',
      'secrets',
      'executor_kills',
    ]) {
      const column = table === 'installations' ? 'id' : 'installation_id';
      await expect
        .poll(async () => (await annex.db.sql(`select 1 from ${table} where ${column} = $1`, [id])).length, {
          message: table,
        })
        .toBe(0);
    }
    expect(
      await annex.db.sql('select 1 from blobs b join tenants t on t.id = b.tenant_id where t.slug = $1', [own.slug]),
    ).toEqual([]);
    await own.install({
      manifest: { routes: true },
      code: `import { route } from '@annex/sdk'; route('/', async (ctx) => ({ n: await ctx.kv.incr('n') }))`,
    });
    expect((await owner.get('/ext/probe/')).body).toEqual({ n: 1 });
  });

  it('is another plugin in another tenant, whatever its slug', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    const body = (version: string): string =>
      `import { route } from '@annex/sdk';
        let seen = 0;
        route('/', async (ctx) => ({
          version: '${version}',
          seen: ++seen,
          kept: await ctx.kv.incr('n'),
          secret: await ctx.secrets.get('KEY'),
          tenant: ctx.tenantId,
        }))`;
    await one.install(
      { manifest: { routes: true, version: '1.0.0', secrets: ['KEY'] }, code: body('1.0.0') },
      { secrets: { KEY: 'value of one' } },
    );
    await two.install(
      { manifest: { routes: true, version: '2.0.0', secrets: ['KEY'] }, code: body('2.0.0') },
      { secrets: { KEY: 'value of two' } },
    );
    for (const seen of [1, 2]) {
      expect((await one.owner.get('/ext/probe/')).body).toEqual({
        version: '1.0.0',
        seen,
        kept: seen,
        secret: 'value of one',
        tenant: one.slug,
      });
      expect((await two.owner.get('/ext/probe/')).body).toEqual({
        version: '2.0.0',
        seen,
        kept: seen,
        secret: 'value of two',
        tenant: two.slug,
      });
    }
    await one.owner.delete('/api/plugins/probe');
    expect((await two.owner.get('/ext/probe/')).status).toBe(200);
  });

  it('has settings that are checked, filled in and told to it', async () => {
    const own = await annex.makeTenant();
    const { owner } = own;
    await own.install({
      manifest: {
        routes: true,
        config: {
          type: 'object',
          properties: { channel: { type: 'string', default: '#ops' }, limit: { type: 'integer', minimum: 1 } },
          additionalProperties: false,
        },
      },
      code: pluginCode('told-of-config'),
    });
    expect((await owner.get('/api/plugins/probe/config')).body).toEqual({ channel: '#ops' });
    expect(await owner.put('/api/plugins/probe/config', { limit: 0, colour: 'red' })).toMatchObject({
      status: 422,
      body: {
        code: 'CONFIG_INVALID',
        errors: expect.arrayContaining([
          expect.objectContaining({ pointer: '/limit' }),
          expect.objectContaining({ pointer: '/colour' }),
        ]),
      },
    });
    expect(await owner.put('/api/plugins/probe/config', { limit: 5 })).toMatchObject({
      status: 200,
      body: { limit: 5, channel: '#ops' },
    });
    expect(await owner.patch('/api/plugins/probe/config', { channel: '#dev', limit: null })).toMatchObject({
      status: 200,
      body: { channel: '#dev' },
    });
    expect((await owner.get('/ext/probe/')).body).toEqual({ channel: '#dev' });
    const { body: told } = await until(
      () => owner.get('/ext/probe/told'),
      ({ body }) => body.length >= 3,
    );
    expect(told.sort()).toEqual(['told/delete limit null', 'told/set channel "#dev"', 'told/set limit 5']);
  });
});
