/** `@exodus/bytes/fallback/encoding.js`, which the package does not export; web-bundle.mjs resolves the name. */
declare module 'exodus-encoding' {
  export function setMultibyte(
    createDecoder: (encoding: string, loose: boolean) => (bytes: Uint8Array, stream?: boolean) => string,
    createEncoder: unknown,
  ): void;
}

/** Internals of whatwg-url, which has no types of its own. */
declare module 'whatwg-url/lib/url-state-machine.js' {
  export interface UrlRecord {
    scheme: string;
    username: string;
    password: string;
    host: string | number | number[] | null;
    port: number | null;
    path: string | string[];
    query: string | null;
    fragment: string | null;
  }
  export function basicURLParse(input: string, options?: { baseURL?: UrlRecord | null; url?: UrlRecord; stateOverride?: string }): UrlRecord | null;
  export function serializeURL(url: UrlRecord, excludeFragment?: boolean): string;
  export function serializeURLOrigin(url: UrlRecord): string;
  export function serializePath(url: UrlRecord): string;
  export function serializeHost(host: UrlRecord['host']): string;
  export function cannotHaveAUsernamePasswordPort(url: UrlRecord): boolean;
  export function hasAnOpaquePath(url: UrlRecord): boolean;
  export function setTheUsername(url: UrlRecord, username: string): void;
  export function setThePassword(url: UrlRecord, password: string): void;
}

declare module 'whatwg-url/lib/urlencoded.js' {
  export function parseUrlencodedString(input: string): [string, string][];
  export function serializeUrlencoded(tuples: readonly (readonly [string, string])[]): string;
}

declare module 'tr46' {
  export function toASCII(domain: string, options: object): string | null;
}
