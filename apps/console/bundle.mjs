/** Builds the console when something of it, or of the client, has changed. */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const site = join(here, 'dist/site');

/** What scripts/build.mjs makes here. */
export function bundles(root) {
  return [{ stampFile: join(here, 'dist/site.json'), make: () => buildSite(root) }];
}

async function buildSite(root) {
  const read = [
    ...globSync('{src,public}/**/*.*', { cwd: here }).map((name) => join(here, name)),
    ...['index.html', 'vite.config.mjs', 'build-site.mjs'].map((name) => join(here, name)),
    ...globSync('libs/client/src/**/*.ts', { cwd: root, exclude: ['**/*.spec.ts'] }).map((name) => join(root, name)),
  ];
  const draft = `${site}.${process.pid}.tmp`;
  try {
    await run([join(here, 'build-site.mjs'), draft]);
    // The old one is moved, not emptied: whoever reads it meanwhile finds all of it.
    const old = `${draft}.old`;
    await rename(site, old).catch(() => undefined);
    await rename(draft, site);
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { read, made: [join(site, 'index.html')] };
}

function run(args) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', VITEST: '' },
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`the console was not built (${code})`))));
  });
}
