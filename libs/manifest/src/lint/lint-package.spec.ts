import { expect, describe, it } from 'vitest';
import { checkPackage } from '../check-package.js';
import { packFiles } from '../pack/pack.js';
import { lintPackage } from './lint-package.js';

const manifest = {
  slug: 'a',
  name: 'A',
  version: '1.0.0',
  entry: 'main.ts',
  events: ['x.y'],
  routes: true,
  jobs: [{ name: 'nightly' }],
  secrets: ['API_KEY'],
  dependencies: { other: '^1.0.0' },
  config: { type: 'object', properties: { channel: { type: 'string' } }, additionalProperties: false },
  permissions: ['send_email', 'emit_webhook'],
};

/** What is said of a main.ts whose handlers are these lines. The first is line 2. */
async function lint(body: string, more: { manifest?: object; files?: Record<string, string> } = {}): Promise<string[]> {
  const files = {
    'plugin.json': JSON.stringify({ ...manifest, ...more.manifest }),
    'main.ts': `import { hook, job, route } from '@annex/sdk'\n${body}`,
    'templates/welcome.html': 'Hello {{ name }}',
    ...more.files,
  };
  const report = await checkPackage(
    packFiles(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))),
    { inspect: () => Promise.resolve({ ok: true, registrations: [], warnings: [] }) },
  );
  expect(report.bundle, JSON.stringify(report.errors)).toBeDefined();
  return lintPackage(report, {
    hasTemplate: (names, name) => names.includes(name) || names.includes(`${name}.html`),
  }).map(({ code, detail }) => `${code} ${detail}`);
}

describe('what reading the code shows', () => {
  it.each<[string, string, RegExp]>([
    [
      'a call that ctx has not',
      `hook('x.y', async (ctx) => { await ctx.kv.gett('a') })`,
      /^CTX_UNKNOWN main.ts:2: ctx.kv has no "gett". Did you mean "get"\? It has delete, get, incr, list, set\.$/,
    ],
    ['a part that ctx has not', `hook('x.y', (ctx: any) => ctx.storage.get('a'))`, /ctx has no "storage"/],
    ['taken apart', `hook('x.y', async ({ kvs, log: { inform } }: any) => inform(kvs))`, /ctx has no "kvs"/],
    [
      'taken apart, further down',
      `hook('x.y', async ({ log: { inform } }: any) => inform('a'))`,
      /ctx.log has no "inform". Did/,
    ],
    [
      'handed on',
      `const f = (c: any) => c.emitt('a.b')\nhook('x.y', (ctx) => f(ctx))`,
      /main.ts:2: ctx has no "emitt"/,
    ],
    ['a log level', `hook('x.y', (ctx: any) => ctx.log.fatal('a'))`, /ctx.log has no "fatal"/],
    ['a secret', `hook('x.y', (ctx) => ctx.secrets.get('API_KEI'))`, /SECRET_UNDECLARED .*Did you mean "API_KEY"\?/],
    ['a reference', `const N = 'TOKEN'\nhook('x.y', (ctx) => ctx.secrets.ref(N))`, /main.ts:2: .*no secret "TOKEN"/],
    ['a job', `job('nightly', (ctx) => ctx.jobs.runNow('nightli'))`, /JOB_UNKNOWN .*Did you mean "nightly"\?/],
    [
      'a template',
      `hook('x.y', (ctx) => ctx.templates.render('welcom'))`,
      /TEMPLATE_MISSING .*templates\/welcom\.html/,
    ],
    [
      'a mail’s template',
      `hook('x.y', (ctx) => ctx.email.send({ to: 'a@b.c', subject: 's', template: 'bye' }))`,
      /TEMPLATE_MISSING .*"bye"/,
    ],
    ['a webhook', `hook('x.y', (ctx) => ctx.webhooks.send('done', {}))`, /WEBHOOK_UNKNOWN .*webhooks\/done\.yaml/],
    [
      'a plugin',
      `route('/', (ctx) => ctx.plugins.call('others', '/'))`,
      /DEPENDENCY_UNDECLARED .*Did you mean "other"/,
    ],
    ['a permission', `route('/', (ctx: any) => ctx.permissions.has('db.reed'))`, /PERMISSION_UNKNOWN .*"db\.read"/],
    ['a setting', `route('/', (ctx) => ctx.config.chanel)`, /SETTING_UNKNOWN .*ctx\.config\.chanel .*"channel"/],
    ['a platform’s event', `route('/', (ctx) => ctx.emit('auth.user.created'))`, /EVENT_NAME .*are the platform's/],
    ['a name that no event has', `route('/', (ctx) => ctx.emit('Order Paid'))`, /EVENT_NAME main\.ts:2: ctx\.emit/],
  ])('%s', async (_, body, says) => {
    expect(await lint(body)).toContainEqual(expect.stringMatching(says));
  });

  it('says that a plugin without settings has none', async () => {
    expect(await lint(`route('/', (ctx) => ctx.config.channel)`, { manifest: { config: undefined } })).toEqual([
      expect.stringMatching(/plugin\.json has no "config"/),
    ]);
  });

  it('says nothing of what is right, of what is not written out, and of packages', async () => {
    const body = `
      import { use } from 'pack'
      hook('x.y', async ({ kv, log, secrets, run: { attempt } }, event: any) => {
        await secrets.get('API_KEY', 'none')
        await kv.get(event.data.key)
        log.info('a', { attempt })
      })
      const name = Math.random() > 2 ? 'welcome' : 'welcome.html'
      route('/', async (ctx) => {
        use(ctx)
        await ctx.http.head('https://x.test')
        await ctx.jobs.runNow(ctx.params.job ?? 'nightly')
        await ctx.templates.render(name, { toJSON: ctx.toString() })
        await ctx.emit(\`order.\${ctx.config.channel}\`, ctx.request)
        return [ctx.user?.role, ctx.query.page, ctx.permissions.list?.(), ctx.run.signal.aborted, ctx.tenant.slug]
      })`;
    const pack = 'export const use = (ctx) => ctx.nothing.at.all';
    expect(await lint(body, { files: { 'node_modules/pack/index.js': pack } })).toEqual([]);
  });
});
