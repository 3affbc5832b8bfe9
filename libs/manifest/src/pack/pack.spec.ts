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
      'node_modules/x/index.js.map',
      'node_modules/x/index.d.ts',
      'lib/own.d.ts',
    ])
      writeFileSync(join(folder, path), path);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const reading = await readPackage(await packFolder(folder));
    expect(reading.ok && [...reading.files.keys()].sort()).toEqual([
      'lib/a.ts',
      'lib/own.d.ts',
      'main.ts',
      'node_modules/x/index.js',
      'plugin.json',
    ]);
  });

  it('has the same bytes for the same files, whatever their order, the zone of the clock and the language', () => {
    const files: [string, string][] = [
      ['plugin.json', '{}'],
      ['main.ts', 'export {}'],
      ['z.ts', ''],
      ['ä.ts', ''],
      ['lib/Z.ts', ''],
    ];
    const bytes = packFiles(files);
    expect(packFiles([...files].reverse())).toEqual(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const script = `import { packFiles } from ${JSON.stringify(new URL('./pack.ts', import.meta.url).href)};
      import { createHash } from 'node:crypto';
      console.log(createHash('sha256').update(packFiles(${JSON.stringify(files)})).digest('hex'));`;
    for (const env of [
      { TZ: 'America/Los_Angeles', LC_ALL: 'sv_SE.UTF-8' },
      { TZ: 'Asia/Tokyo', LC_ALL: 'C' },
    ])
      expect(
        execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }).trim(),
      ).toBe(sha256);
  });

  it.each(['../main.ts', '/main.ts', 'lib\\main.ts', './main.ts', 'lib//main.ts'])(
    'has no file %j, which an archive would hold under another name',
    (path) => {
      expect(() => packFiles([[path, '']])).toThrow('cannot be packed');
    },
  );
});
