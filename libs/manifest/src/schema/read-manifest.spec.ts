import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '@annex/kernel';
import { checkManifest, readManifest } from './read-manifest.js';
import { manifestJsonSchema, manifestShape } from './shape.js';

const least: JsonObject = { slug: 'my-plugin', name: 'My Plugin', version: '1.0.0', entry: 'main.ts' };

/** Every key that the contract names. */
const whole: JsonObject = {
  $schema: 'https://example.com/schemas/plugin.json',
  slug: 'my-plugin',
  name: 'My Plugin',
  version: '1.0.0',
  description: '…',
  author: '…',
  repo_url: 'https://example.com/x',
  entry: 'main.ts',
  permissions: ['db.read', { name: 'outbound_http', reason: 'posts to Slack' }],
  routes: true,
  events: ['auth.user.created', 'build.*'],
  filters: ['price.quote'],
  jobs: [
    {
      name: 'daily_cleanup',
      schedule: '0 2 * * *',
      timezone: 'Europe/Berlin',
      overlap: 'skip',
      catch_up: 'latest',
      misfire_deadline_s: 3600,
      timeout_ms: 30000,
      retry: { max_attempts: 3, backoff: 'exponential' },
    },
  ],
  http: { allow: ['api.slack.com', '*.example.com'] },
  secrets: [{ name: 'API_KEY', required: true, description: '…' }],
  config: { type: 'object', properties: { channel: { type: 'string', default: '#ops' } } },
  limits: { memory_mb: 64, timeout_ms: 5000 },
  dependencies: { 'other-plugin': '^1.2.0' },
  health: { interval_s: 60 },
  engines: { annex: '^1.0.0' },
};

const faults = (source: JsonObject, paths?: string[]): string[] => {
  const reading = checkManifest(source, { paths });
  return reading.ok ? [] : reading.errors.map((fault) => `${fault.pointer} ${fault.detail}`);
};

/** [what is changed, pointer of the fault, part of its text, whether the published schema sees it too]. */
const bad: [JsonObject, string, string, boolean][] = [
  [{ slug: undefined as unknown as Json }, '/slug', 'is required: 1 to 63 of a-z', true],
  [{ slug: 'My Plugin' }, '/slug', '"My Plugin" does not fit; write 1 to 63', true],
  [{ slug: '-x' }, '/slug', 'does not fit', true],
  [{ slug: 'x'.repeat(64) }, '/slug', 'does not fit', true],
  [{ slug: 7 }, '/slug', 'must be a text, not 7', true],
  [{ name: '' }, '/name', 'must not be empty', true],
  [{ name: 'a\u0000b' }, '/name', '\\u0000', true],
  [{ version: '1.0' }, '/version', 'Did you mean "1.0.0"?', true],
  [{ version: 'v1.0.0' }, '/version', 'Did you mean "1.0.0"?', true],
  [{ version: 'latest' }, '/version', 'such as "1.0.0"', true],
  [{ entry: 'main.rb' }, '/entry', '.ts, .js, .mjs or .py', true],
  [{ entry: '../main.ts' }, '/entry', 'below the package', false],
  [{ entry: '/main.ts' }, '/entry', 'below the package', true],
  [{ repo_url: 'ftp://x' }, '/repo_url', 'does not fit', true],
  [{ permisions: [] }, '/permisions', 'Did you mean "permissions"?', true],
  [{ colour: 'red' }, '/colour', 'Known keys: slug, name', true],
  [{ permissions: 'db.read' }, '/permissions', 'must be a list', true],
  [{ permissions: ['db.raed'] }, '/permissions/0', 'Did you mean "db.read"?', true],
  [{ permissions: ['root'] }, '/permissions/0', 'Write one of: db.read', true],
  [{ permissions: [{ name: 'db.read', why: 'x' }] }, '/permissions/0/why', 'Known keys: name, reason', true],
  [{ permissions: [{ reason: 'x' }] }, '/permissions/0/name', 'db.read', true],
  [{ permissions: [7] }, '/permissions/0', 'text or an object', true],
  [{ permissions: ['db.read', 'db.read'] }, '/permissions/1', 'there already', false],
  [{ permissions: [{ name: 'llm.use', tables: ['users'] }] }, '/permissions/0/tables', 'knows no tables', false],
  [{ permissions: [{ name: 'db.read', hosts: ['x.example'] }] }, '/permissions/0/hosts', 'knows no hosts', false],
  [{ routes: 'yes' }, '/routes', 'must be true or false', true],
  [{ events: ['build.comp*'] }, '/events/0', 'whole segment', true],
  [{ events: ['Build.Done'] }, '/events/0', 'Write "build.done"', true],
  [{ events: [''] }, '/events/0', 'must not be empty', true],
  [{ events: ['a.b', 'a.b'] }, '/events/1', 'there already', false],
  [{ filters: ['price.*'] }, '/filters/0', 'is a pattern', true],
  [{ jobs: [{ schedule: '@daily' }] }, '/jobs/0/name', 'is required', true],
  [{ jobs: [{ name: 'a b' }] }, '/jobs/0/name', 'does not fit', true],
  [{ jobs: [{ name: 'x', schedule: '61 * * * *' }] }, '/jobs/0/schedule', '0 to 59', false],
  [{ jobs: [{ name: 'x', schedule: '' }] }, '/jobs/0/schedule', 'is empty', false],
  [{ jobs: [{ name: 'x', schedule: '* * * * * *' }] }, '/jobs/0/schedule', '60 s or more', false],
  [{ jobs: [{ name: 'x', timezone: 'Berlin' }] }, '/jobs/0/timezone', 'Did you mean "Europe/Berlin"?', false],
  [{ jobs: [{ name: 'x', overlap: 'skipp' }] }, '/jobs/0/overlap', 'Did you mean "skip"?', true],
  [{ jobs: [{ name: 'x', catchup: 'all' }] }, '/jobs/0/catchup', 'Did you mean "catch_up"?', true],
  [{ jobs: [{ name: 'x', timeout_ms: 900_001 }] }, '/jobs/0/timeout_ms', 'at most 900000', true],
  [{ jobs: [{ name: 'x', timeout_ms: 1.5 }] }, '/jobs/0/timeout_ms', 'whole number', true],
  [{ jobs: [{ name: 'x', misfire_deadline_s: 0 }] }, '/jobs/0/misfire_deadline_s', 'at least 1', true],
  [{ jobs: [{ name: 'x', retry: { max_attempts: 0 } }] }, '/jobs/0/retry/max_attempts', 'at least 1', true],
  [
    { jobs: [{ name: 'x', retry: { initial_delay_s: 9, max_delay_s: 3 } }] },
    '/jobs/0/retry/max_delay_s',
    'less than initial_delay_s',
    false,
  ],
  [{ jobs: [{ name: 'x' }, { name: 'x' }] }, '/jobs/1/name', 'there already, at /jobs/0', false],
  [{ http: { allow: ['*'] } }, '/http/allow/0', 'every host', true],
  [{ http: { allow: ['https://api.example.com/x'] } }, '/http/allow/0', 'write the host only: "api.example.com"', true],
  [{ http: { allow: ['api.example.com/x'] } }, '/http/allow/0', 'has a path', true],
  [{ http: { allow: ['api.*.com'] } }, '/http/allow/0', 'only in front', true],
  [{ http: { allow: ['u:p@example.com'] } }, '/http/allow/0', 'credentials', true],
  [{ http: { allow: ['b\u00fccher.example'] } }, '/http/allow/0', 'xn--', true],
  [{ http: { allow: ['0x7f.1'] } }, '/http/allow/0', '127.0.0.1', false],
  [{ http: { allow: ['a.example:99999'] } }, '/http/allow/0', '1 to 65535', false],
  [{ http: { alow: [] } }, '/http/alow', 'Did you mean "allow"?', true],
  [{ secrets: ['API KEY'] }, '/secrets/0', 'does not fit', true],
  [{ secrets: ['A', { name: 'A' }] }, '/secrets/1/name', 'there already', false],
  [{ secrets: [{ name: 'A', requird: true }] }, '/secrets/0/requird', 'Did you mean "required"?', true],
  [{ config: [] }, '/config', 'must be an object', true],
  [{ config: { type: 'string' } }, '/config/type', '"type": "object"', false],
  [
    { config: { properties: { a: { type: 'strnig' } } } },
    '/config/properties/a/type',
    'must be one of "array", "boolean"',
    false,
  ],
  [
    { config: { properties: { a: { $ref: 'https://example.com/x.json' } } } },
    '/config/properties/a/$ref',
    'only point into this schema',
    false,
  ],
  [{ config: { properties: { a: { pattern: '(' } } } }, '/config/properties/a/pattern', 'regular expression', false],
  [{ config: { properties: { a: { type: 'number', default: 'x' } } } }, '/config', 'its own default at /a', false],
  [{ limits: { memory_mb: 4 } }, '/limits/memory_mb', 'at least 8', true],
  [{ limits: { memory_mb: 4096 } }, '/limits/memory_mb', "operator's limit of 100 MiB", false],
  [{ limits: { timeout_ms: 6000 } }, '/limits/timeout_ms', "operator's limit of 5000 ms", false],
  [{ dependencies: { 'other-plugin': 'newest' } }, '/dependencies/other-plugin', 'not a range', false],
  [{ dependencies: { 'Other Plugin': '*' } }, '/dependencies/Other Plugin', 'the key must be 1 to 63', true],
  [{ dependencies: { 'my-plugin': '*' } }, '/dependencies/my-plugin', 'itself', false],
  [{ health: { interval_s: 1 } }, '/health/interval_s', 'at least 10', true],
  [{ engines: { annex: '^9.0.0' } }, '/engines/annex', 'serves contract version 1.0.0', false],
  [{ engines: { annex: 'new' } }, '/engines/annex', 'not a range', false],
  [{ engines: { node: '20' } }, '/engines/node', 'Known keys: annex', true],
];

const good: JsonObject[] = [
  least,
  whole,
  { ...least, version: '1.0.0-rc.1+build.5' },
  { ...least, entry: './src/main.mjs' },
  { ...least, secrets: ['API_KEY', 'lower_case'] },
  { ...least, jobs: [{ name: 'only-by-hand' }] },
  {
    ...least,
    permissions: [
      { name: 'db.read', tables: ['users'] },
      { name: 'outbound_http', hosts: ['api.example.com'] },
    ],
  },
  { ...least, http: { allow: ['localhost:8080', '127.0.0.1:9', '[::1]:80', 'A.Example.COM'] } },
  { ...least, events: ['**', 'a.**.b'] },
  { ...least, config: {} },
  { ...least, dependencies: {}, health: {}, engines: {}, http: {}, limits: {} },
];

describe('a manifest', () => {
  it('of every key of the contract is read, defaults filled in', () => {
    const reading = checkManifest(whole, { paths: ['main.ts', 'plugin.json'] });
    expect(reading).toMatchObject({
      ok: true,
      warnings: [],
      manifest: {
        slug: 'my-plugin',
        repoUrl: 'https://example.com/x',
        permissions: [{ name: 'db.read' }, { name: 'outbound_http', reason: 'posts to Slack' }],
        jobs: [
          {
            name: 'daily_cleanup',
            catchUp: 'latest',
            misfireDeadlineS: 3600,
            timeoutMs: 30_000,
            retry: { maxAttempts: 3, backoff: 'exponential' },
          },
        ],
        secrets: [{ name: 'API_KEY', required: true }],
        limits: { memoryMb: 64, timeoutMs: 5000 },
        health: { intervalS: 60 },
        engines: { annex: '^1.0.0' },
      },
    });
  });

  it('needs slug, name, version and entry only', () => {
    expect(checkManifest(least)).toMatchObject({
      ok: true,
      manifest: { permissions: [], routes: false, jobs: [], config: null, http: { allow: [] }, health: null },
    });
    expect(faults({}).map((fault) => fault.split(' ')[0])).toEqual(['/slug', '/name', '/version', '/entry']);
  });

  it.each(good.map((source, index) => [index, source] as const))('good one %i is accepted', (_index, source) => {
    expect(faults(source)).toEqual([]);
  });

  it.each(bad)('with %j has one fault, at %s', (change, pointer, part) => {
    expect(faults({ ...least, ...change })).toEqual([expect.stringContaining(part)]);
    expect(faults({ ...least, ...change })[0]?.startsWith(`${pointer} `)).toBe(true);
  });

  it('reports all faults together, those of shape and of meaning', () => {
    const source = {
      slug: 'X',
      version: '1',
      entry: 'main.rb',
      colour: 1,
      events: ['A'],
      jobs: [{ name: 'x', schedule: 'x' }],
      limits: { memory_mb: 1e6 },
      config: { type: 1 },
    };
    const pointers = faults(source).map((fault) => fault.split(' ')[0]);
    expect(pointers.sort()).toEqual([
      '/colour',
      '/config/type',
      '/entry',
      '/events/0',
      '/jobs/0/schedule',
      '/limits/memory_mb',
      '/name',
      '/slug',
      '/version',
    ]);
  });

  it('names an entry of the package', () => {
    expect(faults(least, ['plugin.json', 'main.ts'])).toEqual([]);
    expect(faults(least, ['plugin.json', 'src/main.ts'])).toEqual([
      expect.stringContaining('Scripts in it: "src/main.ts"'),
    ]);
    expect(faults(least, ['plugin.json', 'Main.ts'])).toEqual([expect.stringContaining('Did you mean "Main.ts"?')]);
    expect(faults({ ...least, entry: './main.ts' }, ['main.ts'])).toEqual([]);
  });

  it('is warned of hosts without permission, permission without hosts, and unknown platform events', () => {
    const warnings = (source: JsonObject): string[] =>
      checkManifest({ ...least, ...source }).warnings.map((warning) => warning.code);
    expect(warnings({ http: { allow: ['a.example'] } })).toEqual(['MISSING_PERMISSION']);
    expect(warnings({ permissions: ['outbound_http'] })).toEqual(['UNUSED_PERMISSION']);
    expect(warnings({ events: ['auth.user.create'] })).toEqual(['EVENT_UNKNOWN']);
  });

  it('is UTF-8 JSON of at most 256 KiB', () => {
    const code = (text: string | Uint8Array): string | undefined => {
      const reading = readManifest(Buffer.from(text));
      return reading.ok ? undefined : reading.errors[0]?.code;
    };
    expect(code(JSON.stringify(least))).toBeUndefined();
    expect(code('{"slug": ')).toBe('JSON_SYNTAX');
    expect(code(Buffer.from('ff', 'hex'))).toBe('JSON_SYNTAX');
    expect(code('[]')).toBe('TYPE');
    expect(code(JSON.stringify({ ...least, description: 'x'.repeat(300_000) }))).toBe('MANIFEST_TOO_LARGE');
  });
});

describe('the published JSON Schema', () => {
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(manifestJsonSchema());

  it.each(good.map((source, index) => [index, source] as const))(
    'accepts good manifest %i, as the check does',
    (_index, source) => {
      expect(validate(source), JSON.stringify(validate.errors)).toBe(true);
      expect(manifestShape.safeParse(source).success).toBe(true);
    },
  );

  it.each(bad)('judges %j as the check of shapes does', (change, _pointer, _part, isOfShape) => {
    const source = JSON.parse(JSON.stringify({ ...least, ...change })) as JsonObject;
    expect(validate(source)).toBe(!isOfShape);
    expect(manifestShape.safeParse(source).success).toBe(!isOfShape);
  });
});

describe('a schema of settings that was compiled elsewhere', () => {
  const reading = (config: JsonObject): unknown =>
    readManifest(Buffer.from(JSON.stringify({ ...least, config })), { trustConfigSchema: true });

  it.each<[string, JsonObject, string]>([
    ['is larger than one may be', { description: 'x'.repeat(64 * 1024) }, '/config'],
    ['leads out of itself', { $ref: 'https://example.com/schema' }, '/config/$ref'],
    ['is judged later', { $async: true }, '/config/$async'],
    ['is nested too deeply', Array.from({ length: 40 }).reduce<JsonObject>((inner) => ({ not: inner }), {}), '/config'],
  ])('is refused all the same when it %s', (_what, config, pointer) => {
    expect(reading(config)).toMatchObject({ ok: false, errors: [{ code: 'CONFIG_SCHEMA', pointer }] });
  });
});
