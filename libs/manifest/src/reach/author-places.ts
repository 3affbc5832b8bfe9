/** From places in a bundle to places in the author's files. */
import { SourceMap } from 'node:module';
import type { Place } from './messages.js';

export class AuthorPlaces {
  readonly #map: SourceMap;
  readonly #lineStarts = [0];

  constructor(code: string, sourceMap: string) {
    this.#map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
    for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Each finding with its place, once, and at most so many. What has no place is the SDK's or the bundler's. */
  listed<T extends object>(entries: Iterable<[number, T]>, maxPlaces: number): (T & Place)[] {
    const found = new Map<string, T & Place>();
    for (const [at, what] of entries) {
      const place = this.#placeOf(at);
      if (place === undefined || place.file.startsWith('sdk:')) continue;
      const entry = { ...what, ...place };
      const key = JSON.stringify(entry);
      if (!found.has(key) && found.size < maxPlaces) found.set(key, entry);
    }
    return [...found.values()];
  }

  #placeOf(at: number): Place | undefined {
    const starts = this.#lineStarts;
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    const entry = this.#map.findEntry(low, at - (starts[low] ?? 0));
    return 'originalSource' in entry && typeof entry.originalSource === 'string'
      ? { file: entry.originalSource, line: entry.originalLine + 1 }
      : undefined;
  }
}
