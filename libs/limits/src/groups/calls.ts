import { DAY, KiB, MINUTE, MiB, SECOND } from '@annex/kernel';

/** Every call of `ctx`; the size of its arguments and answer stands in [host-api.md](host-api.md). */
export const callLimits = {
  /** Levels of a JSON value: PostgreSQL and every recursive reader behind it stay far from their stacks. */
  jsonLevels: 100,
  /** The message of the error that a plugin gets. */
  messageChars: 2000,
} as const;

/** `ctx.kv`. */
export const kvLimits = {
  /** One value, as JSON. */
  valueBytes: 128 * KiB,
  /** A key, and a prefix. */
  keyChars: 512,
  /** The longest `ttl`: ten years. */
  ttlS: 315_360_000,
} as const;

/** A list of `ctx.kv`, `ctx.files` or `ctx.db`. */
export const listLimits = {
  /** Items of one page. */
  items: 1000,
  /** Items of a page when the plugin does not say. */
  defaultItems: 100,
  /** The largest `offset` that a list of rows is followed to. */
  offset: 1_000_000,
} as const;

/** Rows of tables: `ctx.db` and `/api/data`. */
export const tableLimits = {
  /** One row as JSON, without `id`, `created_at` and `updated_at`. Errors call it `document_bytes`. */
  rowBytes: 256 * KiB,
  /** Keys of one `orderBy`. */
  sortKeys: 4,
  /** One statement, until the operator says otherwise. */
  statementMs: 2 * SECOND,
  /** The answer to one question, in bytes of the rows' fields. */
  answerBytes: 4 * MiB,
  /**
   * Questions of one tenant under way in one process; further ones wait. Few, since each may cost a processor and a
   * connection that everybody else wants too.
   */
  atOnce: 4,
} as const;

/**
 * A filter of `ctx.db` or `/api/data`. These bound what it costs to read, not what it costs to answer: that is the time
 * limit's.
 */
export const filterLimits = {
  /** The filter as JSON. */
  chars: 64 * KiB,
  /** Levels of `$and` and `$or`. */
  depth: 8,
  /** Conditions, all levels together. */
  conditions: 100,
  /** Values of one `$in` or `$nin`. */
  values: 1000,
  /** Characters of one field path. */
  pathLength: 256,
  /** Names in one field path. */
  pathSegments: 16,
  /** Characters of one `$like` pattern. */
  patternLength: 256,
} as const;

/** `ctx.files` and `/api/files`. */
export const fileLimits = {
  /** What `files.read` answers, and what `files.upload` takes at once. */
  callBytes: 10 * MiB,
  /** A key, as UTF-8. */
  keyBytes: 1024,
  /** The longest life of a link. */
  linkS: 7 * 86_400,
  /** The life of a link when nobody says. */
  defaultLinkS: 3600,
} as const;

/** One mail. */
export const mailLimits = {
  /** To, cc and bcc together. */
  recipients: 50,
  /** Texts and attachments together, before they are encoded. */
  bytes: 10 * MiB,
  /** Attachments. */
  attachments: 20,
  /** The subject. */
  subjectChars: 998,
} as const;

/** `ctx.llm`. */
export const llmLimits = {
  /** The text of all messages of a prompt. */
  promptBytes: 256 * KiB,
  /** Messages of a prompt. */
  messages: 200,
  /** `max_tokens`. */
  answerTokens: 1_000_000,
  /** The answer of an endpoint. */
  answerBytes: MiB,
  /** A call when the plugin does not say; never beyond the run's own deadline. */
  defaultTimeoutMs: 2 * MINUTE,
} as const;

/** An outbound request. */
export const httpLimits = {
  /** Its URL. */
  urlChars: 8192,
  /** Its header fields. */
  headerFields: 100,
  /** All of them together. */
  headerBytes: 32 * KiB,
  /** Placeholders of secrets in it; each may stand for 64 KiB. */
  secretPlaces: 100,
  /** Redirects that it follows. */
  redirects: 3,
  /**
   * How often a request passes through the platform before it is taken to go in circles. More than a chain of events
   * may be deep, whose last run may still call out.
   */
  hops: 16,
  /** The time that it may take when nobody says. */
  defaultTimeoutMs: 10 * SECOND,
  /** How long it waits for its turn when nobody says. */
  waitMs: 2 * MINUTE,
} as const;

/**
 * The answer to an outbound request, whatever it says. A server that means harm answers in pieces that cost more to
 * read than they hold: chunks of one byte, chunk extensions, informational answers, TLS records without content. So
 * what is counted is what comes off the socket.
 */
export const answerLimits = {
  /** All header fields together. */
  headerBytes: 64 * KiB,
  /** Header fields. */
  headerFields: 500,
  /** Answers with a status of 1xx before the one that counts. */
  informational: 16,
  /**
   * What comes off the socket until the header fields are complete, informational answers and the handshake of TLS
   * included.
   */
  bytesBeforeHeaders: 256 * KiB,
  /** Pieces (chunks, and reads of the socket). */
  pieces: 131_072,
  /** Reads of the socket until the header fields are complete. */
  readsBeforeHeaders: 4_096,
} as const;

/** `ctx.analytics`. */
export const analyticsLimits = {
  /** Different names that an installation may count on one UTC day. */
  names: 200,
  /** Numeric properties of one call; they are summed by name. */
  sums: 20,
  /** The amount of a property, so that no sum overflows. */
  amount: 1e15,
  /** A property's name. */
  propChars: 64,
  /** All properties of one call, as JSON. */
  propsBytes: 16 * KiB,
} as const;

/** One rendering of a template. */
export const templateLimits = {
  /** All templates of a package together. */
  sourceBytes: 2 * MiB,
  /** What comes out. */
  outputChars: MiB,
  /** Time, by the engine's own clock. */
  renderMs: 1_000,
  /** Time after which its thread is ended: a filter over much data does not look at the engine's clock. */
  killMs: 2_000,
  /** What filters and loops make, in the engine's own unit: characters and list items. */
  work: 4_000_000,
  /** Heap of the thread. */
  heapMb: 64,
  /** The data, as JSON. */
  dataBytes: 512 * KiB,
} as const;

/** Secrets. */
export const secretLimits = {
  /** One value, as UTF-8. */
  valueBytes: 64 * KiB,
  /** Secrets of one plugin, and tenant-wide ones. */
  count: 200,
  /** All values of one plugin, and of the tenant-wide ones: all of them are masked in whatever the plugin says. */
  scopeBytes: MiB,
  /** Hosts that one secret is bound to. */
  hosts: 50,
  /**
   * Shorter values are not masked: hiding every "1" would leave nothing to read and would tell that the secret is "1".
   */
  fewestMaskedChars: 4,
  /** How long the value of a secret that was replaced goes on signing. */
  replacedForMs: DAY,
} as const;

/** A filter point. */
export const filterChainLimits = {
  /** All filters of one call together. Each by itself has at most a second. */
  chainMs: 5 * SECOND,
  /** The result of a filter that its run keeps, as JSON: filters run often, and a run is kept for a month. */
  keptBytes: 16 * KiB,
} as const;
