/** Stack traces in the author's words: places of the bundle become files and lines of the package. */
import { SourceMap } from 'node:module';

/** Larger source maps are not read, because reading one takes the program's time. In characters. */
const maxMapChars = 4 * 2 ** 20;
const maxMaps = 20;

/** Reads the source map of a bundle, `undefined` when none was kept. */
export type LoadSourceMap = () => Promise<string | undefined>;

/** Most places of one text that are looked up: a plugin chooses the text, and the lookups take the program's time. */
const maxPlaces = 64;

/** Whether a text may hold places of a bundle. */
export function mayHavePlaces(text: string): boolean {
  return text.includes('plugin.js:');
}

/** Maps stack traces by the source maps of bundles, the last few of which it remembers. */
export class StackMaps {
  readonly #maps = new Map<string, Promise<SourceMap | undefined>>();

  /**
   * The trace with places of the bundle that are known replaced, the first {@link maxPlaces} of them, and without the platform's own frames. Also takes
   * JSON text with traces in it. Never rejects: what cannot be mapped stays as it is.
   */
  async translate(stack: string, bundleSha256: string, load: LoadSourceMap): Promise<string> {
    if (!bundlePlace.test(stack)) return stack;
    const map = await this.#mapOf(bundleSha256, load);
    return translateStack(stack, map);
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

/** Frames of the prelude, which says nothing to an author, in a trace or in JSON text with one. */
const ownFrame = /(?:\n|\\n) {4}at (?:async )?(?:[\w.$ <>[\]]{0,200}\()?annex:\d{1,7}:\d{1,9}\)?(?=\n|\\n|"|$)/g;

/** Frames of the helpers that the compiler adds, which have no place in any source. */
const helperFrame = /(?:\n|\\n) {4}at __\w{1,40} \(plugin\.js:\d{1,7}:\d{1,7}\)(?=\n|\\n|"|$)/g;

function translateStack(stack: string, map: SourceMap | undefined): string {
  const shown = stack.replace(ownFrame, '');
  if (map === undefined) return shown;
  let places = 0;
  const translated = shown.replace(new RegExp(bundlePlace, 'g'), (place, line: string, column: string) => {
    places += 1;
    if (places > maxPlaces) return place;
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry) || typeof entry.originalSource !== 'string' || entry.originalSource.startsWith('sdk:')) return place;
    // As it stands in JSON: a path without quotes and backslashes is the same there.
    return `${JSON.stringify(entry.originalSource).slice(1, -1)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
  return translated.replace(helperFrame, '');
}
