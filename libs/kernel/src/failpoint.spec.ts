import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { armFailpoints, failpoint, failpoints, type Failpoint } from './failpoint.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = ['libs', 'apps'].flatMap((shelf) =>
  readdirSync(`${root}/${shelf}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path) && !/\.spec\.ts$|failpoint\.ts$/.test(path))
    .map((path) => readFileSync(`${root}/${shelf}/${path}`, 'utf8')),
);

it('does nothing at a failpoint until one is armed, and nothing after it is disarmed', () => {
  const reached: Failpoint[] = [];
  failpoint('permit.wanted');
  const disarm = armFailpoints((name) => void reached.push(name));
  failpoint('permit.wanted');
  disarm();
  disarm();
  failpoint('permit.added');
  expect(reached).toEqual(['permit.wanted']);
});

it('passes every failpoint of the list somewhere in the product, and no program arms one', () => {
  const passed = sources.flatMap((text) => [...text.matchAll(/\bfailpoint\('([a-z.]+)'\)/g)].map(([, name]) => name));
  expect(new Set(passed)).toEqual(new Set(failpoints));
  expect(sources.filter((text) => /\barmFailpoints\(/.test(text))).toEqual([]);
});
