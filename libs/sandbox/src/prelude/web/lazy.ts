import type { PreludeHost } from '../host.js';
import { globalEval } from './primordials.js';

let lazySource: PreludeHost['lazySource'] = () => '';

/** Joins the loader to the host. */
export function connectLazy(host: Pick<PreludeHost, 'lazySource'>): void {
  lazySource = host.lazySource;
}

/** How a lazy script loads another one. */
export function lazySourceOf(): (name: string) => string {
  return lazySource;
}

/**
 * A part of the prelude that is too heavy to be in every isolate: its text is asked of the host and evaluated on first
 * use. Throws an Error when the host has no such script.
 */
export function lazyScript<T>(name: string): () => T {
  let loaded: { value: T } | undefined;
  return () => {
    if (loaded === undefined) {
      const source = lazySource(name);
      if (source === '') throw new Error(`The part '${name}' of the web platform is not available here`);
      loaded = { value: globalEval(source) as T };
    }
    return loaded.value;
  };
}

/** Defines a global whose value is made when it is first read, as an ordinary writable property from then on. */
export function defineLazyGlobal(name: string, make: () => unknown): void {
  const define = (value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };
  Object.defineProperty(globalThis, name, {
    get() {
      const value = make();
      define(value);
      return value;
    },
    set: define,
    enumerable: false,
    configurable: true,
  });
}
