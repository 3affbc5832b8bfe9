/**
 * `ctx`: everything a handler may do beyond computing. Each call that leaves the sandbox answers a promise; the rest is
 * there at once.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * What is written as JSON, as `JSON.stringify` would: members that are `undefined` are left out, a `toJSON` is asked.
 */
export type JsonInput = null | boolean | number | string | object;

/**
 * The closed list of permissions. Using one that was not granted rejects that call with `code: 'PERMISSION_DENIED'`;
 * nothing else happens.
 */
export type Permission =
  'db.read' | 'db.write' | 'files.read' | 'files.write' | 'outbound_http' | 'send_email' | 'emit_webhook' | 'llm.use';

/** What a rejected host call carries. */
export interface HostCallError extends Error {
  /** Stable, such as `PERMISSION_DENIED`, `HTTP_LIMIT`, `EGRESS_HOST_NOT_ALLOWED`. */
  code: string;
}

export interface HttpInit {
  /** Default GET. */
  method?: string;
  /** A list gives its header once for each value. A value is bytes: characters up to U+00FF. */
  headers?: Record<string, string | readonly string[]> | Iterable<readonly [string, string]>;
  /** Added to the URL; a list gives its name once for each item. */
  query?:
    | string
    | URLSearchParams
    | Record<string, string | number | boolean | null | undefined | readonly (string | number | boolean)[]>;
  /** An object is sent as JSON; text and bytes as they are. */
  body?: JsonInput | Uint8Array | ArrayBuffer | URLSearchParams | FormData | Blob;
  /** Milliseconds; never beyond the run's own deadline. */
  timeoutMs?: number;
  /** `manual`: a redirect is answered as it is; `error`: it rejects. Default `follow`, at most 3. */
  redirect?: 'follow' | 'manual' | 'error';
}

export interface HttpAnswer<T = unknown> {
  readonly status: number;
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  readonly headers: Headers;
  json(): Promise<T>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** One turn of a conversation with a language model. */
export interface LlmMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface LlmOptions {
  /** Default: the tenant's, else the operator's. */
  model?: string;
  /** Said before everything else. */
  system?: string;
  /** What was said before the prompt. */
  messages?: LlmMessage[];
  /** Of the answer; `max_tokens` is the same. */
  maxTokens?: number;
  max_tokens?: number;
  /** 0 to 2. */
  temperature?: number;
  /** `json`: the model shall answer one JSON object. */
  responseFormat?: 'json' | 'text';
  response_format?: 'json' | 'text';
  /** Where the answer ends; at most 4. */
  stop?: string | string[];
  /** Milliseconds; never beyond the run's own deadline. */
  timeoutMs?: number;
}

export interface LlmAnswer {
  text: string;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  model: string;
  /** Such as `stop` or `length`. */
  finish_reason: string | null;
}

export interface KvEntry {
  key: string;
  /** RFC 3339, or `null` when it does not expire. */
  expires_at: string | null;
}

/** A row of a table: `id` (a UUIDv7 in tables of your own) and two times (RFC 3339) beside its fields. */
export type Row<T = Record<string, Json>> = T & { id: string; created_at: string; updated_at: string };

type FilterValue = string | number | boolean | null;

/** What a field must be. On a list a condition asks whether one of its items passes. */
export interface FieldFilter {
  $eq?: Json;
  /** Not `$eq`; passes where the field is missing. */
  $ne?: Json;
  /** Numbers are compared with numbers, texts with texts (by code point). */
  $gt?: string | number;
  $gte?: string | number;
  $lt?: string | number;
  $lte?: string | number;
  /** At most 1000 values. */
  $in?: readonly FilterValue[];
  $nin?: readonly FilterValue[];
  /** `%` stands for any characters, `_` for one, `\\` before either for the character itself. */
  $like?: string;
  $exists?: boolean;
}

/**
 * All of it must pass. A bare value stands for `$eq`; `null` passes where the field is missing too; `"a.b"` names a
 * field inside a field.
 */
export type TableFilter = { $and?: readonly TableFilter[]; $or?: readonly TableFilter[] } & {
  [field: string]: Json | FieldFilter | readonly TableFilter[] | undefined;
};

export interface QueryOptions {
  /** 1 to 1000, default 100. */
  limit?: number;
  /** Rows passed over; at most 1,000,000. */
  offset?: number;
  /** A field, `-field` for descending, or a list of up to four. Default: oldest first. */
  orderBy?: string | readonly string[];
}

/** A file of the tenant. */
export interface FileInfo {
  key: string;
  /** Bytes. */
  size: number;
  content_type: string;
  /** SHA-256 of the bytes, hex. */
  etag: string;
  /** RFC 3339. */
  created_at: string;
  updated_at: string;
}

/** Something to attach to a mail: text or bytes, or a file of the tenant (needs `files.read`). */
export type MailAttachment = (
  { filename: string; content: string | Uint8Array } | { file: string; filename?: string }
) & { contentType?: string; content_type?: string };

/** A mail. It needs `text`, `html` or `template`; who it is from is the operator's. */
export interface Mail {
  /** `ada@example.com` or `Ada <ada@example.com>`; at most 50 recipients with `cc` and `bcc`. */
  to: string | string[];
  cc?: string | string[];
  bcc?: string | string[];
  replyTo?: string;
  reply_to?: string;
  subject: string;
  text?: string;
  html?: string;
  /**
   * Of the package's `templates/`: `welcome` fills the HTML from `welcome.html` and the text from `welcome.txt`, where
   * they are there.
   */
  template?: string;
  /** For the template. */
  data?: object;
  attachments?: MailAttachment[];
  /** The same key again is the same mail, and sends no second one. */
  idempotencyKey?: string;
  idempotency_key?: string;
}

export interface MailAnswer {
  id: string;
  message_id: string;
  /** `kept`: no mail server is configured, and admins find the mail under `GET /api/mail`. */
  status: 'sent' | 'kept';
  accepted: string[];
  rejected: string[];
}

/** The caller of a route: `null` on public routes called without a token. */
export interface User {
  id: string;
  email: string | null;
  role: 'viewer' | 'member' | 'developer' | 'admin' | 'owner';
}

export interface Context<Config = Record<string, Json>> {
  /** The tenant's slug. */
  readonly tenantId: string;
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string };
  readonly user: User | null;
  readonly plugin: { readonly id: string; readonly slug: string; readonly version: string };
  readonly run: {
    readonly id: string;
    readonly kind: 'route' | 'event' | 'job' | 'webhook' | 'filter' | 'lifecycle';
    readonly name: string;
    /** 1 for the first try. */
    readonly attempt: number;
    /** Fires when the run is cancelled or its time is over. */
    readonly signal: AbortSignal;
    readonly deadline: Date;
  };
  readonly permissions: { has(name: Permission): boolean };
  /** The tenant's settings for this plugin: valid against the manifest's `config`, defaults filled in. */
  readonly config: Config;
  /** Declared secrets only. */
  readonly secrets: {
    /** `null` while the tenant has not set it. */
    get(name: string): Promise<string | null>;
    get(name: string, fallback: string): Promise<string>;
    /** Whether the tenant has set it. */
    has(name: string): Promise<boolean>;
    /** A placeholder that `ctx.http` replaces outside the sandbox, for that secret's allowed hosts only. */
    ref(name: string): string;
  };
  /** Needs `outbound_http`, and the host in the manifest's `http.allow`. */
  readonly http: {
    get<T = unknown>(url: string | URL, init?: HttpInit): Promise<HttpAnswer<T>>;
    delete<T = unknown>(url: string | URL, init?: HttpInit): Promise<HttpAnswer<T>>;
    post<T = unknown>(url: string | URL, body?: HttpInit['body'], init?: HttpInit): Promise<HttpAnswer<T>>;
    put<T = unknown>(url: string | URL, body?: HttpInit['body'], init?: HttpInit): Promise<HttpAnswer<T>>;
    patch<T = unknown>(url: string | URL, body?: HttpInit['body'], init?: HttpInit): Promise<HttpAnswer<T>>;
    request<T = unknown>(url: string | URL, init?: HttpInit): Promise<HttpAnswer<T>>;
  };
  /**
   * Tables of the tenant, made by the first insert, and the read-only `users`, `files`, `events` and `runs`. Needs
   * `db.read`, `db.write`.
   */
  readonly db: {
    query<T = Record<string, Json>>(
      table: string,
      filter?: TableFilter | null,
      options?: QueryOptions,
    ): Promise<Row<T>[]>;
    getById<T = Record<string, Json>>(table: string, id: string): Promise<Row<T> | null>;
    count(table: string, filter?: TableFilter | null): Promise<number>;
    insert<T extends object = Record<string, Json>>(table: string, document: T): Promise<Row<T>>;
    /** Sets the given fields, removes those in `$unset`; `null` when there is no such row. */
    update<T = Record<string, Json>>(
      table: string,
      id: string,
      patch: Partial<T> & { $unset?: readonly string[] },
    ): Promise<Row<T> | null>;
    /** Whether there was one. */
    delete(table: string, id: string): Promise<boolean>;
  };
  /** Private to the installation; values up to 128 KiB of JSON. */
  readonly kv: {
    get<T = Json>(key: string): Promise<T | null>;
    set(key: string, value: JsonInput, options?: { /** Seconds. */ ttl?: number }): Promise<void>;
    /** Whether there was one. */
    delete(key: string): Promise<boolean>;
    /** A text is the prefix. */
    list(
      options?: string | { prefix?: string; limit?: number; cursor?: string | null },
    ): Promise<{ keys: KvEntry[]; next_cursor: string | null }>;
    /** Adds to a counter, which starts at 0, and answers the sum. Atomic. */
    incr(key: string, by?: number, options?: { ttl?: number }): Promise<number>;
  };
  /** The tenant's files. Needs `files.read`, `files.write`. Changes take place at once. */
  readonly files: {
    /** In the order of their keys; `limit` 1 to 1000, default 100. */
    list(
      prefix?: string,
      options?: { limit?: number; cursor?: string | null },
    ): Promise<{ items: FileInfo[]; next_cursor: string | null }>;
    /** At most 10 MiB. */
    read(key: string): Promise<Uint8Array>;
    stat(key: string): Promise<FileInfo | null>;
    /** A link that opens the file for anybody, for `expiresS` seconds (default 3600, at most a week). */
    url(key: string, options?: { expiresS?: number; expires_s?: number }): Promise<string>;
    /** At most 10 MiB; replaces a file of the same key and emits `files.uploaded`. */
    upload(
      key: string,
      data: string | ArrayBufferView | ArrayBuffer | Blob,
      options?: { contentType?: string; content_type?: string },
    ): Promise<FileInfo>;
    /** Whether there was one. Emits `files.deleted`. */
    delete(key: string): Promise<boolean>;
  };
  /**
   * At most 20 mails a run, 200 of a job. Needs `send_email`. A mail leaves at once; an attempt that is made again does
   * not send it again.
   */
  readonly email: { send(mail: Mail): Promise<MailAnswer> };
  /**
   * Liquid, from the package's `templates/`. Output is escaped for HTML unless the template's name ends in `.txt` or
   * another plain text.
   */
  readonly templates: { render(name: string, data?: object): Promise<string> };
  /** The tenant's language model; at most 10 calls a run, 100 of a job. Needs `llm.use`. */
  readonly llm: { run(prompt: string | LlmMessage[], options?: LlmOptions): Promise<LlmAnswer> };
  /** Puts an event into the tenant's bus. Depth ≤ 10, ≤ 100 a run; the same `id` again is the same event. */
  emit(
    type: string,
    data?: JsonInput,
    options?: { id?: string; subject?: string; source?: string },
  ): Promise<{ event_id: string }>;
  readonly jobs: {
    /** Starts a job of this plugin now, without waiting for it. */
    runNow(name: string, payload?: JsonInput): Promise<{ run_id: string; status: string }>;
  };
  /** Routes of plugins that the manifest names in `dependencies`. */
  readonly plugins: {
    /**
     * Calls a route as a run of its own, which ends with this one; at most 5 calls deep, never in a circle. The
     * answer's status tells how it went, a failure of the other plugin included. `ctx.user` is the same there; secrets
     * are masked on the way.
     */
    call<T = unknown>(slug: string, path: string, init?: HttpInit): Promise<HttpAnswer<T>>;
  };
  readonly analytics: {
    /** Counts a name in the tenant's usage of the day, and sums the numbers among `props`. At most 200 names a day. */
    track(name: string, props?: object): Promise<void>;
  };
  readonly webhooks: {
    /** Delivers a payload to a webhook of this package (`webhooks/<name>.yaml`). Needs `emit_webhook`. */
    send(name: string, payload: JsonInput): Promise<{ delivery_id: string; status: string }>;
  };
  /**
   * Keeps the run going until the promise settles, within its deadline. A route's answer goes out before. A rejection
   * fails the run. Calls of
   * `ctx` and `fetch` that nobody awaits are waited for without it.
   */
  waitUntil(promise: unknown): void;
  /** Captured, structured, secrets masked. An error is shown with its stack. `console` does the same. */
  readonly log: Record<'debug' | 'info' | 'warn' | 'error', (message: unknown, fields?: unknown) => void>;
}

/** `ctx` of a route. */
export interface RouteContext<Config = Record<string, Json>> extends Context<Config> {
  readonly request: Request & { json<T>(): Promise<T> };
  readonly params: Readonly<Record<string, string>>;
  /** A plain object; a name that came more than once is a list. */
  readonly query: Readonly<Record<string, string | string[]>>;
}
