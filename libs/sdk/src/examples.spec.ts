/** The examples in the docstrings are code that compiles, and everything that authors import by name has one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** `all`: types have examples too; of the others, what is called. */
const entries = [
  { name: '@annex/sdk', file: fileOf('./index.ts'), all: true },
  { name: '@annex/sdk/testing', file: fileOf('./testing/testing.ts'), all: false },
  { name: '@annex/sdk/package', file: fileOf('./package/package.ts'), all: false },
];
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  customConditions: ['annex-source'],
  paths: Object.fromEntries(entries.map(({ name, file }) => [name, [file]])),
  lib: [
    'lib.es2024.d.ts',
    'lib.esnext.disposable.d.ts',
    'lib.esnext.iterator.d.ts',
    'lib.dom.d.ts',
    'lib.dom.iterable.d.ts',
  ],
  types: ['node'],
  typeRoots: [fileOf('../../../node_modules/@types')],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  experimentalDecorators: true,
};

interface Exported {
  entry: string;
  name: string;
  isCalled: boolean;
  examples: string[];
}

let folder: string;
let exported: Exported[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'annex-examples-'));
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
  const checker = program.getTypeChecker();
  exported = entries.flatMap(({ name: entry, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    return (module ? checker.getExportsOfModule(module) : []).map((symbol): Exported => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const examples = target
        .getJsDocTags(checker)
        .filter(({ name }) => name === 'example')
        .map(({ text }) => ts.displayPartsToString(text));
      const isCalled = (target.flags & ts.SymbolFlags.Value) !== 0;
      return { entry, name: symbol.name, isCalled, examples };
    });
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('everything that is imported by name has an example', () => {
  const wanted = exported.filter(({ entry, isCalled }) => isCalled || entries.find(({ name }) => name === entry)?.all);
  expect(wanted.length).toBeGreaterThan(50);
  expect(wanted.filter(({ examples }) => examples.length === 0).map(({ entry, name }) => `${entry} ${name}`)).toEqual(
    [],
  );
});

it('every example compiles as it stands, with what it names imported', () => {
  const files = exported.flatMap(({ entry, name, examples }) =>
    examples.map((example, index) => {
      const file = join(folder, `${entry.replaceAll('/', '-')}-${name}-${index}.ts`);
      // An entry's own names win over the plugin's.
      const free = exported.filter((each) => new RegExp(`\\b${each.name}\\b`).test(example));
      const from = (wanted: string): string[] => free.filter((each) => each.entry === wanted).map((each) => each.name);
      const taken = new Set<string>();
      const imports = [entry, ...entries.map((each) => each.name)].flatMap((each) => {
        const names = [...new Set(from(each))].filter((one) => !taken.has(one) && taken.add(one));
        return names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${each}';`];
      });
      const extra = `import { writeFile } from 'node:fs/promises';\ndeclare const manifest: Buffer, code: Buffer;`;
      const own = example.startsWith('declare module') ? [`import '@annex/sdk';`] : imports;
      writeFileSync(file, [...own, extra, example, 'export {};'].join('\n'));
      return file;
    }),
  );
  const program = ts.createProgram(files, options);
  const faults = files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${file.slice(folder.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
  expect(faults).toEqual([]);
});
