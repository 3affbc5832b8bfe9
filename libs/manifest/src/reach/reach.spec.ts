import { parse } from 'acorn';
import { describe, expect, it } from 'vitest';
import { bundlePackage } from '../bundle/bundle-package.js';
import { reachHosts, reachWarnings } from './reach-warnings.js';
import type { Node } from './nodes.js';
import { readReach, type BundleReach } from './read-reach.js';
import { Facts } from './scopes.js';
import { Values } from './values.js';

const pack = (files: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));

async function reachOf(files: Record<string, string> | string): Promise<BundleReach> {
  const reading = await bundlePackage(pack(typeof files === 'string' ? { 'main.ts': files } : files), 'main.ts');
  if (!reading.ok) throw new Error(reading.errors.map((fault) => fault.detail).join('\n'));
  return readReach(reading.bundle, { timeoutMs: 30_000 });
}

const sdk = `import { route, hook, job } from '@annex/sdk'\n`;
const asText = ({ calls }: BundleReach): string[] =>
  calls.map(({ call, file, line }) => `${call} ${file}:${line}`).sort();

describe('the calls that a bundle can reach are found, with the author’s file and line', () => {
  it.each<[string, Record<string, string> | string, string[]]>([
    [
      'written out',
      `${sdk}route('/', async (ctx) => {\n  await ctx.db.query('a')\n  await ctx\n    .http\n    ` +
        `.post('https://x.test/')\n})`,
      ['db.query main.ts:3', 'http.request main.ts:6'],
    ],
    [
      'whatever the parameter is called',
      `${sdk}hook('a', async (c: any, event) => { await c.kv.set('a', event) })`,
      ['kv.set main.ts:2'],
    ],
    [
      'destructured in the parameter',
      `${sdk}route('/', async ({ db, http: { get }, emit }) => {\n  await db.insert('a', {})\n  await ` +
        `get('https://x.test/')\n  await emit('x')\n})`,
      ['db.insert main.ts:3', 'http.request main.ts:4', 'emit main.ts:5'],
    ],
    [
      'destructured in the body',
      `${sdk}route('/', async (ctx) => {\n  const { db } = ctx\n  const { count } = db\n  await count('a')\n})`,
      ['db.count main.ts:5'],
    ],
    [
      'by another name',
      `${sdk}route('/', async (ctx) => {\n  const c = ctx; const files = c.files\n  await files.read('a')\n})`,
      ['files.read main.ts:4'],
    ],
    ['in brackets', `${sdk}route('/', async (ctx) => ctx['db']['query']('a'))`, ['db.query main.ts:2']],
    [
      'handed to a function',
      `${sdk}async function load(ctx: any, id: string) {\n  return ctx.db.getById('a', id)\n}\nroute('/', async ` +
        `(ctx) => load(ctx, '1'))`,
      ['db.getById main.ts:3'],
    ],
    [
      'handed on in part',
      `${sdk}const save = (db: any) =>\n  db.update('a', 'b', {})\nroute('/', (ctx) => save(ctx.db))`,
      ['db.update main.ts:3'],
    ],
    [
      'handed on in an object',
      `${sdk}const save = ({ ctx, row }: any) => ctx.db.insert('a', row)\nroute('/', (ctx) => save({ ctx, row: {} }))`,
      ['db.insert main.ts:2'],
    ],
    [
      'kept by a class',
      `${sdk}class Store {\n  ctx: any\n  constructor(ctx: any) { this.ctx = ctx }\n  all() { return ` +
        `this.ctx.db.query('a') }\n}\nroute('/', (ctx) => new Store(ctx).all())`,
      ['db.query main.ts:5'],
    ],
    [
      'in a handler with a name',
      `${sdk}const handler = async (ctx: any) => ctx.llm.run('x')\njob('a', handler)`,
      ['llm.run main.ts:2'],
    ],
    [
      'in a handler that is wrapped',
      `${sdk}const withLog = (inner: any) => async (ctx: any) => {\n  await ctx.kv.incr('n')\n  return ` +
        `inner(ctx)\n}\nroute('/', withLog(async (c: any) => c.email.send({})))`,
      ['kv.incr main.ts:3', 'email.send main.ts:6'],
    ],
    ['as a value', `${sdk}route('/', (ctx) => ['a'].map(ctx.kv.get))`, ['kv.get main.ts:2']],
    ['through fetch', `${sdk}route('/', () => fetch('https://x.test/'))`, ['http.request main.ts:2']],
    [
      'through fetch by another name',
      `${sdk}const f = fetch\nroute('/', () => f('https://x.test/'))`,
      ['http.request main.ts:2'],
    ],
    [
      'through a fetch that a client keeps',
      `${sdk}class Client {\n  fetch: any\n  constructor(o: any) { this.fetch = o.fetch ?? fetch }\n}\nroute('/', ` +
        `() => new Client({}).fetch('https://x.test/'))`,
      ['http.request main.ts:4'],
    ],
    [
      'but not through a fetch of the plugin’s own',
      `${sdk}const fetch = (x: string) => x\nroute('/', () => fetch('https://x.test/'))`,
      [],
    ],
    ['with optional chaining', `${sdk}route('/', (ctx) => ctx?.webhooks?.send('a', {}))`, ['webhooks.send main.ts:2']],
    [
      'in another file',
      {
        'main.ts': `${sdk}import { handler } from './lib/h'\nroute('/', handler)`,
        'lib/h.ts': `\n\nexport const handler = (ctx: any) => ctx.files.delete('a')`,
      },
      ['files.delete lib/h.ts:3'],
    ],
    [
      'in a package of node_modules',
      {
        'main.ts': `${sdk}import store from 'store'\nroute('/', (ctx) => store.save(ctx))`,
        'node_modules/store/index.js': `exports.save = function (ctx) {\n  return ctx.db.insert('a', {}) }`,
      },
      ['db.insert node_modules/store/index.js:2'],
    ],
    [
      'with the SDK required',
      `const { route } = require('@annex/sdk')\nroute('/', (ctx: any) => ctx.kv.list())`,
      ['kv.list main.ts:2'],
    ],
    [
      'with the whole SDK',
      `import * as annex from '@annex/sdk'\nannex.route('/', (ctx: any) => ctx.kv.list())`,
      ['kv.list main.ts:2'],
    ],
    [
      'but nothing that only looks like one',
      `${sdk}const db = { query: (x: string) => x }\nroute('/', (request) => [db.query('a'), ['x'].filter((row: ` +
        'any) => row.db)])',
      [],
    ],
    [
      'and shadowed names are other names',
      `${sdk}route('/', (ctx) => { { const ctx = { db: { query: () => 1 } }; ctx.db.query() } return 1 })`,
      [],
    ],
  ])('%s', async (_how, files, found) => {
    expect(asText(await reachOf(files))).toEqual([...found].sort());
  });
});

describe('what cannot be followed is said', () => {
  it.each<[string, string, string[]]>([
    ['a computed namespace', `${sdk}route('/', (ctx) => (ctx as any)[ctx.params.x].query('a'))`, ['']],
    ['a computed call', `${sdk}route('/', (ctx) => (ctx.db as any)[ctx.params.x]('a'))`, ['db']],
    ['ctx handed to something unknown', `${sdk}route('/', (ctx) => (globalThis as any).plugins[0](ctx))`, ['']],
    ['a spread', `${sdk}route('/', (ctx) => ({ ...ctx.kv }))`, ['kv']],
    ['eval', `${sdk}route('/', (ctx) => eval('ctx.db'))`, ['']],
  ])('%s', async (_how, code, within) => {
    const { dynamic } = await reachOf(code);
    expect(dynamic.map((each) => each.within)).toEqual(expect.arrayContaining(within));
    expect(dynamic[0]).toMatchObject({ file: 'main.ts', line: 2 });
  });
});

describe('a request whose host is not written out is said, with the setting that it comes from', () => {
  const from = (code: string): Promise<string[]> =>
    reachOf(sdk + code).then(({ dynamic }) =>
      dynamic.filter(({ within }) => within === 'http').map((each) => `${each.from ?? '?'} ${each.file}:${each.line}`),
    );

  it.each<[string, string, string[]]>([
    ['a sum', `route('/', (ctx) => ctx.http.get(ctx.config.base + '/x'))`, ['config.base main.ts:2']],
    [
      'a template',
      "route('/', (ctx) => ctx.http.get(`${ctx.config.base}/x/${ctx.params.id}`))",
      ['config.base main.ts:2'],
    ],
    [
      'a part of the host',
      "route('/', (ctx) => fetch(`https://${ctx.config.region}.${ctx.config.domain}/x?y=${ctx.config.z}`))",
      ['config.region main.ts:2', 'config.domain main.ts:2'],
    ],
    [
      'new URL with a base',
      `route('/', (ctx) => ctx.http.post(new URL('/x', ctx.config.base), {}))`,
      ['config.base main.ts:2'],
    ],
    [
      'its href',
      `route('/', (ctx) => {\n  const url = new URL('/x', ctx.config.base)\n  url.searchParams.set('a', '1')\n  ` +
        `return ctx.http.get(url.href)\n})`,
      ['config.base main.ts:5'],
    ],
    [
      'its text',
      `route('/', (ctx) => ctx.http.get(new URL('/x', ctx.config.base).toString()))`,
      ['config.base main.ts:2'],
    ],
    [
      'a variable',
      `route('/', async (ctx) => {\n  const base = ctx.config.base\n  const url = base + '/x'\n  return ` +
        `ctx.http.get(url)\n})`,
      ['config.base main.ts:5'],
    ],
    [
      'a destructured setting',
      `route('/', async ({ config: { base }, http }) => http.get(base + '/x'))`,
      ['config.base main.ts:2'],
    ],
    [
      'a setting with a default',
      `route('/', async (ctx) => { const { base = 'https://x.test' } = ctx.config; return ctx.http.get(base + '/x') })`,
      ['config.base main.ts:2'],
    ],
    ['a setting below another', `route('/', (ctx) => ctx.http.get(ctx.config.api.url))`, ['config.api.url main.ts:2']],
    ['a computed setting', `route('/', (ctx) => ctx.http.get(ctx.config[ctx.params.x] + '/x'))`, ['config main.ts:2']],
    [
      'one of two',
      `route('/', (ctx) => ctx.http.get(ctx.params.x ? ctx.config.one : ctx.config.other))`,
      ['config.one main.ts:2', 'config.other main.ts:2'],
    ],
    [
      'a setting that is cut',
      `route('/', (ctx) => ctx.http.get(ctx.config.base.replace(/\\/$/, '') + '/x'))`,
      ['config.base main.ts:2'],
    ],
    ['joined parts', `route('/', (ctx) => ctx.http.get([ctx.config.base, 'x'].join('/')))`, ['config.base main.ts:2']],
    [
      'an argument',
      `const load = (ctx: any, base: string) => ctx.http.get(base + '/x')\nroute('/', (ctx) => load(ctx, ` +
        'ctx.config.base))',
      ['config.base main.ts:2'],
    ],
    [
      'a class',
      `class Api {\n  base: string\n  constructor(ctx: any) { this.base = ctx.config.base }\n  get(path: string) { ` +
        `return fetch(this.base + path) }\n}\nroute('/', (ctx) => new Api(ctx).get('/x'))`,
      ['config.base main.ts:5'],
    ],
    [
      'a client that keeps fetch',
      `class Api {\n  base: string; fetch: any\n  constructor(o: any) { this.base = o.base; this.fetch = o.fetch ` +
        `?? fetch }\n  get(path: string) { return this.fetch(this.base + path) }\n}\nroute('/', (ctx) => new Api({ ` +
        `base: ctx.config.base }).get('/x'))`,
      ['config.base main.ts:5'],
    ],
    [
      'fetch by another name',
      `const f = globalThis.fetch.bind(globalThis)\nroute('/', (ctx) => f(ctx.config.base))`,
      ['config.base main.ts:3'],
    ],
    ['something else', `route('/', (ctx) => ctx.http.get(ctx.params.url))`, ['? main.ts:2']],
    ['written out', "route('/', (ctx) => ctx.http.get(`https://x.test/${ctx.config.path}`))", []],
    [
      'written out in a constant',
      `const api = { base: 'https://x.test' }\nroute('/', (ctx) => ctx.http.get(api.base + '/x'))`,
      [],
    ],
    ['written out before a setting', `route('/', (ctx) => ctx.http.get('https://x.test/' + ctx.config.path))`, []],
    [
      'not in a request',
      `route('/', (ctx) => ({ url: ctx.config.base + '/x', text: JSON.stringify(ctx.config) }))`,
      [],
    ],
  ])('%s', async (_how, code, found) => {
    expect((await from(code)).sort()).toEqual([...found].sort());
  });
});

describe('URL literals', () => {
  it('are found with their hosts, and whether http.allow opens them', async () => {
    const reach = await reachOf(
      `${sdk}const base = 'https://api.open.test'\nroute('/', async (ctx) => {\n  await ctx.http.get(base + ` +
        `'/a')\n  await ctx.http.get(\`https://closed.test/\${ctx.params.id}\`)\n  await ` +
        `ctx.http.get(\`https://\${ctx.params.host}/\`)\n  await fetch('http://open.test:8080/x')\n})`,
    );
    expect(reachHosts(reach, { http: { allow: ['*.open.test', 'open.test'] } })).toEqual([
      { host: 'api.open.test', allowed: true, file: 'main.ts', line: 2 },
      { host: 'closed.test', allowed: false, file: 'main.ts', line: 5 },
      { host: 'open.test:8080', allowed: false, file: 'main.ts', line: 7 },
    ]);
  });

  it('count only where the plugin can send, and of packages only those that are asked for', async () => {
    const silent = await reachOf(
      `${sdk}route('/', () => 'see https://docs.test/')\nconst a = 'https://ns.test/'\nroute('/a', () => a)`,
    );
    expect(reachHosts(silent, { http: { allow: [] } })).toEqual([]);
    const mention = await reachOf({
      'main.ts': `${sdk}import x from 'x'\nroute('/', (ctx) => ctx.http.get('https://open.test/' + x))`,
      'node_modules/x/index.js': `module.exports = 'https://docs.test/'`,
    });
    expect(reachHosts(mention, { http: { allow: ['open.test'] } }).map(({ host }) => host)).toEqual(['open.test']);
  });
});

describe('warnings', () => {
  const manifest = (permissions: string[], allow: string[] = []) =>
    ({ permissions: permissions.map((name) => ({ name })), http: { allow } }) as Parameters<typeof reachWarnings>[1];

  it('name what is used and not asked for, what is asked for and not used, and hosts that are not open', async () => {
    const reach = await reachOf(
      `${sdk}route('/', async (ctx) => {\n  await ctx.db.query('a')\n  await ctx.http.get('https://closed.test/')\n})`,
    );
    expect(reachWarnings(reach, manifest(['outbound_http', 'send_email'], ['open.test']), new Map())).toEqual([
      {
        pointer: '/permissions',
        code: 'PERMISSION_UNDECLARED',
        detail: expect.stringContaining('main.ts:3 (ctx.db.query): needs the permission "db.read"') as unknown,
      },
      {
        pointer: '/permissions/1',
        code: 'PERMISSION_UNUSED',
        detail: expect.stringContaining('"send_email"') as unknown,
      },
      {
        pointer: '/http/allow',
        code: 'HOST_NOT_ALLOWED',
        detail: expect.stringContaining('main.ts:4 names "closed.test"') as unknown,
      },
    ]);
  });

  it('are none for a package that asks for what it uses, nor where code goes out of sight', async () => {
    const exact = await reachOf(`${sdk}route('/', (ctx) => ctx.db.query('a'))`);
    expect(reachWarnings(exact, manifest(['db.read']), new Map())).toEqual([]);
    const lost = await reachOf(`${sdk}route('/', (ctx) => (ctx.db as any)[ctx.params.x]('a'))`);
    expect(
      reachWarnings(lost, manifest(['db.read', 'db.write', 'llm.use']), new Map()).map(({ code, pointer }) => [
        code,
        pointer,
      ]),
    ).toEqual([['PERMISSION_UNUSED', '/permissions/2']]);
    expect(reachWarnings(exact, manifest(['db.read', 'emit_webhook']), pack({ 'webhooks/a.yaml': '' }))).toEqual([]);
  });
});

describe('code made to be hard to read', () => {
  const map = JSON.stringify({ version: 3, sources: [], mappings: '' });

  it.each([
    ['a million nested arrow functions', '()=>'.repeat(1_000_000) + '1'],
    ['brackets without end', '['.repeat(2_000_000)],
    ['what is no script', '}{'],
  ])('%s does not harm the program', async (_what, code) => {
    expect(await readReach({ code, sourceMap: map }, { timeoutMs: 30_000 })).toMatchObject({
      complete: false,
      calls: [],
    });
  });

  it('by hundreds of functions of one name is given up, wherever it is read', () => {
    const code = `${'x.a=function(e){};'.repeat(300)}x.a(x.a)`;
    const facts = (): Facts => new Facts(parse(code, { ecmaVersion: 'latest' }) as unknown as Node);
    const options = { calls: [], registers: [] };
    expect(() => new Values(facts(), { ...options, maxTaken: 10_000 })).toThrow(RangeError);
    expect(() => new Values(facts(), options)).not.toThrow();
  });

  it('is given up when it takes too long, and the report says so', async () => {
    const code = `(function (annexSdk) {${'x=[1,2,{a:b}];'.repeat(300_000)}})`;
    const reach = await readReach({ code, sourceMap: map }, { timeoutMs: 1 });
    expect(
      reachWarnings(
        reach,
        { permissions: [], http: { allow: [] } } as unknown as Parameters<typeof reachWarnings>[1],
        new Map(),
      ),
    ).toMatchObject([{ code: 'REACH_UNKNOWN' }]);
  });
});
