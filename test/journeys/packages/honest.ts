import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packPlugin } from '../../support/annex.js';
import { writeZip } from '../../support/zip-writer.js';
import { annex, files } from './packages-bench.js';

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

export function takeHonest(): void {
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
            ...files.map((file) => ({
              ...file,
              name: `my-plugin/${String(file.name)}`,
              descriptor: 'signed' as const,
            })),
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
        body: {
          errors: [{ code: 'TEMPLATE_INVALID', detail: 'templates/hello.html:2: tag {% if name %} not closed.' }],
        },
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
}
