import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { writeZip } from '../../../../test/support/zip-writer.js';
import { readPackage } from './read-package.js';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'annex-zip-'));
  mkdirSync(join(folder, 'my-plugin/lib'), { recursive: true });
  writeFileSync(join(folder, 'my-plugin/plugin.json'), '{"slug":"x"}');
  writeFileSync(join(folder, 'my-plugin/main.ts'), `// ${'a comment '.repeat(100)}\nexport {}\n`);
  writeFileSync(join(folder, 'my-plugin/lib/grüße.ts'), 'export const a = 1\n');
  writeFileSync(join(folder, 'my-plugin/lib/empty.ts'), '');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expectWhole(archive: Uint8Array): Promise<void> {
  const reading = await readPackage(archive);
  expect(reading).toMatchObject({ ok: true });
  if (!reading.ok) return;
  expect([...reading.files.keys()].sort()).toEqual(['lib/empty.ts', 'lib/grüße.ts', 'main.ts', 'plugin.json']);
  expect(Buffer.from(reading.files.get('plugin.json') ?? []).toString()).toBe('{"slug":"x"}');
  expect(reading.files.get('main.ts')).toHaveLength(1014);
}

function hasTool(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
}

function tool(where: string, command: string): Uint8Array {
  execFileSync('sh', ['-c', command], {
    cwd: join(folder, where),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const path = join(folder, where, 'out.zip');
  const archive = readFileSync(path);
  rmSync(path);
  return archive;
}

const python = (body: string): string => `python3 -c "
import io, os, sys, zipfile
class Pipe(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def write(self, data): return self.file.write(data)
out = open('out.zip', 'wb')
names = sorted(os.path.join(d, f) for d, _, fs in os.walk('my-plugin') for f in fs)
${body}
out.close()"`;

describe('a package of a well-known tool is read whole', () => {
  it('yazl, with known sizes and from streams', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('{"slug":"x"}'), 'plugin.json');
    zip.addReadStream(Readable.from([readFileSync(join(folder, 'my-plugin/main.ts'))]), 'main.ts');
    zip.addEmptyDirectory('lib');
    zip.addReadStream(Readable.from(['export const a = 1\n']), 'lib/grüße.ts', { compress: false });
    zip.addBuffer(Buffer.alloc(0), 'lib/empty.ts');
    zip.end();
    await expectWhole(await buffer(zip.outputStream as Readable));
  });

  it.skipIf(!hasTool('zip')).each([
    ['the folder itself', '.', 'zip -qr out.zip my-plugin'],
    ['what is in the folder', 'my-plugin', 'zip -qr out.zip .'],
    ['without folders', 'my-plugin', 'zip -qrD out.zip plugin.json main.ts lib'],
    ['stored', 'my-plugin', 'zip -0 -qr out.zip .'],
    ['into a pipe', 'my-plugin', 'zip -qr - . -x out.zip | cat > out.zip'],
    ['without extra fields', 'my-plugin', 'zip -X -9 -qr out.zip .'],
  ])('zip, %s', async (_how, where, command) => {
    await expectWhole(tool(where, command));
  });

  it.skipIf(!hasTool('python3')).each([
    ['into a file', "z = zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED)\n[z.write(n) for n in names]\nz.close()"],
    [
      'into a pipe',
      "z = zipfile.ZipFile(Pipe(out), 'w', zipfile.ZIP_DEFLATED)\n[z.write(n) for n in names]\nz.close()",
    ],
    ['from texts', "z = zipfile.ZipFile(out, 'w')\n[z.writestr(n, open(n, 'rb').read()) for n in names]\nz.close()"],
  ])('Python, %s', async (_how, body) => {
    await expectWhole(tool('.', python(body)));
  });

  it.skipIf(!hasTool('python3'))("Python's make_archive", async () => {
    await expectWhole(tool('.', "python3 -c \"import shutil; shutil.make_archive('out', 'zip', '.', 'my-plugin')\""));
  });

  it("a Mac's, whose own files are left out and whose names are decomposed", async () => {
    const entries = [
      { name: 'my-plugin/' },
      { name: 'my-plugin/plugin.json', data: '{"slug":"x"}' },
      { name: '__MACOSX/my-plugin/._plugin.json', data: 'mac' },
      { name: 'my-plugin/.DS_Store', data: 'mac' },
      { name: 'my-plugin/main.ts', data: readFileSync(join(folder, 'my-plugin/main.ts')) },
      { name: 'my-plugin/lib/empty.ts', data: '' },
      { name: Buffer.from('my-plugin/lib/gru\u0308\u00dfe.ts'), data: 'x' },
    ];
    await expectWhole(
      writeZip(
        entries.map((entry) => (entry.name.at(-1) === '/' ? entry : { ...entry, descriptor: 'signed' as const })),
      ),
    );
  });
});

describe('the manifest lies', () => {
  const missing = async (...names: string[]): Promise<string> => {
    const reading = await readPackage(writeZip(names.map((name) => ({ name, data: '' }))));
    return reading.ok ? '' : (reading.errors[0]?.detail ?? '');
  };

  it('at the root, or in the single folder there, or the fault says where it was found', async () => {
    expect(await missing('plugin.json', 'other/x')).toBe('');
    expect(await missing('a/plugin.json', 'a/b/plugin.json')).toBe('');
    expect(await missing('a/plugin.json', 'README.md')).toContain('"a/plugin.json"');
    expect(await missing('a/b/plugin.json')).toContain('"a/b/plugin.json"');
    expect(await missing('Plugin.json')).toContain('Did you mean "Plugin.json"?');
    expect(await missing()).toContain('holds no files');
    expect(await missing('__MACOSX/x')).toContain('holds no files');
  });
});
