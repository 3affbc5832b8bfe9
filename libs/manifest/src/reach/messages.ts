/** What is asked about a bundle, and what is answered. */

export interface ReachRequest {
  code: string;
  /** JSON of the source map. */
  sourceMap: string;
  /**
   * Every host call by its path below `ctx`, such as `http.get`, with the name that is reported, such as
   * `http.request`.
   */
  calls: Record<string, string>;
  /** The SDK's functions that take a handler. */
  registers: string[];
  /** Most places of each kind that are reported. */
  maxPlaces: number;
}

/** Where something stands in the author's files. Lines from 1. */
export interface Place {
  file: string;
  line: number;
}

export type ReachAnswer =
  | {
      ok: true;
      calls: ({ call: string } & Place)[];
      /** URL literals: `https://host/…`. `requested`: it stands in a call of `ctx.http` or `fetch`. */
      urls: ({ url: string; requested: boolean } & Place)[];
      /** Types of events that are written out in a call of `ctx.emit`. */
      emits: ({ type: string } & Place)[];
      /**
       * Where `ctx`, or a part of it, goes out of sight: `within` says which part, `''` for all of it. `http`: where a
       * request's host is not written out; `from` is a setting that it comes from, such as `config.base`, if that can
       * be seen.
       */
      dynamic: ({ within: string; from?: string } & Place)[];
    }
  | { ok: false; reason: string };
