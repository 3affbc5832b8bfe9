/** Stack traces in the author's words: places of the bundle become files and lines of the package. */
import { SourceMap } from 'node:module';

/** Larger source maps are not read, because reading one takes the program's time. In characters. */
const maxMapChars = 4 * 2 ** 20;
const maxMaps = 20;

/** Reads the source map of a bundle, `undefined` when none was kept. */
export type LoadSourceMap = () => Promise<string | undefined>;

/** Maps stack traces by the source maps of bundles, the last few of which it remembers. */
export class StackMaps {
  readonly #maps = new Map<string, Promise<SourceMap | undefined>>();

  /** The trace with every place of the bundle that is known replaced. Never rejects: what cannot be mapped stays as it is. */
  async translate(stack: string, bundleSha256: string, load: LoadSourceMap): Promise<string> {
    if (!bundlePlace.test(stack)) return stack;
    const map = await this.#mapOf(bundleSha256, load);
    return map === undefined ? stack : translateStack(stack, map);
  }

  #mapOf(bundleSha256: string, load: LoadSourceMap): Promise<SourceMap | undefined> {
    const known = this.#maps.get(bundleSha256);
    this.#maps.delete(bundleSha256);
    const map = known ?? load().then(readMap, () => undefined);
    this.#maps.set(bundleSha256, map);
    for (const oldest of this.#maps.keys()) if (this.#maps.size > maxMaps) this.#maps.delete(oldest);
    return map;
  }
}

/** How the isolate names the bundle's script. */
const bundlePlace = /\bplugin\.js:(\d{1,7}):(\d{1,7})/;

function readMap(json: string | undefined): SourceMap | undefined {
  if (json === undefined || json.length > maxMapChars) return undefined;
  return new SourceMap(JSON.parse(json) as ConstructorParameters<typeof SourceMap>[0]);
}

function translateStack(stack: string, map: SourceMap): string {
  return stack.replace(new RegExp(bundlePlace, 'g'), (place, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry) || typeof entry.originalSource !== 'string' || entry.originalSource.startsWith('sdk:')) return place;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
