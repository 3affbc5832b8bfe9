import { SourceMap } from 'node:module';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { SourcePlaces } from './source-places.js';

async function mapOf(functions: number): Promise<{ code: string; map: string }> {
  const contents = Array.from(
    { length: functions },
    (_, index) =>
      `export function f${index}(a: number) {\n  if (a > ${index}) throw new Error('é ${index}');\n  return a;\n}`,
  ).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, sourcefile: 'src/main.ts', loader: 'ts' },
    bundle: true,
    write: false,
    outfile: 'out.js',
    format: 'iife',
    globalName: 'x',
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: false,
  });
  const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { code: text('.js'), map: text('.map') };
}

describe('source places', () => {
  it('are those that Node finds, at every column of a real map', async () => {
    const { code, map } = await mapOf(50);
    const places = await SourcePlaces.read(map);
    const theirs = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
    for (const [line, text] of code.split('\n').entries()) {
      for (let column = 0; column < text.length; column += 1) {
        const entry = theirs.findEntry(line, column);
        // Where a line has no mapping before a column, Node answers with the line before.
        const isSameLine =
          'generatedLine' in entry && entry.generatedLine === line && entry.originalSource !== undefined;
        const expected = isSameLine
          ? { source: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
          : undefined;
        expect(places?.find(line + 1, column + 1)).toEqual(expected);
      }
    }
  });

  it('of a large map are read in turns', async () => {
    const { map } = await mapOf(20_000);
    expect(map.length).toBeGreaterThan(1_000_000);
    let turns = 0;
    const count = (): void => {
      turns += 1;
      running = setImmediate(count);
    };
    let running = setImmediate(count);
    expect(await SourcePlaces.read(map)).toBeDefined();
    clearImmediate(running);
    expect(turns).toBeGreaterThan(2);
  });

  it.each(['', 'null', '[]', '{}', '{"mappings":5,"sources":[]}', '{"mappings":"AAAA"}', 'nonsense'])(
    'are none in %j',
    async (json) => {
      expect(await SourcePlaces.read(json)).toBeUndefined();
    },
  );

  it.each(['gggggggggggggggggggggggggggggggg', ';;;;,,,,;', 'A', 'AAAAAAAAAA', '////,////', 'é€AA'])(
    'survive mappings that are broken: %s',
    async (mappings) => {
      const places = await SourcePlaces.read(JSON.stringify({ sources: ['a'], mappings }));
      for (const [line, column] of [
        [0, 0],
        [1, 1],
        [5, 9],
        [-1, -1],
        [1e9, 1e9],
      ] as const)
        expect(() => places?.find(line, column)).not.toThrow();
    },
  );
});
