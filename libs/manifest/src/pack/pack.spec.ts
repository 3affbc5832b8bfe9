import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readPackage } from '../zip/read-package.js';
import { packFiles, packFolder } from './pack.js';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

describe('a packed folder', () => {
  it('is a package that is read back whole, without version control, caches and links', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'annex-pack-'));
    folders.push(folder);
    for (const path of ['.git', 'lib', 'node_modules/.cache', 'node_modules/x'])
      mkdirSync(join(folder, path), { recursive: true });
    for (const path of [
      'plugin.json',
      'main.ts',
      'lib/a.ts',
      '.git/HEAD',
      'node_modules/.cache/x',
      'node_modules/x/index.js',
    ])
      writeFileSync(join(folder, path), path);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const reading = await readPackage(await packFolder(folder));
    expect(reading.ok && [...reading.files.keys()].sort()).toEqual([
      'lib/a.ts',
      'main.ts',
      'node_modules/x/index.js',
      'plugin.json',
    ]);
  });

  it('has the same bytes for the same files, whatever their order and the zone of the clock', async () => {
    const files = [
      ['plugin.json', '{}'],
      ['main.ts', 'export {}'],
    ] as const;
    const pack = (entries: readonly (readonly [string, string])[]) =>
      packFiles(new Map(entries.map(([path, text]) => [path, Buffer.from(text)])));
    const bytes = await pack(files);
    expect(await pack([...files].reverse())).toEqual(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const script = `import { packFiles } from ${JSON.stringify(new URL('./pack.ts', import.meta.url).href)};
      const bytes = await packFiles(new Map(${JSON.stringify(files)}.map(([path, text]) => [path, Buffer.from(text)])));
      console.log((await import('node:crypto')).createHash('sha256').update(bytes).digest('hex'));`;
    for (const TZ of ['America/Los_Angeles', 'Asia/Tokyo']) {
      expect(
        execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: { TZ }, encoding: 'utf8' }).trim(),
      ).toBe(sha256);
    }
  });
});
