import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unlessCurrent } from './unless-current.mjs';

let root: string;
const at = (name: string): string => join(root, name);
/** Writes a file that was changed last in the given second. */
function write(name: string, second: number): void {
  writeFileSync(at(name), `${name} ${second}`);
  utimesSync(at(name), second, second);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'annex-build-'));
  for (const name of ['source.ts', 'bundle.mjs', 'made.js']) write(name, 1_000);
});
afterEach(() => rmSync(root, { recursive: true }));

const bundle = (make = (): void => undefined): Promise<boolean> =>
  unlessCurrent({
    root,
    stampFile: at('made.json'),
    makers: [at('bundle.mjs')],
    make: () => {
      make();
      return Promise.resolve({ read: [at('source.ts')], made: [at('made.js')] });
    },
  });

it('makes a bundle once while nothing changes', async () => {
  expect([await bundle(), await bundle(), await bundle()]).toEqual([true, false, false]);
});

it.each([
  ['a source is newer', () => write('source.ts', 2_000)],
  ['a source is older, as after a checkout', () => write('source.ts', 500)],
  ['a source is gone', () => rmSync(at('source.ts'))],
  ['the script that bundles changed', () => write('bundle.mjs', 2_000)],
  ['what was made is gone', () => rmSync(at('made.js'))],
  ['nobody knows what it was made of', () => rmSync(at('made.json'))],
])('makes it again when %s', async (_, change) => {
  await bundle();
  change();
  expect(await bundle()).toBe(true);
});

it('makes it again when a source changed while it was made', async () => {
  await bundle(() => write('source.ts', Date.now() / 1_000 + 60));
  expect([await bundle(() => write('source.ts', 3_000)), await bundle()]).toEqual([true, false]);
});
