// Writes docs/openapi.json from the controllers, and the generated part of @annex/client from that; with `--check` says
// whether they are up to date. Exits with 1 when they are not, or when the description is no valid OpenAPI. Needs no
// database: the API is made, asked to describe itself, and never called.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from '@redocly/openapi-core';
import { createApi, describeApi } from '../apps/api/dist/index.js';
import { clientSources } from './client-sources.mjs';

const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
const clientFolder = new URL('../libs/client/src/generated/', import.meta.url);

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

/** What a validator that others keep finds wrong with it, one line a fault. */
async function faultsOf(text) {
  const { styleguide } = await createConfig({
    extends: ['recommended'],
    rules: {
      // Fixed words come before parameters, so `/webhooks/deliveries/{id}` is no `/webhooks/{id}/test`.
      'no-ambiguous-paths': 'off',
      'info-license': 'off',
      // Probes, metrics and the doors refuse with what `default` says.
      'operation-4xx-response': 'off',
    },
  });
  const document = makeDocumentFromString(text, 'openapi.json');
  const found = await lintDocument({ document, externalRefResolver: new BaseResolver(), config: styleguide });
  return found.map(({ ruleId, message, location }) => `${location[0]?.pointer ?? ''} ${message} (${ruleId})`);
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
  'fingerprintKeys',
])
  services[name] = never();
const app = await createApi(services);
const text = `${JSON.stringify(sorted(describeApi(app)), null, 2)}\n`;
await app.close();
const faults = await faultsOf(text);
if (faults.length > 0) {
  console.error(`The description is no valid OpenAPI:\n${faults.join('\n')}`);
  process.exit(1);
}

const files = [[file, text]];
for (const [name, source] of await clientSources(JSON.parse(text)))
  files.push([fileURLToPath(new URL(name, clientFolder)), source]);

if (process.argv.includes('--check')) {
  for (const [path, wanted] of files) {
    if ((await readFile(path, 'utf8').catch(() => '')) === wanted) continue;
    console.error(`${path} is not what the controllers say: run \`npm run docs\` and commit it`);
    process.exit(1);
  }
  console.log('docs/openapi.json and @annex/client are up to date');
} else {
  for (const [path, wanted] of files) await writeFile(path, wanted);
  console.log(`docs/openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`);
}
process.exit(0);
