/**
 * Plugins with one mistake each, as people make them. What is said of it must be enough to mend it: the file, the line,
 * and what to write. A test that is read is worth more than one that passes: look at `says` as the author would.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { closeSandbox, lintPlugin, type PlacedFault } from './package.js';

const manifest = `{
  "slug": "orders",
  "name": "Orders",
  "version": "1.0.0",
  "entry": "main.ts",
  "permissions": ["db.read", "outbound_http", "emit_webhook"],
  "routes": true,
  "events": ["order.paid"],
  "jobs": [{ "name": "nightly", "schedule": "0 2 * * *" }],
  "http": { "allow": ["api.example.com"] },
  "secrets": [{ "name": "API_KEY", "required": true }],
  "config": { "type": "object", "additionalProperties": false, "properties": {
    "channel": { "type": "string", "default": "#ops" }
  } },
  "sources": [
    { "name": "shop", "type": "receive", "events": ["order.*"],
      "auth": { "hmac": { "secret": "API_KEY", "scheme": "github" } } }
  ]
}`;
const code = `import { hook, job, route, source } from '@annex/sdk'
import { total } from './total.ts'

hook('order.paid', async (ctx, event) => {
  const key = await ctx.secrets.get('API_KEY')
  return ctx.http.post('https://api.example.com/orders', { key, total: total(event.data), to: ctx.config.channel })
})
route('/orders/:id', async (ctx) => ctx.db.getById('orders', ctx.params.id))
job('nightly', async (ctx) => ctx.templates.render('report', { day: ctx.run.id }))
source('shop', { receive: async (ctx) => ({ events: [{ type: 'order.made', data: await ctx.request.json() }] }) })
`;
const sound: Record<string, string> = {
  'plugin.json': manifest,
  'main.ts': code,
  'total.ts': 'export const total = (data: any): number => data.total\n',
  'templates/report.html': '<p>{{ day }}</p>\n',
  'mappings/orders.yaml': `api_version: v1
mappings:
  - source: shop
    type: order.made
    where: { "data.total": { $gte: 100 } }
    to: order.large
    severity: warning
    dedupe: { key: "{{ subject }}", window_s: 600 }
`,
  'webhooks/paid.yaml': `api_version: v1
on: ["order.paid"]
delivery:
  url: "https://api.example.com/hooks"
  signing: { alg: "HMAC-SHA256", secret: "\${SECRET:API_KEY}" }
`,
};

async function judge(files: Record<string, string | null>): Promise<PlacedFault[]> {
  const entries = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null);
  const { errors, mistakes, warnings } = await lintPlugin(
    new Map(entries.map(([path, text]) => [path, Buffer.from(text)])),
  );
  return [...errors, ...mistakes, ...warnings];
}

/** One text of one file is another, or the file is not there. */
const change = (file: string, from: string, to: string): Record<string, string> => {
  const text = sound[file] ?? '';
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  return { ...sound, [file]: text.replace(from, to) };
};
const without = (file: string): Record<string, string> =>
  Object.fromEntries(Object.entries(sound).filter(([name]) => name !== file));
const plugin = (from: string, to: string): Record<string, string> => change('plugin.json', from, to);
const main = (from: string, to: string): Record<string, string> => change('main.ts', from, to);

afterAll(closeSandbox);

describe('the message alone leads to the fix', () => {
  it('and of the sound plugin nothing is said', async () => {
    expect(await judge(sound)).toEqual([]);
  });

  it.each<[mistake: string, files: Record<string, string>, place: string, says: RegExp]>([
    ['no plugin.json', without('plugin.json'), 'package', /plugin\.json.*(root|folder)/],
    ['a comma too much in it', plugin('"main.ts",', '"main.ts",,'), 'plugin.json:5', /,/],
    ['a key that is none', plugin('"entry"', '"main"'), 'plugin.json:5', /\/main is not a key.*entry/],
    ['a slug in capitals', plugin('"orders"', '"Orders"'), 'plugin.json:2', /"orders"|a-z/],
    ['a version of two parts', plugin('1.0.0', '1.0'), 'plugin.json:4', /1\.0\.0/],
    ['an entry that is not there', plugin('main.ts', 'index.ts'), 'plugin.json:5', /"index\.ts".*main\.ts/],
    ['a permission that is none', plugin('db.read', 'db.reed'), 'plugin.json:6', /Did you mean "db\.read"/],
    ['a schedule of four fields', plugin('0 2 * * *', '0 2 * *'), 'plugin.json:9', /5|five|minute/],
    [
      'a zone that is none',
      plugin('"0 2 * * *"', '"0 2 * * *", "timezone": "Berlin"'),
      'plugin.json:9',
      /Europe\/Berlin/,
    ],
    [
      'an address in place of a host',
      plugin('"api.example.com"', '"https://api.example.com/"'),
      'plugin.json:10',
      /"api\.example\.com"/,
    ],
    ['a secret in small letters with a dash', plugin('API_KEY', 'api-key'), 'plugin.json:11', /API_KEY|letters/],
    ['settings of no type', plugin('"type": "string"', '"type": "text"'), 'plugin.json:13', /string/],
    ['a default that does not fit', plugin('"#ops"', '5'), 'plugin.json:12', /string/],
    [
      'an event without a hook',
      plugin('["order.paid"]', '["order.paid", "order.sent"]'),
      'plugin.json:8',
      /hook\("order\.sent", …\)/,
    ],
    [
      'a hook without an event',
      plugin('["order.paid"]', '["order.made"]'),
      'main.ts:4',
      /add "order\.paid" to "events"/,
    ],
    ['a job of another name', main(`job('nightly'`, `job('nightly_report'`), 'main.ts:9', /"nightly_report".*"jobs"/],
    ['routes that are not declared', plugin('"routes": true,', '"routes": false,'), 'plugin.json:7', /"routes": true/],
    [
      'a method that is none',
      main(`'/orders/:id',`, `'/orders/:id', { methods: ['FETCH'] },`),
      'main.ts:8',
      /GET, HEAD, POST/,
    ],
    ['a path without a slash', main(`'/orders/:id'`, `'orders/:id'`), 'main.ts:8', /write "\/orders\/:id"/],
    ['a brace that is missing', main('ctx.config.channel })', 'ctx.config.channel )'), 'main.ts:6', /"}"/],
    ['a file that is not there', main('./total.ts', './totals.ts'), 'main.ts:2', /\.\/totals\.ts.*total\.ts/],
    ['a package that is not installed', main('./total.ts', 'lodash'), 'main.ts:2', /lodash.*npm install|node_modules/],
    ['a file system', main(`'./total.ts'`, `'node:fs'`), 'main.ts:2', /fs.*ctx\.files/],
    [
      'a name that the file does not export',
      { ...sound, 'main.ts': code.replaceAll(/total(?=[ (])/g, 'totals') },
      'main.ts:2',
      /total/,
    ],
    ['an entry that throws', main('\nhook', '\nundefined.x\nhook'), 'main.ts:4', /undefined/],
    [
      'ctx where there is none',
      main('\nhook', '\nfetch("https://api.example.com")\nhook'),
      'plugin.json:5',
      /only inside handlers/,
    ],
    [
      'a permission that is not asked for',
      plugin('"db.read", ', ''),
      'plugin.json:6',
      /main\.ts:8.*Add it to permissions/,
    ],
    [
      'a host that is not open',
      main('api.example.com', 'api.example.org'),
      'plugin.json:10',
      /main\.ts:6.*Add it to http\.allow/,
    ],
    [
      'a call that ctx has not',
      main('getById', 'findById'),
      'main.ts:8',
      /ctx\.db has no "findById".*It has .*getById/,
    ],
    ['a secret that is not declared', main(`get('API_KEY')`, `get('API_KEI')`), 'main.ts:5', /Did you mean "API_KEY"/],
    ['a setting that is not declared', main('config.channel', 'config.chanel'), 'main.ts:6', /Did you mean "channel"/],
    ['a template that is not there', without('templates/report.html'), 'main.ts:9', /templates\/report\.html/],
    ['a template that is not closed', change('templates/report.html', '}}', ''), 'templates/report.html:1', /}}/],
    [
      'a webhook without an address',
      change('webhooks/paid.yaml', '  url: "https://api.example.com/hooks"\n', ''),
      'webhooks/paid.yaml:3',
      /delivery\.url is required/,
    ],
    [
      'a webhook’s secret that is not declared',
      change('webhooks/paid.yaml', 'API_KEY', 'KEY'),
      'webhooks/paid.yaml:5',
      /"KEY".*"secrets"/,
    ],
    ['a source of a type that is none', plugin('"receive"', '"recieve"'), 'plugin.json:16', /Did you mean "receive"/],
    ['a source that polls without a schedule', plugin('"receive"', '"poll"'), 'plugin.json:16', /schedule is required/],
    [
      'a source that anybody may send to, unsaid',
      plugin(',\n      "auth"', ',\n      "with"'),
      'plugin.json:16',
      /auth/,
    ],
    [
      'a source’s secret that is not declared',
      plugin('"secret": "API_KEY"', '"secret": "SHOP_KEY"'),
      'plugin.json:17',
      /"SHOP_KEY".*does not declare/,
    ],
    ['a source of another name', main(`source('shop'`, `source('shops'`), 'main.ts:10', /"shops".*Did you mean "shop"/],
    [
      'a source that handles what it does not get',
      main('receive: async (ctx)', 'poll: async (ctx)'),
      'main.ts:10',
      /has no receive/,
    ],
    [
      'a rule with a key that is none',
      change('mappings/orders.yaml', 'severity', 'sevrity'),
      'mappings/orders.yaml:7',
      /mappings\.0\.sevrity is not a key.*Did you mean "severity"/,
    ],
    [
      'a rule’s filter with an operator that is none',
      change('mappings/orders.yaml', '$gte', '$gt_'),
      'mappings/orders.yaml:5',
      /\$gt/,
    ],
    [
      'a rule’s text of an unknown field',
      change('mappings/orders.yaml', '{{ subject }}', '{{ subjekt }}'),
      'mappings/orders.yaml:8',
      /Did you mean "subject"/,
    ],
    [
      'a mapping that is no YAML',
      change('mappings/orders.yaml', 'to: order.large', 'to: order.large: big'),
      'mappings/orders.yaml:6',
      /Nested mappings/,
    ],
    [
      'a mapping in a file of another name',
      { ...without('mappings/orders.yaml'), 'mappings/Orders.yml': 'api_version: v1\n' },
      'mappings/Orders.yml',
      /mappings\/<name>\.yaml/,
    ],
    [
      'a type in KHook’s spelling',
      change('mappings/orders.yaml', 'to: order.large', 'to: OrderLarge'),
      'mappings/orders.yaml:6',
      /read as "order_large"/,
    ],
  ])('%s', async (_, files, place, says) => {
    const faults = await judge(files);
    // As the command line writes it.
    const said = faults.map(({ file, line, detail, pointer }) => {
      const at = [file ?? 'package', line].filter((each) => each !== null).join(':');
      return `${at} ${file === 'plugin.json' ? `${pointer} ` : ''}${detail}`;
    });
    const wanted = new RegExp(`^${place.replace(/[.]/g, '\\.')} [^]*(${says.source})`);
    expect(said).toContainEqual(expect.stringMatching(wanted));
    // One mistake is told once; what follows from it may be told too, but not as a crowd.
    expect(faults.length, said.join('\n')).toBeLessThanOrEqual(2);
  });
});
