import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { writeZip } from '../../../test/support/zip-writer.js';
import { packFiles } from './pack/pack.js';
import { checkPackage } from './check-package.js';
import { defaultManifestLimits } from './schema/manifest.js';
import type { EntryInspection } from './inspect/entry-inspection.js';

const manifest = { slug: 'x', name: 'X', version: '1.0.0', entry: 'main.ts', events: ['a.b'] };
const pack = (files: Record<string, string>): Uint8Array => packFiles(Object.entries(files));
const found = (outcome: EntryInspection) => vi.fn(() => Promise.resolve(outcome));
const hooked: EntryInspection = { ok: true, registrations: [{ kind: 'event', name: 'a.b' }], warnings: [] };

describe('a package', () => {
  it('that is sound is reported with manifest, bundle, handlers and files', async () => {
    const inspect = found(hooked);
    const bytes = pack({
      'x/plugin.json': JSON.stringify(manifest),
      'x/main.ts': 'export {}',
      'x/webhooks/a.yaml': 'api_version: v1\non: [a.b]\ndelivery: { url: "https://example.com/hook" }',
    });
    const report = await checkPackage(bytes, { inspect });
    expect(report).toMatchObject({
      ok: true,
      errors: [],
      warnings: [{ code: 'WEBHOOK_PERMISSION' }],
      manifest: { slug: 'x' },
      webhooks: [{ name: 'a', on: ['a.b'] }],
      transforms: null,
      registrations: hooked.registrations,
    });
    expect([...report.files.keys()]).toEqual(['main.ts', 'plugin.json', 'webhooks/a.yaml']);
    expect(inspect).toHaveBeenCalledExactlyOnceWith(report.bundle);
  });

  it('in Python is packed and not tried out where there is no interpreter', async () => {
    const inspect = found(hooked);
    const bytes = pack({
      'plugin.json': JSON.stringify({ ...manifest, entry: 'main.py', permissions: ['emit_webhook'] }),
      'main.py': 'import os',
      'transforms/a.py': 'def transform(event_data):\n    return event_data',
      'webhooks/a.yaml':
        'api_version: v1\non: [a.b]\ndelivery: { url: "https://example.com/hook" }\n' +
        'transform: { language: python, entry: "transforms/a.py#transform" }',
    });
    const report = await checkPackage(bytes, { inspect, withoutPython: true });
    expect(report).toMatchObject({ ok: true, errors: [], manifest: { entry: 'main.py' } });
    expect(report.warnings.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/entry PYTHON_MISSING',
      '/webhooks PYTHON_MISSING',
    ]);
    expect(report.registrations).toBeUndefined();
    expect(inspect).not.toHaveBeenCalled();
    const tried = await checkPackage(bytes, { inspect });
    expect(inspect).toHaveBeenCalledTimes(2);
    expect(tried.registrations).toEqual(hooked.registrations);
  });

  it('keeps of node_modules what its bundle reaches, and counts only that', async () => {
    const installed = Array.from({ length: 1500 }, (_, index) => [
      `node_modules/x/f${index}.js`,
      `exports.n = ${index}`,
    ]);
    const plain = { ...Object.fromEntries(installed), 'plugin.json': JSON.stringify(manifest) };
    const reachOne = { ...plain, 'main.ts': "import x from 'x/f7.js'\nx.n" };
    const report = await checkPackage(pack(reachOne), { inspect: found(hooked) });
    expect(report.errors).toEqual([]);
    expect([...report.files.keys()]).toEqual(['main.ts', 'node_modules/x/f7.js', 'plugin.json']);
    const all = installed.map(([path = ''], index) => `import f${index} from '${path.slice(13)}'\nf${index}.n`);
    const refused = await checkPackage(pack({ ...plain, 'main.ts': all.join('\n') }), { inspect: found(hooked) });
    expect(refused.errors).toEqual([
      {
        pointer: '/file',
        code: 'ZIP_TOO_MANY_FILES',
        detail:
          'has 2 files, and its bundle reaches 1500 of node_modules; at most 1000 count together. Import less, or ' +
          'bundle before you pack.',
      },
    ]);
    expect(refused.files.size).toBe(2);
  });

  it('that emits what the operator reserves is refused with file, line and pattern', async () => {
    const code = `import { hook } from '@annex/sdk'
      hook('a.b', async (ctx, event) => {
        await ctx.emit('payments.made', {})
        const { emit } = ctx
        await emit(\`builder.done\`)
        await ctx.emit('mine.done')
        await ctx.emit(event.data.type)
        await ctx.kv.get('payments.made')
      })`;
    const bytes = pack({ 'plugin.json': JSON.stringify(manifest), 'main.ts': code });
    const limits = { ...defaultManifestLimits, reservedEvents: ['payments.**', 'builder.*'] };
    const report = await checkPackage(bytes, { inspect: found(hooked), limits });
    expect(report.errors).toEqual([
      {
        pointer: '/entry',
        code: 'EVENT_TYPE_RESERVED',
        detail: expect.stringContaining('main.ts:3 emits "payments.made"'),
      },
      { pointer: '/entry', code: 'EVENT_TYPE_RESERVED', detail: expect.stringContaining('"builder.*"') },
    ]);
    expect((await checkPackage(bytes, { inspect: found(hooked) })).errors).toEqual([]);
  });

  it('with faults in manifest, code and handlers gets them together', async () => {
    const files = { 'plugin.json': JSON.stringify({ ...manifest, slug: 'X' }), 'main.ts': "import 'fs'" };
    const broken = await checkPackage(pack(files), { inspect: found(hooked) });
    expect(broken.errors.map((fault) => fault.code)).toEqual(['FORMAT', 'BUNDLE_NODE_BUILTIN']);
    const disagreeing = await checkPackage(pack({ 'plugin.json': JSON.stringify(manifest), 'main.ts': '' }), {
      inspect: found({ ok: true, registrations: [], warnings: ['slow'] }),
    });
    expect(disagreeing).toMatchObject({
      ok: false,
      errors: [{ pointer: '/events/0', code: 'HANDLER_MISSING' }],
      warnings: [{ detail: 'slow' }],
    });
  });

  it('whose entry ends badly is told how', async () => {
    const report = await checkPackage(pack({ 'plugin.json': JSON.stringify(manifest), 'main.ts': '' }), {
      inspect: found({ ok: false, error: { code: 'TIMEOUT', message: 'too long' } }),
    });
    expect(report.errors).toEqual([
      {
        pointer: '/entry',
        code: 'ENTRY_FAILED',
        detail: expect.stringMatching(/TIMEOUT: too long\. .*inside them\.$/),
      },
    ]);
  });

  it.each([
    ['ctx is not defined', '. A handler is given ctx; use it inside one.'],
    ['document is not defined', '. There is no browser here.'],
    ['module is not defined', '. Write it as an ES module, with import.'],
    ['WebAssembly is not defined', '. Plugins do not have it; use JavaScript alone.'],
    ['a word of its own: ctx is not defined', ''],
  ])('whose entry ends with %s is told what to do', async (message, advice) => {
    const report = await checkPackage(pack({ 'plugin.json': JSON.stringify(manifest), 'main.ts': '' }), {
      inspect: found({ ok: false, error: { code: 'PLUGIN_ERROR', message } }),
    });
    expect(report.errors[0]?.detail).toMatch(
      new RegExp(`ended with PLUGIN_ERROR: ${message}${advice.replaceAll('.', '\\.')}$`),
    );
  });

  it('that cannot be read is refused for that alone, and nothing of it runs', async () => {
    const inspect = found(hooked);
    const report = await checkPackage(writeZip([{ name: '../plugin.json', data: '{}' }]), { inspect });
    expect(report).toMatchObject({ ok: false, errors: [{ pointer: '/file', code: 'ZIP_NAME' }] });
    expect((await checkPackage(pack({ 'a.txt': '' }), { inspect })).errors).toMatchObject([
      { code: 'MANIFEST_MISSING' },
    ]);
    expect((await checkPackage(pack({ 'plugin.json': '{' }), { inspect })).errors).toMatchObject([
      { code: 'JSON_SYNTAX' },
    ]);
    expect(inspect).not.toHaveBeenCalled();
  });

  it('that is a bomb in any of its stages is answered, not endured', async () => {
    const inspect = found(hooked);
    const zeros = deflateRawSync(new Uint8Array(49 * 1024 * 1024));
    const lying = { name: 'plugin.json', packed: zeros, local: { bytes: 3 }, central: { bytes: 3 } };
    expect((await checkPackage(writeZip([lying]), { inspect })).errors).toMatchObject([
      { code: 'ZIP_HEADERS_DISAGREE' },
    ]);
    expect((await checkPackage(pack({ 'plugin.json': '['.repeat(200_000) }), { inspect })).errors).toMatchObject([
      { code: 'JSON_SYNTAX' },
    ]);
  });
});
