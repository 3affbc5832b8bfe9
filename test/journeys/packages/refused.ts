import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { packPlugin, type Answer } from '../../support/annex.js';
import { writeZip, type ZipEntry } from '../../support/zip-writer.js';
import { annex, tenant, code, files } from './packages-bench.js';

export function refuse(): void {
  describe('a package is refused with the entry and the rule', () => {
    const link: ZipEntry = { name: 'link', data: '/etc/passwd', mode: 0o120777 };
    it.each<[string, () => Uint8Array, string, string]>([
      ['path traversal', () => writeZip([...files, { name: '../evil.ts', data: 'x' }]), 'ZIP_NAME', '../evil.ts'],
      [
        'an absolute path',
        () => writeZip([...files, { name: '/etc/cron.d/x', data: 'x' }]),
        'ZIP_NAME',
        '/etc/cron.d/x',
      ],
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
}
