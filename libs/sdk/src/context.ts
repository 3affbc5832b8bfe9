/**
 * `ctx`: everything that a handler can do beyond computing. Each call that leaves the sandbox returns a promise; the
 * rest is there at once.
 */

import type { Json, JsonInput } from './json.js';
import type { AgentName, DependencyName, JobName, PluginConfig, SecretName, WebhookName } from './plugin-types.js';

export type { Json, JsonInput } from './json.js';

/**
 * All permissions there are. A call that needs one which was not granted rejects with `code: 'PERMISSION_DENIED'`;
 * nothing else happens.
 * @example
 * const needed: Permission = 'send_email'
 * route('/can', (ctx) => ctx.permissions.has(needed))
 */
export type Permission =
  'db.read' | 'db.write' | 'files.read' | 'files.write' | 'outbound_http' | 'send_email' | 'emit_webhook' | 'llm.use';

/**
 * What an event of `ctx.emit` carries beside its data.
 * @example
 * const once: EmitOptions = { id: 'welcome-42', subject: 'usr_42' }
 * job('greet', (ctx) => ctx.emit('crm.greeted', {}, once))
 */
export interface EmitOptions {
  /** The same id again is the same event. Default: a fresh one. */
  id?: string;
  /** What it is about, at most 256 characters. */
  subject?: string;
  /** A URI reference. Default: the plugin. */
  source?: string;
  /** Default `info`. */
  severity?: EventSeverity;
  /** At most 32, each of 1 to 64 characters without commas. */
  tags?: readonly string[];
  /** Extension attributes of CloudEvents: at most 32, named with `a-z` and `0-9`, 8 KiB in all. */
  attributes?: Record<string, string | number | boolean>;
}

/**
 * How grave an event is.
 * @example
 * const level: EventSeverity = 'warning'
 */
export type EventSeverity = 'debug' | 'info' | 'warning' | 'error' | 'critical';

/**
 * The error with which a call of `ctx` rejects.
 * @example
 * route('/page', async (ctx) => {
 *   try {
 *     return await (await ctx.http.get('https://example.com/')).text()
 *   } catch (error) {
 *     if ((error as HostCallError).code === 'PERMISSION_DENIED') return [{ error: 'not granted' }, 503]
 *     throw error
 *   }
 * })
 */
export interface HostCallError extends Error {
  /** Stable, such as `PERMISSION_DENIED`, `HTTP_LIMIT`, `EGRESS_HOST_NOT_ALLOWED`. */
  code: string;
}

/**
 * What a request is, beside its address.
 * @example
 * const init: HttpInit = { query: { page: 2 }, headers: { accept: 'application/json' }, timeoutMs: 2_000 }
 * route('/orders', async (ctx) => (await ctx.http.get('https://api.example.com/orders', init)).json())
 */
export interface HttpInit {
  /** Default GET. */
  method?: string;
  /** A header with a list is sent once for each value. Values may have characters up to U+00FF. */
  headers?: Record<string, string | readonly string[]> | Iterable<readonly [string, string]>;
  /** Is added to the URL. A name with a list is added once for each item. */
  query?:
    | string
    | URLSearchParams
    | Record<string, string | number | boolean | null | undefined | readonly (string | number | boolean)[]>;
  /** An object is sent as JSON. Text and bytes are sent as they are. */
  body?: JsonInput | Uint8Array | ArrayBuffer | URLSearchParams | FormData | Blob;
  /** Milliseconds; never beyond the run's own deadline. */
  timeoutMs?: number;
  /** `follow` (the default): at most 3. `manual`: the answer is the redirect. `error`: a redirect rejects. */
  redirect?: 'follow' | 'manual' | 'error';
}

/**
 * What a server answered. `T`: what its JSON is.
 * @example
 * const orEmpty = async (answer: HttpAnswer<string[]>): Promise<string[]> => (answer.ok ? answer.json() : [])
 */
export interface HttpAnswer<T = unknown> {
  readonly status: number;
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  readonly headers: Headers;
  json(): Promise<T>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * One turn of a conversation with a language model.
 * @example
 * const before: LlmMessage[] = [{ role: 'user', content: 'Hello' }, { role: 'assistant', content: 'Hello!' }]
 */
export interface LlmMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * How a language model is asked.
 * @example
 * const short: LlmOptions = { system: 'Answer in one sentence.', maxTokens: 100, temperature: 0 }
 * route('/why', async (ctx) => (await ctx.llm.run('Why is the sky blue?', short)).text)
 */
export interface LlmOptions {
  /** Default: the tenant's, else the operator's. */
  model?: string;
  /** The system message, before everything else. */
  system?: string;
  /** The conversation before the prompt. */
  messages?: LlmMessage[];
  /** Most tokens of the answer; `max_tokens` means the same. */
  maxTokens?: number;
  max_tokens?: number;
  /** 0 to 2. */
  temperature?: number;
  /** `json`: asks the model for one JSON object. */
  responseFormat?: 'json' | 'text';
  response_format?: 'json' | 'text';
  /** Texts at which the answer ends; at most 4. */
  stop?: string | string[];
  /** Milliseconds; never beyond the run's own deadline. */
  timeoutMs?: number;
}

/**
 * What a language model answered, and what that cost.
 * @example
 * const tokensOf = ({ usage }: LlmAnswer): number => usage.total_tokens
 */
export interface LlmAnswer {
  text: string;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  model: string;
  /** Such as `stop` or `length`. */
  finish_reason: string | null;
}

/**
 * A key of `ctx.kv`, and until when it is there.
 * @example
 * const isForGood = (entry: KvEntry): boolean => entry.expires_at === null
 */
export interface KvEntry {
  key: string;
  /** RFC 3339, or `null` when it does not expire. */
  expires_at: string | null;
}

/**
 * Keys with values: `ctx.kv`, and what plugins share.
 * @example
 * async function addOnce(store: KvStore, item: string): Promise<void> {
 *   const { value, version } = await store.get<string[]>('items', { version: true })
 *   await store.set('items', [...(value ?? []), item], { ifVersion: version })
 * }
 */
export interface KvStore {
  /** With the version of the value; 0: there is none. */
  get<T = Json>(key: string, options: { version: true }): Promise<{ value: T | null; version: number }>;
  get<T = Json>(key: string, options?: { version?: false }): Promise<T | null>;
  /**
   * Only if the key has this version (0: there is none), else it rejects with `KV_CHANGED`. Answers the new version.
   */
  set(key: string, value: JsonInput, options: { ifVersion: number; /** Seconds. */ ttl?: number }): Promise<number>;
  set(key: string, value: JsonInput, options?: { /** Seconds. */ ttl?: number }): Promise<void>;
  /** Whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Keys in order. A text in place of the options is the prefix. */
  list(
    options?: string | { prefix?: string; limit?: number; cursor?: string | null },
  ): Promise<{ keys: KvEntry[]; next_cursor: string | null }>;
  /** Adds to a counter, which starts at 0, and returns the sum. Atomic. */
  incr(key: string, by?: number, options?: { ttl?: number }): Promise<number>;
}

/**
 * A row of a table: its fields, `id` (a UUIDv7 in tables of your own) and two times (RFC 3339).
 * @example
 * const titleOf = (row: Row<{ title: string }>): string => `${row.title} (${row.created_at})`
 */
export type Row<T = Record<string, Json>> = T & { id: string; created_at: string; updated_at: string };

type FilterValue = string | number | boolean | null;

/**
 * Conditions on a field. A condition on a list passes when one item of the list passes.
 * @example
 * const large: FieldFilter = { $gte: 100, $lt: 1_000 }
 */
export interface FieldFilter {
  $eq?: Json;
  /** The opposite of `$eq`. Passes where the field is missing. */
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
 * All conditions must pass. A bare value means `$eq`. `null` also passes where the field is missing. `"a.b"` names a
 * field inside a field.
 * @example
 * const wanted: TableFilter = { status: 'open', $or: [{ total: { $gt: 100 } }, { vip: true }] }
 * route('/open', (ctx) => ctx.db.query('orders', wanted))
 */
export type TableFilter = { $and?: readonly TableFilter[]; $or?: readonly TableFilter[] } & {
  [field: string]: Json | FieldFilter | readonly TableFilter[] | undefined;
};

/**
 * Which rows a query answers, and in which order.
 * @example
 * const newest: QueryOptions = { orderBy: '-created_at', limit: 20 }
 */
export interface QueryOptions {
  /** 1 to 1000, default 100. */
  limit?: number;
  /** Rows to skip; at most 1,000,000. */
  offset?: number;
  /** A field, `-field` for descending, or a list of up to four. Default: oldest first. */
  orderBy?: string | readonly string[];
}

/**
 * A file of the tenant.
 * @example
 * const isPicture = (file: FileInfo): boolean => file.content_type.startsWith('image/')
 */
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

/**
 * Something to attach to a mail: text or bytes, or a file of the tenant (needs `files.read`).
 * @example
 * const report: MailAttachment = { file: 'reports/march.pdf', filename: 'March.pdf' }
 */
export type MailAttachment = (
  { filename: string; content: string | Uint8Array } | { file: string; filename?: string }
) & { contentType?: string; content_type?: string };

/**
 * A mail. It needs `text`, `html` or `template`. The operator sets the sender.
 * @example
 * const mail: Mail = { to: 'ada@example.com', subject: 'Welcome', template: 'welcome', data: { name: 'Ada' } }
 * job('greet', (ctx) => ctx.email.send(mail))
 */
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
   * A template of the package's `templates/`. `welcome` makes the HTML from `welcome.html` and the text from
   * `welcome.txt`, if these files exist.
   */
  template?: string;
  /** Values for the template. */
  data?: object;
  attachments?: MailAttachment[];
  /** A second mail with the same key is not sent. */
  idempotencyKey?: string;
  idempotency_key?: string;
}

/**
 * What became of a mail.
 * @example
 * const wentOut = ({ status }: MailAnswer): boolean => status === 'sent'
 */
export interface MailAnswer {
  id: string;
  message_id: string;
  /** `kept`: no mail server is configured. Admins find the mail under `GET /api/mail`. */
  status: 'sent' | 'kept';
  accepted: string[];
  rejected: string[];
}

/**
 * The caller of a route: `null` on public routes called without a token.
 * @example
 * const isAdmin = (user: User | null): boolean => user?.role === 'admin' || user?.role === 'owner'
 */
export interface User {
  id: string;
  email: string | null;
  role: 'viewer' | 'member' | 'developer' | 'admin' | 'owner';
}

/**
 * What a handler is given: everything that it can do beyond computing.
 * @example
 * async function countVisit(ctx: Context): Promise<number> {
 *   return ctx.kv.incr(`visits:${ctx.user?.id ?? 'nobody'}`)
 * }
 */
export interface Context<Config = PluginConfig> {
  /** The tenant's slug. */
  readonly tenantId: string;
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string };
  readonly user: User | null;
  readonly plugin: { readonly id: string; readonly slug: string; readonly version: string };
  readonly run: {
    readonly id: string;
    readonly kind: 'route' | 'event' | 'job' | 'webhook' | 'filter' | 'lifecycle' | 'source';
    readonly name: string;
    /** 1 for the first try. */
    readonly attempt: number;
    /** Fires when the run is cancelled or its time is over. */
    readonly signal: AbortSignal;
    readonly deadline: Date;
  };
  readonly permissions: { has(name: Permission): boolean };
  /** The tenant's settings for this plugin, checked against the manifest's `config`, with its defaults. */
  readonly config: Config;
  /** Declared secrets only. */
  readonly secrets: {
    /** The value, or `null` while the tenant has not set it. */
    get(name: SecretName): Promise<string | null>;
    get(name: SecretName, fallback: string): Promise<string>;
    /** Whether the tenant has set it. */
    has(name: SecretName): Promise<boolean>;
    /** A placeholder. `ctx.http` replaces it outside the sandbox, only for hosts that the secret may go to. */
    ref(name: SecretName): string;
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
   * Tables of the tenant, which the first insert makes, and the read-only `users`, `files`, `events` and `runs`. Needs
   * `db.read` to read, `db.write` to write.
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
    /** Sets the given fields and removes those in `$unset`. Returns `null` when there is no such row. */
    update<T = Record<string, Json>>(
      table: string,
      id: string,
      patch: Partial<T> & { $unset?: readonly string[] },
    ): Promise<Row<T> | null>;
    /** Whether there was one. */
    delete(table: string, id: string): Promise<boolean>;
  };
  /** Private to the installation; values up to 128 KiB of JSON. */
  readonly kv: KvStore;
  /**
   * State that plugins of the tenant share: `shared` in `plugin.json` names it. Its owner (`"access": "write"`) changes
   * it, those that depend on the owner read it; values up to 128 KiB of JSON.
   */
  shared(name: string): KvStore;
  /** The tenant's files. Needs `files.read` to read, `files.write` to write. Changes take place at once. */
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
   * Needs `send_email`. At most 20 mails a run, 200 for a job. A mail leaves at once; a later attempt of the run does
   * not send it again.
   */
  readonly email: { send(mail: Mail): Promise<MailAnswer> };
  /**
   * Renders a Liquid template of the package's `templates/`. Output is escaped for HTML, unless the template's name
   * ends in `.txt` or the ending of another plain text.
   */
  readonly templates: { render(name: string, data?: object): Promise<string> };
  /** The tenant's language model. Needs `llm.use`. At most 10 calls a run, 100 for a job. */
  readonly llm: { run(prompt: string | LlmMessage[], options?: LlmOptions): Promise<LlmAnswer> };
  /** Sends an event to the tenant's plugins. At most 100 a run and 10 deep. The same `id` again is the same event. */
  emit(type: string, data?: JsonInput, options?: EmitOptions): Promise<{ event_id: string }>;
  readonly jobs: {
    /** Starts a job of this plugin now, without waiting for it. */
    runNow(name: JobName, payload?: JsonInput): Promise<{ run_id: string; status: string }>;
  };
  /** Routes of plugins that the manifest names in `dependencies`. */
  readonly plugins: {
    /**
     * Calls a route as a run of its own, which ends with this one. At most 5 calls deep, never in a circle. The
     * answer's status tells how it went, also when the other plugin fails. `ctx.user` is the same there. Secrets are
     * masked on the way.
     */
    call<T = unknown>(slug: DependencyName, path: string, init?: HttpInit): Promise<HttpAnswer<T>>;
  };
  readonly analytics: {
    /** Counts a name in the tenant's usage of the day, and sums the numbers among `props`. At most 200 names a day. */
    track(name: string, props?: object): Promise<void>;
  };
  readonly webhooks: {
    /** Delivers a payload to a webhook of this package (`webhooks/<name>.yaml`). Needs `emit_webhook`. */
    send(name: WebhookName, payload: JsonInput): Promise<{ delivery_id: string; status: string }>;
  };
  readonly agents: {
    /**
     * Asks an agent of this package (`agents/<name>.yaml`), with `data` in the place of an event's. Does not wait: the
     * answer comes as the event `agent.completed` or `agent.failed`, with this `delivery_id`. Needs `agents.call`.
     */
    send(name: AgentName, data: JsonInput): Promise<{ delivery_id: string; status: string }>;
  };
  /**
   * Keeps the run going until the promise settles, within its deadline. A route's answer goes out before that. When
   * the promise rejects, the run fails. Calls of `ctx` and `fetch` need no `waitUntil`: the run waits for them anyway.
   */
  waitUntil(promise: unknown): void;
  /** Writes log lines of the run, with secrets masked. An error is shown with its stack. `console` does the same. */
  readonly log: Record<'debug' | 'info' | 'warn' | 'error', (message: unknown, fields?: unknown) => void>;
}

/**
 * `ctx` of a route. `Params`: what its path names, such as `{ id: string }` of `/notes/:id`.
 * @example
 * const pageOf = (ctx: RouteContext): number => Number(ctx.query['page'] ?? 1)
 */
export interface RouteContext<
  Config = PluginConfig,
  Params extends object = Record<string, string>,
> extends Context<Config> {
  readonly request: Request & { json<T>(): Promise<T> };
  readonly params: Readonly<Params>;
  /** A plain object; a name that came more than once is a list. */
  readonly query: Readonly<Record<string, string | string[]>>;
}
