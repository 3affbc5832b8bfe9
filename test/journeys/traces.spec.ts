/** Errors in logs lead to the author's files and lines, whatever way they come there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

const files = {
  'lib/fail.ts':
    'interface Unused { a: string }\n\n' + "export function fail(): never {\n  throw new RangeError('no luck')\n}\n",
  'node_modules/deep/package.json': '{"name":"deep","version":"1.0.0","main":"index.js"}',
  'node_modules/deep/index.js':
    '// a dependency of old\n\n' + "module.exports = function () {\n  return require('node:fs').readFileSync('x')\n}\n",
};

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: { routes: true, entry: 'main.ts', permissions: ['outbound_http'], http: { allow: ['nobody.test'] } },
    code: '',
    files: { 'main.ts': pluginCode('traces'), ...files },
  });
  expect(installed.status, JSON.stringify(installed.body)).toBe(200);
});
afterAll(() => annex.stop());

/** The log of a call of a route, as one text. */
async function logOf(path: string): Promise<string> {
  const { headers } = await tenant.owner.get(`/ext/probe${path}`);
  // A run is there when it is over, which may be after its answer.
  const run = await until(
    () => tenant.owner.get(`/api/runs/${String(headers.get('annex-run-id'))}`),
    ({ status }) => status === 200,
  );
  return JSON.stringify(run.body.logs);
}

describe('an error names file and line of the author', () => {
  it.each([
    ['printed by console', '/console', ['RangeError: no luck', 'lib/fail.ts:4:', 'main.ts:6:']],
    ['in a field of a log line', '/fields', ['lib/fail.ts:4:', 'main.ts:15:']],
    ['of a refused call that was let through', '/call', ['at ctx.kv.set', 'main.ts:23:']],
    ['of a refused call that was caught', '/caught', ['at ctx.kv.get', 'main.ts:27:']],
    [
      'of arguments that cannot be sent',
      '/arguments',
      ['ctx.kv.set: argument 2 holds at \\"/b/0\\" a BigInt', 'main.ts:34:'],
    ],
    ['of a fetch', '/fetch', ['fetch failed', 'at ctx.http.request', 'main.ts:37:']],
    ['of a module of Node that a dependency asks for', '/deep', ['fs', 'node_modules/deep/index.js:4:', 'main.ts:43:']],
    [
      'of a refused call that nobody waited for',
      '/forgotten',
      ['Uncaught (in promise)', 'at ctx.kv.set', 'main.ts:40:'],
    ],
  ])('%s', async (_how, path, wanted) => {
    const log = await logOf(path);
    for (const text of wanted) expect(log).toContain(text);
    expect(log).not.toMatch(/plugin\.js:|annex:\d/);
  });

  it('and lines keep their order', async () => {
    const log = await logOf('/fields');
    expect(log.indexOf('no luck')).toBeLessThan(log.indexOf('after'));
  });

  it('but a text of a thousand forged places is translated in part only', async () => {
    expect(((await logOf('/forged')).match(/plugin\.js:1:1/g) ?? []).length).toBeGreaterThan(900);
  });

  it('also when the entry throws while the package is looked at', async () => {
    const entry = `import { route } from '@annex/sdk'\nimport deep from 'deep'\nroute('/', () => deep)\n`;
    const dependency = `\n\nmodule.exports = require('node:fs').readFileSync('x')\n`;
    const refused = await tenant.install({
      manifest: { slug: 'early', routes: true, entry: 'main.ts' },
      code: '',
      files: { ...files, 'main.ts': entry, 'node_modules/deep/index.js': dependency },
    });
    expect(JSON.stringify(refused.body)).toMatch(/fs.*\(at node_modules\/deep\/index\.js:3:\d+\)/);
  });
});
