/**
 * A parsed URL (URL §4.1), as whatwg-url keeps it. A `path` that is a string is opaque; a `host` that is no string is
 * an address.
 */
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

/** What the script `url` answers: the parts of whatwg-url that need its state machine. */
export interface UrlMachine {
  basicURLParse(
    input: string,
    options?: { baseURL?: UrlRecord | null; url?: UrlRecord; stateOverride?: string },
  ): UrlRecord | null;
  serializeHost(host: UrlRecord['host']): string;
  setTheUsername(url: UrlRecord, username: string): void;
  setThePassword(url: UrlRecord, password: string): void;
}
