// Builds the console into the folder that is named, each text also compressed. A process of its own: Vite sets NODE_ENV
// for whole processes.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const [outDir] = process.argv.slice(2);
await build({
  configFile: fileURLToPath(new URL('vite.config.mjs', import.meta.url)),
  logLevel: 'error',
  build: { outDir, emptyOutDir: true },
});
const names = await readdir(outDir, { recursive: true });
await Promise.all(names.filter((name) => /\.(js|css|svg)$/.test(name)).map((name) => compress(join(outDir, name))));

/** Twice: most browsers take Brotli, on plain connections some only gzip. */
async function compress(file) {
  const bytes = await readFile(file);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, quality));
  await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}
