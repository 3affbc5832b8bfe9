/** `@exodus/bytes/fallback/encoding.js`, which the package does not export; web-bundle.mjs resolves the name. */
declare module 'exodus-encoding' {
  export function setMultibyte(
    createDecoder: (encoding: string, loose: boolean) => (bytes: Uint8Array, stream?: boolean) => string,
    createEncoder: unknown,
  ): void;
}

/** Internals of whatwg-url, which has no types of its own. */
declare module 'whatwg-url/lib/url-state-machine.js' {
  import type { UrlMachine } from './url-machine.js';
  const machine: UrlMachine;
  export = machine;
}

declare module 'tr46' {
  export function toASCII(domain: string, options: object): string | null;
}
