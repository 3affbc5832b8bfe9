import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPackage } from '../zip/read-package.js';
import { packFiles, packFolder } from './pack.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (packed: Uint8Array) => createHash('sha256').update(packed).digest('hex');

async function unpack(packed: Uint8Array): Promise<Record<string, string>> {
  const reading = await readPackage(packed);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return Object.fromEntries([...reading.files].map(([path, content]) => [path, new TextDecoder().decode(content)]));
}

describe('packing files', () => {
  it('makes an archive that the reader takes, with every byte in it', async () => {
    const packed = await packFiles(new Map([['plugin.json', bytes('{}')], ['static/ü.bin', Uint8Array.from({ length: 70_000 }, (_, index) => index % 251)]]));
    const reading = await readPackage(packed);
    expect(reading.ok && [...reading.files.keys()].sort()).toEqual(['plugin.json', 'static/ü.bin']);
    expect(reading.ok && reading.files.get('static/ü.bin')?.length).toBe(70_000);
  });

  it('gives the same bytes for the same files, in whatever order they come', async () => {
    const one = await packFiles(new Map([['plugin.json', bytes('{}')], ['main.ts', bytes('1')]]));
    const two = await packFiles(new Map([['main.ts', bytes('1')], ['plugin.json', bytes('{}')]]));
    const other = await packFiles(new Map([['main.ts', bytes('2')], ['plugin.json', bytes('{}')]]));
    expect(sha256(two)).toBe(sha256(one));
    expect(sha256(other)).not.toBe(sha256(one));
  });

  it('packs a view into a larger buffer as the view, not the buffer', async () => {
    const large = bytes('..{}..');
    expect(await unpack(await packFiles(new Map([['plugin.json', large.subarray(2, 4)]])))).toEqual({ 'plugin.json': '{}' });
  });
});

describe('packing a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'annex-pack-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(files: Record<string, string>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  }

  it('takes files of every depth and leaves version control and caches out', async () => {
    await write({
      'plugin.json': '{}',
      'main.ts': '',
      'main.test.ts': 'test',
      'static/deep/page.html': '<p>',
      'node_modules/left-pad/index.js': 'pad',
      'node_modules/.bin/tool': 'tool',
      'node_modules/.cache/x': 'x',
      '.git/HEAD': 'ref',
      '.annex/state': 'state',
      'static/.DS_Store': 'finder',
      '.gitignore': 'dist',
    });
    expect(Object.keys(await unpack(await packFolder(folder))).sort()).toEqual([
      '.gitignore', 'main.test.ts', 'main.ts', 'node_modules/left-pad/index.js', 'plugin.json', 'static/deep/page.html',
    ]);
  });

  it('leaves symbolic links out, which no package may hold', async () => {
    await write({ 'plugin.json': '{}' });
    await symlink('/etc/passwd', join(folder, 'passwd'));
    expect(await unpack(await packFolder(folder))).toEqual({ 'plugin.json': '{}' });
  });

  it('gives the same bytes when a file was only touched', async () => {
    await write({ 'plugin.json': '{}', 'main.ts': '1' });
    const before = sha256(await packFolder(folder));
    await utimes(join(folder, 'main.ts'), new Date(0), new Date('2020-02-02'));
    expect(sha256(await packFolder(folder))).toBe(before);
  });

  it('fails when there is no such folder', async () => {
    await expect(packFolder(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
