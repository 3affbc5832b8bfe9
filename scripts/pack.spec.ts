/** What others install: packed, put into an empty folder, and used there by every Node of this machine. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packProject, publishable } from './pack.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

interface PackageJson {
  name: string;
  version: string;
  exports: Record<string, unknown>;
  dependencies?: Record<string, string>;
}

function readPackage(folder: string): PackageJson {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

/** The folders of all packages that a package needs, the way npm finds them. */
function needs(folder: string, seen = new Set<string>()): Set<string> {
  for (const name of Object.keys(readPackage(folder).dependencies ?? {})) {
    const nested = join(folder, 'node_modules', name);
    const found = existsSync(nested) ? nested : join(root, 'node_modules', name);
    if (seen.has(found)) continue;
    seen.add(found);
    needs(found, seen);
  }
  return seen;
}

/** Every Node from 20 on that `PATH` leads to: the project's own, and the one of the system. */
async function nodes(): Promise<string[]> {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const byVersion = new Map<string, string>([[process.version, process.execPath]]);
  for (const place of places.filter((path) => existsSync(path))) {
    const { stdout } = await run(place, ['--version']);
    if (Number(/^v(\d+)/.exec(stdout)?.[1]) >= 20) byVersion.set(stdout.trim(), place);
  }
  return [...byVersion.values()];
}

describe('@annex/client, installed in an empty folder', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const installed = (): string => at('node_modules/@annex/client');
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'annex-installed-'));
    mkdirSync(at('tarballs'));
    writeFileSync(at('package.json'), '{ "private": true, "type": "module" }');
    // What it needs is packed too, so that no registry is asked.
    const made = await Promise.all([
      packProject('libs/client', at('tarballs')),
      ...[...needs(join(root, 'libs/client'))].map((dependency) => packInstalled(dependency, at('tarballs'))),
    ]);
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...made], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says nothing that only this repository understands', () => {
    const { name, exports, dependencies = {} } = readPackage(installed());
    expect(name).toBe('@annex/client');
    expect(JSON.stringify(exports)).not.toContain('src');
    expect(Object.keys(dependencies).filter((each) => each.startsWith('@annex/'))).toEqual([]);
    expect(existsSync(join(installed(), 'src'))).toBe(false);
  });

  it('calls, reads pages and streams, and throws problems, in every Node from 20 on', async () => {
    writeFileSync(at('program.mjs'), program);
    const found = await nodes();
    for (const node of found) {
      const { stdout } = await run(node, ['program.mjs'], { cwd: folder });
      expect(JSON.parse(stdout), node).toEqual({
        me: { email: 'ada@example.com' },
        runs: ['run_1', 'run_2'],
        line: 'hello',
        code: 'RUN_NOT_FOUND',
      });
    }
    expect(found.length).toBeGreaterThan(0);
  });

  it('fits into a page of a browser', async () => {
    writeFileSync(at('page.js'), `import { createAnnex } from '@annex/client';\nglobalThis.create = createAnnex;\n`);
    const made = await build({
      entryPoints: [at('page.js')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      metafile: true,
    });
    expect(made.warnings).toEqual([]);
    expect(Object.keys(made.metafile.inputs).some((path) => path.includes('@annex/client/dist/client.js'))).toBe(true);
  });

  it.each([
    ['Node', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext, []],
    ['a bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler, ['lib.dom.d.ts', 'lib.dom.iterable.d.ts']],
  ])('has types that %s finds and that hold without skipLibCheck', (_, module, moduleResolution, dom) => {
    const head = `import { createAnnex, type Run } from '@annex/client';\nconst annex = createAnnex({ url: '' });\n`;
    writeFileSync(at('right.ts'), `${head}export const run: Promise<Run> = annex.getRun({ path: { id: 'run_1' } });\n`);
    writeFileSync(at('wrong.ts'), `${head}export const run: Promise<Run> = annex.getRun({ path: { id: 1 } });\n`);
    const compiled = ts.createProgram([at('right.ts'), at('wrong.ts')], {
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', ...dom],
      types: dom.length > 0 ? [] : ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    });
    const faults = ts.getPreEmitDiagnostics(compiled).map(({ file, messageText }) => ({
      file: basename(file?.fileName ?? ''),
      text: ts.flattenDiagnosticMessageText(messageText, ' '),
    }));
    expect(faults).toEqual([{ file: 'wrong.ts', text: "Type 'number' is not assignable to type 'string'." }]);
  });
});

describe('@annex/sdk and @annex/cli, in an empty folder', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'annex-installed-'));
    mkdirSync(at('node_modules/@annex'), { recursive: true });
    for (const project of ['libs/sdk', 'libs/client', 'apps/cli']) {
      const name = basename(project);
      await run('tar', ['-xzf', await packProject(project, folder), '-C', folder]);
      renameSync(at('package'), at(`node_modules/@annex/${name}`));
    }
    // What they need besides is where npm would put it; packing a whole Node anew would show nothing.
    for (const name of readdirSync(join(root, 'node_modules')))
      if (!/^[@.]/.test(name)) symlinkSync(join(root, 'node_modules', name), at(`node_modules/${name}`));
    for (const name of ['@clack', '@types'])
      if (existsSync(join(root, 'node_modules', name)))
        symlinkSync(join(root, 'node_modules', name), at(`node_modules/${name}`));
    if (!existsSync(at('node_modules/@clack')))
      symlinkSync(join(root, 'apps/cli/node_modules/@clack'), at('node_modules/@clack'));
    for (const [name, text] of Object.entries(pluginFiles)) writeFileSync(at(name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('run a plugin in the sandbox, with every Node from 20 on', { timeout: 600_000 }, async () => {
    for (const node of await nodes()) {
      const { stdout } = await run(node, ['test.mjs'], { cwd: folder });
      expect(JSON.parse(stdout), node).toEqual({ result: { hello: 'Ada', day: '2026-01-31' }, mistakes: 0 });
      const started = await run(node, [at('node_modules/@annex/cli/bin/annex.mjs'), '--version'], { cwd: folder });
      expect(started.stdout.trim(), node).toBe(readPackage(at('node_modules/@annex/cli')).version);
    }
  });

  it('pack a plugin in Python without trying it out, and say that a server runs it', { timeout: 600_000 }, async () => {
    mkdirSync(at('python'));
    const manifest = { slug: 'snake', name: 'Snake', version: '1.0.0', entry: 'main.py' };
    writeFileSync(at('python/plugin.json'), JSON.stringify(manifest));
    writeFileSync(at('python/main.py'), 'import os\n');
    for (const node of await nodes()) {
      const { stdout } = await run(node, ['python.mjs'], { cwd: folder });
      expect(JSON.parse(stdout), node).toEqual({
        files: ['main.py', 'plugin.json'],
        warnings: ['PYTHON_MISSING'],
        test: expect.stringContaining('there is no Python in this installation'),
      });
    }
    expect(existsSync(at('node_modules/@annex/sdk/lib/sandbox/dist/bundled-python'))).toBe(false);
  });

  it('have types that hold without skipLibCheck, and that annex-env.d.ts adds to', () => {
    const program = ts.createProgram([at('right.ts'), at('annex-env.d.ts')], {
      target: ts.ScriptTarget.ES2024,
      lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      return `${basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(faults).toEqual([]);
  });
});

const pluginFiles = {
  'package.json': '{ "private": true, "type": "module" }',
  'plugin.json': JSON.stringify({
    slug: 'packed',
    name: 'Packed',
    version: '1.0.0',
    entry: 'main.ts',
    jobs: [{ name: 'greet' }],
  }),
  'main.ts': `import { job } from '@annex/sdk'
job<{ name: string }>('greet', (ctx, { name }) => ({ hello: name, day: new Date().toISOString().slice(0, 10) }))
`,
  'test.mjs': `
import { lintPlugin, readPlugin, closeSandbox } from '@annex/sdk/package';
import { openPlugin } from '@annex/sdk/testing';
const plugin = await openPlugin('.', { clock: '2026-01-31' });
const result = await plugin.job('greet', { name: 'Ada' });
const { mistakes } = await lintPlugin((await readPlugin('.')).files);
console.log(JSON.stringify({ result, mistakes: mistakes.length }));
await plugin.close();
await closeSandbox();
`,
  'python.mjs': `
import { packPlugin, readPlugin, closeSandbox } from '@annex/sdk/package';
import { openPlugin } from '@annex/sdk/testing';
const { packed, warnings } = await packPlugin((await readPlugin('python')).files);
const test = await openPlugin('python').then(() => 'opened', (thrown) => thrown.message);
const files = packed.files.map(({ path }) => path);
console.log(JSON.stringify({ files, warnings: warnings.map(({ code }) => code), test }));
await closeSandbox();
`,
  'annex-env.d.ts': `import '@annex/sdk'
declare module '@annex/sdk' { interface PluginTypes { config: { channel: string }; secret: 'API_KEY' } }
`,
  'right.ts': `import { route } from '@annex/sdk'
import { openPlugin, type TestPlugin } from '@annex/sdk/testing'
import { lintPlugin } from '@annex/sdk/package'
route('/:id', async (ctx) => [ctx.params.id, ctx.config.channel, await ctx.secrets.get('API_KEY')])
// @ts-expect-error -- it is not declared
route('/', (ctx) => ctx.secrets.get('OTHER'))
export const both: [Promise<TestPlugin>, typeof lintPlugin] = [openPlugin('.'), lintPlugin]
`,
};

it('packs no project that is private', async () => {
  expect(await publishable()).toContain('libs/client');
  expect(await publishable()).not.toContain('libs/kernel');
  await expect(packProject('libs/kernel', tmpdir())).rejects.toThrow('private');
});

async function packInstalled(folder: string, out: string): Promise<string> {
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', out, folder], { cwd: out });
  const { name, version } = readPackage(folder);
  return join(out, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

/** A program of somebody's: a server that answers as Annex does, and what the client makes of it. */
const program = `
import { createServer } from 'node:http';
import { AnnexProblem, createAnnex } from '@annex/client';

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(body));
};
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (request.headers.authorization !== 'Bearer annex_t') return json(response, 401, { code: 'UNAUTHENTICATED' });
  if (pathname === '/api/auth/me') return json(response, 200, { email: 'ada@example.com' });
  if (pathname === '/api/runs') {
    const isFirst = searchParams.get('cursor') === null;
    return json(response, 200, { items: [{ id: isFirst ? 'run_1' : 'run_2' }], next_cursor: isFirst ? 'c' : null });
  }
  if (pathname.endsWith('/logs/stream')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.end('id: 1\\ndata: {"message":"hello"}\\n\\n');
  }
  json(response, 404, { title: 'No such run', status: 404, code: 'RUN_NOT_FOUND', detail: 'There is none.' });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const annex = createAnnex({ url: \`http://127.0.0.1:\${server.address().port}\`, token: 'annex_t' });

const me = await annex.getMe();
const runs = [];
for await (const { id } of annex.each('listRuns')) runs.push(id);
const lines = annex.follow('streamPluginLogs', { path: { id: 'hello' } });
const line = (await lines.next()).value.message;
await lines.return();
const problem = await annex.getRun({ path: { id: 'run_9' } }).catch((thrown) => thrown);
console.log(JSON.stringify({ me, runs, line, code: problem instanceof AnnexProblem && problem.code }));
server.close();
server.closeAllConnections();
`;
