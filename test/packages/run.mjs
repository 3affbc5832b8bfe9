/**
 * `npm run test:packages`: installs each package of cases.mjs from the registry that npm is configured with, uploads a
 * plugin that uses it to the real compiler, runs it in the real sandbox, compares the answer, and writes
 * docs/packages.md.
 *
 *   node test/packages/run.mjs [--in <folder>] [name…]
 *
 * `--in`: where packages are installed and, with what came of them, stay for the next time; default: a temporary
 * folder.
 * With names, only those run. The table is written when every package is as wanted. Ends with 1 when one that ran is
 * not.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { packFolder } from '@annex/manifest';
import { createCompiler, createSandbox } from '@annex/sandbox';
import { closeSandbox, openPlugin } from '@annex/sdk/testing';
import { cases } from './cases.mjs';
import { writeTable } from './table.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);
const {
  values: { in: kept },
  positionals,
} = parseArgs({ options: { in: { type: 'string' } }, allowPositionals: true });

const folder = kept ?? (await mkdtemp(join(tmpdir(), 'annex-packages-')));
const compiler = await createCompiler();
const sandbox = await createSandbox();
const resultsFile = join(folder, 'results.json');
const results = JSON.parse(await readFile(resultsFile, 'utf8').catch(() => '{}'));
let faults = 0;
try {
  for (const each of cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const result = await resultOf(each);
    results[`${each.name}@${each.version}`] = result;
    await writeFile(resultsFile, JSON.stringify(results));
    if (result.fault) faults += 1;
    console.log(`${result.fault ? 'FAULT' : 'ok   '} ${each.name} ${each.version} ${result.fault ?? ''}`);
  }
} finally {
  await Promise.all([compiler.stop(), sandbox.stop(), closeSandbox()]);
  if (kept === undefined) await rm(folder, { recursive: true });
}
const all = cases.map((each) => ({ ...each, ...results[`${each.name}@${each.version}`] }));
if (all.every(({ bytes, refusal, fault }) => (bytes ?? refusal) && !fault))
  await writeTable(join(root, 'docs/packages.md'), all);
process.exitCode = faults === 0 ? 0 : 1;

/** What came of a package: its bundle's size, and a fault if it is not as wanted. */
async function resultOf(each) {
  const plugin = join(folder, each.name.replace('/', '+'));
  await install(plugin, each);
  await writePlugin(plugin, each);
  const report = await compiler.check(await packFolder(plugin), { inspect: (bundle) => sandbox.inspect(bundle) });
  const refusal = report.errors.map(({ code, detail }) => `${code}: ${detail}`).join('\n      ');
  if (each.refused) {
    return refusal.includes(each.refused)
      ? { refusal: report.errors[0].detail }
      : { fault: report.ok ? 'was not refused' : `was refused otherwise: ${refusal}` };
  }
  if (!report.ok) return { fault: refusal };
  const bytes = Buffer.byteLength(report.bundle.code);
  try {
    await using opened = await openPlugin(plugin, { http: answers(each.http) });
    const { value } = await opened.job('value');
    const isRight = each.test ? each.test(value) : isDeepStrictEqual(value, each.want);
    if (each.fails) return { bytes, fault: 'did not fail' };
    return isRight ? { bytes } : { bytes, fault: `gave ${JSON.stringify(value)}; wanted ${JSON.stringify(each.want)}` };
  } catch (thrown) {
    const text = String(thrown.stack ?? thrown).slice(0, 1000);
    return each.fails && text.includes(each.fails) ? { bytes } : { bytes, fault: text };
  }
}

/** `true`: a server that answers with what it was asked. */
function answers(http) {
  if (http === undefined) return undefined;
  return (request) => ({ body: http === true ? { url: request.url, method: request.method } : http(request) });
}

async function install(plugin, { name, version, with: more = [] }) {
  const manifest = join(plugin, 'node_modules', name, 'package.json');
  const found = JSON.parse(await readFile(manifest, 'utf8').catch(() => '{}'));
  if (found.version === version) return;
  await mkdir(plugin, { recursive: true });
  await writeFile(join(plugin, 'package.json'), '{"private":true,"type":"module"}');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--omit=dev'];
  await run('npm', ['install', ...options, `${name}@${version}`, ...more], { cwd: plugin });
}

async function writePlugin(plugin, { head, run: value, http }) {
  const manifest = {
    slug: 'packages',
    name: 'Packages',
    version: '1.0.0',
    entry: 'main.ts',
    // Long enough for a machine with other work.
    jobs: [{ name: 'value', timeout_ms: 300_000, retry: { max_attempts: 1 } }],
    ...(http && { permissions: ['outbound_http'], http: { allow: ['api.example'] } }),
  };
  await writeFile(join(plugin, 'plugin.json'), JSON.stringify(manifest));
  await writeFile(
    join(plugin, 'main.ts'),
    `import { job } from '@annex/sdk'\n${head}\njob('value', async () => ({ value: ${value} }))\n`,
  );
}
