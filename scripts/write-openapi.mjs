// Writes docs/openapi.json from the controllers; with `--check` says whether it is up to date, and exits with 1 when it
// is not. Needs no database: the API is made, asked to describe itself, and never called.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createApi, describeApi } from '../apps/api/dist/index.js';

const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

/** Stands where a service would: nothing calls it, and whatever does is told so. */
const never = () =>
  new Proxy(
    {},
    {
      get(_, name) {
        // Nest asks every value whether it is a promise or has lifecycle hooks.
        if (typeof name === 'symbol' || name === 'then' || /^(on|before)[A-Z]/.test(name)) return undefined;
        return () => {
          throw new Error(`describing the API called ${name}()`);
        };
      },
    },
  );

/** The same text for the same API: names in order, wherever order means nothing. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const services = { logger: silent };
for (const name of [
  'access',
  'database',
  'events',
  'execution',
  'files',
  'mail',
  'health',
  'installations',
  'runs',
  'tables',
  'vault',
  'webhooks',
  'hooks',
])
  services[name] = never();
const app = await createApi(services);
const text = `${JSON.stringify(sorted(describeApi(app)), null, 2)}\n`;
await app.close();

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error('docs/openapi.json is not what the controllers say: run `npm run docs` and commit it');
    process.exit(1);
  }
  console.log('docs/openapi.json is up to date');
} else {
  await writeFile(file, text);
  console.log(`docs/openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`);
}
process.exit(0);
