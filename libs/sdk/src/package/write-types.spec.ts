import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typeOfSchema } from './schema-types.js';
import { writePluginTypes } from './write-types.js';

const manifest = {
  slug: 'a',
  name: 'A',
  version: '1.0.0',
  entry: 'main.ts',
  jobs: [{ name: 'nightly' }],
  secrets: ['API_KEY', { name: 'OTHER', required: true }],
  dependencies: { shop: '^1.0.0' },
  config: {
    type: 'object',
    properties: {
      channel: { type: 'string', default: '#ops', description: 'Where to write' },
      level: { enum: ['low', 'high'] },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['tags'],
  },
};
const filesOf = (plugin: object): Map<string, Uint8Array> =>
  new Map(
    Object.entries({
      'plugin.json': JSON.stringify(plugin),
      'main.ts': '',
      'webhooks/build_done.yaml': '',
    }).map(([path, text]) => [path, Buffer.from(text)]),
  );

describe('what plugin.json says, as types', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'annex-types-'));
    const types = writePluginTypes(filesOf(manifest));
    if (!types.ok) throw new Error(JSON.stringify(types.errors));
    writeFileSync(join(folder, 'annex-env.d.ts'), types.text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Codes and lines of what the compiler says of a plugin. */
  function compile(lines: readonly string[]): string[] {
    const file = join(folder, 'main.ts');
    writeFileSync(file, lines.join('\n'));
    const program = ts.createProgram([file, join(folder, 'annex-env.d.ts')], {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      paths: { '@annex/sdk': [fileURLToPath(new URL('../index.ts', import.meta.url))] },
      lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
    });
    return ts.getPreEmitDiagnostics(program).map(({ file: at, start = 0, messageText }) => {
      const line = at ? at.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${basename(at?.fileName ?? '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  }

  it('lets through what is right: settings, names, parameters of the path, the platform’s events', () => {
    expect(
      compile([
        `import { hook, job, onConfigChange, route, type Context } from '@annex/sdk';`,
        `route('/notes/:id/<part>/*', async (ctx) => {`,
        `  const all: [string, string, string] = [ctx.params.id, ctx.params.part, ctx.params.rest];`,
        `  const channel: string = ctx.config.channel;`,
        `  const level: 'low' | 'high' | undefined = ctx.config.level;`,
        `  return [all, channel, level, ctx.config.tags.map((tag) => tag.length)];`,
        `});`,
        `route('/plain', { methods: ['POST'] }, async (ctx) => ctx.request.json());`,
        `route<{ other: number }>('/typed/:id', async (ctx) => [ctx.config.other.toFixed(1), ctx.params['id'] ?? '']);`,
        `hook('auth.user.updated', async (ctx, event) => [event.data.user.email.length, event.data.changed.length]);`,
        `hook('order.*', async (ctx, event) => event.data.anything.at.all);`,
        `hook<{ total: number }>('order.paid', async (ctx, event) => event.data.total.toFixed(2));`,
        `const helper = async (ctx: Context): Promise<string | null> => ctx.secrets.get('OTHER');`,
        `job<{ day: string }>('nightly', async (ctx, { day }) => {`,
        `  await ctx.jobs.runNow('nightly', { day });`,
        `  await ctx.webhooks.send('build_done', {});`,
        `  await ctx.plugins.call('shop', '/items');`,
        `  return helper(ctx);`,
        `});`,
        `onConfigChange((ctx) => ctx.log.info(ctx.config.channel));`,
      ]),
    ).toEqual([]);
  });

  it('refuses what is wrong, each in its line', () => {
    const wrong: [line: string, says: RegExp][] = [
      [`route('/:id', (ctx) => ctx.params.name);`, /'name' does not exist on type .*id: string/],
      [`route('/', (ctx) => ctx.config.chanel);`, /'chanel' does not exist.*Did you mean 'channel'/],
      [`route('/', (ctx) => ctx.secrets.get('API_KEI'));`, /'"API_KEI"' is not assignable to .*"API_KEY" \| "OTHER"/],
      [`job('nightli', () => 1);`, /'"nightli"' is not assignable/],
      [`route('/', (ctx) => ctx.jobs.runNow('x'));`, /'"x"' is not assignable/],
      [`route('/', (ctx) => ctx.webhooks.send('x', 1));`, /'"x"' is not assignable/],
      [`route('/', (ctx) => ctx.plugins.call('x', '/'));`, /'"x"' is not assignable/],
      [`hook('files.uploaded', (ctx, event) => event.data.file.name);`, /'name' does not exist/],
    ];
    const lines = wrong.map(([line]) => line);
    expect(compile([`import { hook, job, route } from '@annex/sdk';`, ...lines])).toEqual(
      wrong.map(([, says], index): unknown =>
        expect.stringMatching(new RegExp(`^main.ts:${index + 2} .*${says.source}`)),
      ),
    );
  });

  it('says where plugin.json is wrong, and writes nothing', () => {
    expect(writePluginTypes(filesOf({ ...manifest, slug: 'A B' }))).toMatchObject({
      ok: false,
      errors: [{ file: 'plugin.json', line: 1, pointer: '/slug' }],
    });
  });
});

describe('JSON Schema as a type', () => {
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } };
  it.each<[unknown, string]>([
    [true, 'unknown'],
    [false, 'never'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ const: 3 }, '3'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ type: 'array', items: { enum: [1, 2] } }, '(1 | 2)[]'],
    [{ type: 'array' }, 'unknown[]'],
    [{ anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'number | boolean'],
    [{ allOf: [{ type: 'string' }, { enum: ['a', 'b'] }] }, 'string & ("a" | "b")'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{ properties: { 'a-b': { default: 1, type: 'number' } } }, '{\n  "a-b": number;\n}'],
    [
      { properties: { a: { type: 'string', description: 'of */ two\nlines' } } },
      '{\n  /** of *\\/ two lines */\n  a?: string;\n}',
    ],
    [{ $ref: '#/$defs/node' }, '{\n  next?: unknown;\n}'],
    [{ $ref: 'https://x.test/other' }, 'unknown'],
    [{ $ref: '#/$defs/__proto__' }, 'unknown'],
  ])('%j', (schema, type) => {
    expect(typeOfSchema(schema, { root: { $defs: { node } }, indent: '' })).toBe(type);
  });
});
