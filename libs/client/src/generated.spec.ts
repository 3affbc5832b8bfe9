/** What is generated is what the description says now, and a program that calls every operation compiles against it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { clientSources } from '../../../scripts/client-sources.mjs';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  contentMediaType?: string;
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const document = JSON.parse(readFileSync(join(here, '../../../docs/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

it('is as openapi-typescript makes it out of the description', async () => {
  for (const [name, text] of await clientSources(document))
    expect(readFileSync(join(here, 'generated', name), 'utf8'), `generated/${name}: run npm run docs`).toBe(text);
});

it('compiles with a program that uses every operation, all of its input and its answer', { timeout: 120_000 }, () => {
  const calls = operations.map((operation, index) => {
    const input = [
      part('path', operation),
      part('query', operation),
      ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => `body: ${sample(schema)}`),
    ].filter((text) => text !== '');
    const given = input.length > 0 ? `{ ${input.join(', ')} }` : '';
    const call = `annex.${operation.operationId}(${given})`;
    return `  const a${index}: ${answerType(operation)} = await ${call};\n  void a${index};`;
  });
  const lists = operations.filter(({ responses }) => {
    const { items, next_cursor: cursor } = responses['200']?.content?.['application/json']?.schema.properties ?? {};
    return items && cursor;
  });
  const program = [
    "import type { Annex, components } from './index.js';",
    'export async function everyCall(annex: Annex): Promise<void> {',
    ...calls,
    ...lists.map(({ operationId, parameters = [] }) =>
      parameters.some((each) => each.in === 'path')
        ? ''
        : `  for await (const item of annex.each('${operationId}')) void item;`,
    ),
    '}',
  ].join('\n');
  expect(calls.length).toBeGreaterThan(100);
  expect(lists.length).toBeGreaterThan(15);
  // What the program proves: each of these lines is refused.
  const wrong = [
    'annex.getRun()',
    'annex.getRun({ path: { id: 1 } })',
    "annex.listRuns({ query: { status: 'done' } })",
    "annex.createUser({ body: { email: 'a@b.c', role: 'king' } })",
    'annex.getMe().then((me) => me.nothing)',
    "annex.each('getRun')",
    "annex.follow('listRuns', {})",
  ];
  const { faults, refused } = check(program, wrong);
  expect(faults).toEqual([]);
  expect(refused).toEqual(wrong);
});

function part(where: 'path' | 'query', { parameters = [] }: Operation): string {
  const named = parameters.filter((each) => each.in === where);
  return named.length === 0
    ? ''
    : `${where}: { ${named.map(({ name, schema }) => `${JSON.stringify(name)}: ${sample(schema)}`).join(', ')} }`;
}

/** A value of a schema, as TypeScript text. */
function sample(schema: Schema): string {
  if (schema.contentMediaType === 'application/octet-stream') return 'new Blob([])';
  if (schema.$ref) return sample(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.enum) return JSON.stringify(schema.enum[0]);
  if ('const' in schema) return JSON.stringify(schema.const);
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return sample(choice);
  switch ([schema.type].flat()[0]) {
    case 'string':
      return "'x'";
    case 'integer':
    case 'number':
      return '1';
    case 'boolean':
      return 'true';
    case 'array':
      return `[${schema.items ? sample(schema.items) : ''}]`;
    case 'object':
      return `{ ${Object.entries(schema.properties ?? {})
        .map(([name, inner]) => `${JSON.stringify(name)}: ${sample(inner)}`)
        .join(', ')} }`;
    default:
      return 'null';
  }
}

/** The type of the answers of an operation, written down from the description. */
function answerType({ responses }: Operation): string {
  const types = Object.entries(responses)
    .filter(([status]) => /^2/.test(status))
    .map(([, { content }]) => {
      if (!content) return 'undefined';
      const json = content['application/json'];
      return json ? typeOf(json.schema) : 'Response';
    });
  return [...new Set(types)].join(' | ');
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return `components['schemas']['${schema.$ref.split('/').at(-1)}']`;
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  const { items, next_cursor: cursor } = schema.properties ?? {};
  if (items?.items && cursor) return `{ items: ${typeOf(items.items)}[]; next_cursor: string | null }`;
  return 'object';
}

/** What TypeScript finds wrong with a file beside this one, and which of these expressions it refuses. */
function check(program: string, wrong: string[]): { faults: string[]; refused: string[] } {
  const refusals = [
    "import type { Annex } from './index.js';",
    ...wrong.map((line, index) => `export const x${index} = (annex: Annex) => ${line};`),
  ];
  const files = new Map([
    [join(here, 'every-call.ts'), program],
    [join(here, 'refused.ts'), refusals.join('\n')],
  ]);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host)).map((each) => ({
    name: each.file?.fileName ?? '',
    line: each.file && each.start !== undefined ? each.file.getLineAndCharacterOfPosition(each.start).line : 0,
    text: ts.flattenDiagnosticMessageText(each.messageText, ' '),
  }));
  const [beside, refusing] = files.keys();
  return {
    faults: found
      .filter(({ name }) => name !== refusing)
      .map(({ name, line, text }) => `${text} in ${name === beside ? program.split('\n')[line] : name}`),
    refused: wrong.filter((_, index) => found.some(({ name, line }) => name === refusing && line === index + 1)),
  };
}
