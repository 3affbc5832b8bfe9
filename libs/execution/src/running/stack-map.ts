/** Stack traces in the author's words: places of the bundle become files and lines of the package. */
import { SourcePlaces } from '@annex/kernel';

/** Larger source maps are not read, because reading one takes the program's time. In characters. */
const maxMapChars = 4 * 2 ** 20;
/** Maps that are remembered: so many, and so many characters together. */
const maxMaps = 20;
const maxRememberedChars = 2 * maxMapChars;

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
  readonly #maps = new Map<string, Promise<ReadMap>>();

  /**
   * The trace with places of the bundle that are known replaced, the first {@link maxPlaces} of them, and without the
   * platform's own frames. Also takes JSON text with traces in it. Never rejects: what cannot be mapped stays as it is.
   */
  async translate(stack: string, bundleSha256: string, load: LoadSourceMap): Promise<string> {
    if (!bundlePlace.test(stack)) return stack;
    const { places } = await this.#mapOf(bundleSha256, load);
    return translateStack(stack, places);
  }

  #mapOf(bundleSha256: string, load: LoadSourceMap): Promise<ReadMap> {
    const known = this.#maps.get(bundleSha256);
    this.#maps.delete(bundleSha256);
    const map = known ?? load().then(readMap, () => unread);
    this.#maps.set(bundleSha256, map);
    if (known === undefined) void map.then(() => this.#forgetOldest());
    return map;
  }

  async #forgetOldest(): Promise<void> {
    let chars = 0;
    let count = 0;
    for (const [sha256, map] of [...this.#maps].reverse()) {
      chars += (await map).chars;
      count += 1;
      if (count > maxMaps || chars > maxRememberedChars) this.#maps.delete(sha256);
    }
  }
}

interface ReadMap {
  places: SourcePlaces | undefined;
  chars: number;
}

const unread: ReadMap = { places: undefined, chars: 0 };

/** How the isolate names the bundle's script. */
const bundlePlace = /\bplugin\.js:(\d{1,7}):(\d{1,7})/;

async function readMap(json: string | undefined): Promise<ReadMap> {
  if (json === undefined || json.length > maxMapChars) return unread;
  return { places: await SourcePlaces.read(json), chars: json.length };
}

/** Frames of the prelude, which says nothing to an author, in a trace or in JSON text with one. */
const ownFrame = /(?:\n|\\n) {4}at (?:async )?(?:[\w.$ <>[\]]{0,200}\()?annex:\d{1,7}:\d{1,9}\)?(?=\n|\\n|"|$)/g;

/** Frames of the helpers that the compiler adds, which have no place in any source. */
const helperFrame = /(?:\n|\\n) {4}at __\w{1,40} \(plugin\.js:\d{1,7}:\d{1,7}\)(?=\n|\\n|"|$)/g;

function translateStack(stack: string, map: SourcePlaces | undefined): string {
  const shown = stack.replace(ownFrame, '');
  if (map === undefined) return shown;
  let places = 0;
  const translated = shown.replace(new RegExp(bundlePlace, 'g'), (place, line: string, column: string) => {
    places += 1;
    if (places > maxPlaces) return place;
    const found = map.find(Number(line), Number(column));
    if (found === undefined || found.source.startsWith('sdk:')) return place;
    // As it stands in JSON: a path without quotes and backslashes is the same there.
    return `${JSON.stringify(found.source).slice(1, -1)}:${found.line}:${found.column}`;
  });
  return translated.replace(helperFrame, '');
}
