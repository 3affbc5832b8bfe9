/**
 * What plugin authors import. Inside Annex these functions register handlers while the entry runs. This package has
 * their types; called in a plain Node program, they throw an error that says so. To test a plugin, use
 * `@annex/sdk/testing`.
 */
import type { Context, EventSeverity, Json, JsonInput, RouteContext, TableFilter } from './context.js';
import type { PlatformEvents } from './platform-events.js';
import type { JobName, PluginConfig, RouteParams } from './plugin-types.js';

export type {
  Context,
  EmitOptions,
  EventSeverity,
  FieldFilter,
  FileInfo,
  HostCallError,
  HttpAnswer,
  HttpInit,
  Json,
  JsonInput,
  KvEntry,
  KvStore,
  LlmAnswer,
  LlmMessage,
  LlmOptions,
  Mail,
  MailAnswer,
  MailAttachment,
  Permission,
  QueryOptions,
  RouteContext,
  Row,
  TableFilter,
  User,
} from './context.js';
export type { PlatformEvents } from './platform-events.js';
export type {
  DependencyName,
  JobName,
  PluginConfig,
  PluginTypes,
  RouteParams,
  SecretName,
  AgentName,
  WebhookName,
} from './plugin-types.js';

type Awaitable<T> = T | Promise<T>;

/**
 * What a route may return: a JSON value (200), `[body, status]`, `[body, status, headers]`, a `Response`, or nothing
 * (204). A `Response` over a `ReadableStream` of bytes leaves piece by piece.
 * @example
 * const made = (id: string): RouteResult => [{ id }, 201, { location: `/notes/${id}` }]
 */
export type RouteResult = unknown;

/**
 * A route whose callers sign their requests.
 * @example
 * const fromGithub: HmacAuth = { secret: 'GITHUB_SECRET', scheme: 'github' }
 * route('/push', { methods: ['POST'], auth: { hmac: fromGithub } }, async (ctx) => ctx.request.json())
 */
export interface HmacAuth {
  /** Name of a declared secret. */
  secret: string;
  /** Default: the scheme's own. */
  header?: string;
  /** Default `sha256`: hex of the body's HMAC-SHA256 in `X-Signature`. */
  scheme?:
    | 'sha256'
    | 'github'
    | 'stripe'
    | 'slack'
    | 'standard-webhooks'
    | 'svix'
    | 'meta'
    | 'shopify'
    | 'trello'
    | 'square'
    | 'hmac';
  /**
   * The address that the sender was given, for schemes that sign it (`trello`, `square`). Default: the address that was
   * called.
   */
  url?: string;
  /** For `scheme: 'hmac'`, which fits senders without a scheme of their own. Default `sha256`. */
  algorithm?: 'sha256' | 'sha1' | 'sha512';
  /** Of the signature. Default `hex`. */
  encoding?: 'hex' | 'base64';
  /** Text before the signature, such as `sha1=`. Default: none. */
  prefix?: string;
  /** What is signed. Default `body`. */
  signs?: 'body' | 'url+body' | 'body+url';
}

/**
 * A route whose callers send a secret along.
 * @example
 * const fromCron: TokenAuth = { secret: 'CRON_TOKEN', scheme: 'bearer' }
 * route('/tick', { methods: ['POST'], auth: { token: fromCron } }, () => 'ok')
 */
export interface TokenAuth {
  /** Name of a declared secret. For `basic` its value is `user:password`. */
  secret: string;
  /** The header that carries the secret. Default: the one of the scheme. */
  header?: string;
  /** Default `bearer`; with a `header`, `token`. */
  scheme?: 'bearer' | 'basic' | 'token' | 'gitlab';
}

/**
 * How a route is called, and by whom.
 * @example
 * const forAdmins: RouteOptions = { methods: ['DELETE'], roles: ['admin'] }
 * route('/notes/:id', forAdmins, (ctx) => ctx.db.delete('notes', ctx.params.id))
 */
export interface RouteOptions {
  /** Default `['GET']`. A GET route answers HEAD too. */
  methods?: string[];
  /**
   * Who may call. `member` (the default): a signed-in user of the tenant. `public`: everybody. `hmac`, `token`:
   * whoever knows a secret of the plugin.
   */
  auth?: 'member' | 'public' | { hmac: HmacAuth } | { token: TokenAuth };
  /**
   * Origins whose pages may call: `'*'`, origins such as `https://app.example.com` or `https://*.example.com`, or an
   * object. `false`: no other origin. Default: the manifest's `cors`; without that, no other origin. Annex answers the
   * browser's preflights itself.
   */
  cors?:
    | false
    | '*'
    | string[]
    | {
        origins: '*' | string[];
        /** Default `'*'`. */ request_headers?: '*' | string[];
        /** Default `'*'`. */ exposed_headers?: '*' | string[];
        /** Seconds. Default 600. */ max_age_s?: number;
      };
  /** Lowest roles that may call a `member` route. Default: every member. */
  roles?: string[];
}

/**
 * The data of an event whose type the handler does not name. `hook<{ user: User }>(…)` names it.
 * @example
 * hook('order.*', (ctx, event) => ctx.log.info('an order', { id: event.data.id }))
 */
// With `unknown` no handler could read `event.data.user.email` without a type of its own.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type EventData = any;

/**
 * A domain event as hooks see it (the CloudEvents 1.0 attributes).
 * @example
 * const ageMs = (event: PluginEvent<{ total: number }>): number => Date.now() - Date.parse(event.time)
 */
export interface PluginEvent<Data = EventData> {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Data;
  /** RFC 3339 UTC. */
  time: string;
  severity: EventSeverity;
  tags: string[];
  /** Extension attributes of CloudEvents, such as `traceparent`. */
  attributes: Record<string, string | number | boolean>;
  /** The type that it came with, where a mapping gave it another. */
  raw_type?: string;
  /** The mapping's rule that took it, or made it: `<mapping>/<rule>`. */
  mapped_from?: string;
  /** The alert that it belongs to. */
  alert?: EventAlert;
}

/**
 * What an event carries of the alert that a mapping counts it in.
 * @example
 * const isOver = (alert: EventAlert): boolean => alert.status === 'resolved'
 * hook('pod.restart', async (ctx, { alert, subject }) => {
 *   if (alert && isOver(alert)) await ctx.kv.delete(`ticket:${subject}`)
 * })
 */
export interface EventAlert {
  id: string;
  status: 'firing' | 'resolved';
  /** Events of the alert up to this one. */
  count: number;
  /** When it began to fire, RFC 3339 UTC. */
  first_at: string;
}

/**
 * Which events a hook wants of those that its name or pattern means.
 * @example
 * const grave: HookOptions = { where: { severity: { $in: ['error', 'critical'] } } }
 * hook('pod.*', grave, (ctx, event) => ctx.log.error(`${event.subject} is in trouble`))
 */
export interface HookOptions {
  /**
   * A filter as `ctx.db.query` takes it, on the event as the handler sees it: `severity`, `data.count`, `alert.status`.
   * No run is made for an event that does not pass. At most 4096 characters of JSON.
   */
  where?: TableFilter;
}

/**
 * When a filter runs, and what becomes of a value when it fails.
 * @example
 * const last: FilterOptions = { priority: 100, on_error: 'fail' }
 * filter<number>('price.quote', last, (ctx, price) => Math.max(price, 1))
 */
export interface FilterOptions {
  /** Lower runs first. Default 0. */
  priority?: number;
  /** Milliseconds, at most 1000 (the default). */
  timeoutMs?: number;
  timeout_ms?: number;
  /** When the filter fails: `pass` (the default) keeps the value unchanged, `fail` fails the whole filter call. */
  onError?: 'pass' | 'fail';
  on_error?: 'pass' | 'fail';
}

function outside(name: string): never {
  throw new Error(
    `${name}() registers a handler inside Annex. To run this plugin on your machine, use openPlugin() of ` +
      '@annex/sdk/testing.',
  );
}

/**
 * Runs for each event of that name, or of a pattern: `*` stands for one segment, `**` for many. Declare it in the
 * manifest's `events`. The platform's own events have types; of every other, `Data` is the type that the handler
 * expects, and the handler must check the event's data itself.
 * @example
 * hook('auth.user.created', async (ctx, event) => {
 *   await ctx.emit('crm.contact_wanted', { email: event.data.user.email })
 * })
 */
export function hook<const Name extends keyof PlatformEvents>(
  event: Name,
  handler: (ctx: Context, event: PluginEvent<PlatformEvents[Name]>) => Awaitable<unknown>,
): void;
export function hook<Data = EventData, Config = PluginConfig>(
  event: string,
  handler: (ctx: Context<Config>, event: PluginEvent<Data>) => Awaitable<unknown>,
): void;
export function hook<const Name extends keyof PlatformEvents>(
  event: Name,
  options: HookOptions,
  handler: (ctx: Context, event: PluginEvent<PlatformEvents[Name]>) => Awaitable<unknown>,
): void;
export function hook<Data = EventData, Config = PluginConfig>(
  event: string,
  options: HookOptions,
  handler: (ctx: Context<Config>, event: PluginEvent<Data>) => Awaitable<unknown>,
): void;
export function hook(): void {
  outside('hook');
}

/**
 * Answers HTTP at `/ext/<slug><path>`. Parameters: `:name` or `<name>` for one segment, `*rest` for the rest;
 * `ctx.params` has the names that the path has.
 * @example
 * route('/notes/:id', async (ctx) => {
 *   const note = await ctx.db.getById('notes', ctx.params.id)
 *   return note ?? [{ error: 'there is no such note' }, 404]
 * })
 */
export function route<const Path extends string>(
  path: Path,
  handler: (ctx: RouteContext<PluginConfig, RouteParams<Path>>) => Awaitable<RouteResult>,
): void;
export function route<const Path extends string>(
  path: Path,
  options: RouteOptions,
  handler: (ctx: RouteContext<PluginConfig, RouteParams<Path>>) => Awaitable<RouteResult>,
): void;
export function route<Config extends object>(
  path: string,
  handler: (ctx: RouteContext<Config>) => Awaitable<RouteResult>,
): void;
export function route<Config extends object>(
  path: string,
  options: RouteOptions,
  handler: (ctx: RouteContext<Config>) => Awaitable<RouteResult>,
): void;
export function route(): void {
  outside('route');
}

/**
 * Runs on the manifest's schedule, or when somebody starts it. Declare it in the manifest's `jobs`.
 * @example
 * job<{ day: string } | null>('daily_report', async (ctx, payload) => {
 *   const orders = await ctx.db.count('orders')
 *   return { day: payload?.day ?? 'today', orders }
 * })
 */
export function job<Payload = Json, Config = PluginConfig>(
  _name: JobName,
  _handler: (ctx: Context<Config>, payload: Payload) => Awaitable<unknown>,
): void {
  outside('job');
}

/**
 * An event that a source gives. The same `id` of the same source is the same event, however often it is given.
 * @example
 * const ofOrder = (order: { id: number; total: number }): SourceEvent => ({
 *   id: order.id,
 *   type: 'erp.order.changed',
 *   subject: `order/${order.id}`,
 *   data: { total: order.total },
 * })
 */
export interface SourceEvent {
  /** Its id at its origin. Left out: each is a new event. */
  id?: string | number;
  /** One that the manifest's `events` of the source let in. */
  type: string;
  /** Default `{}`. */
  data?: JsonInput;
  subject?: string | null;
  /** When it happened, RFC 3339. Default: now. */
  time?: string | null;
  /** Default: `annex:source/<slug>.<name>`. */
  source?: string | null;
  /** Default `info`. */
  severity?: EventSeverity;
  tags?: readonly string[];
  attributes?: Record<string, string | number | boolean>;
}

/**
 * What a poll found. `cursor` left out: it stays where it was.
 * @example
 * const found = (rows: { id: number }[]): Polled<number> => ({
 *   events: rows.map(({ id }) => ({ id, type: 'erp.order.changed', data: { id } })),
 *   cursor: rows.at(-1)?.id,
 *   more: rows.length === 100,
 * })
 */
export interface Polled<Cursor = Json> {
  /** At most 500. */
  events?: readonly SourceEvent[];
  /** Where the next poll goes on. At most 16 KiB as JSON. */
  cursor?: Cursor;
  /** There is more at once: the next poll does not wait for the schedule. */
  more?: boolean;
}

/**
 * The handlers of a source. A source of type `poll` has `poll`, one of type `receive` has `receive`.
 * @example
 * const orders: SourceHandlers<number> = {
 *   async poll(ctx, cursor) {
 *     const answer = await ctx.http.get<{ id: number }[]>(`https://erp.example.com/orders?after=${cursor ?? 0}`)
 *     const events = (await answer.json()).map((row) => ({ id: row.id, type: 'erp.order.changed', data: row }))
 *     return { events, cursor: events.at(-1)?.id }
 *   },
 * }
 */
export interface SourceHandlers<Cursor = Json, Config = PluginConfig> {
  /** Runs before the first `poll` or `receive` of a release, and after a pause. When it throws, so did that. */
  initialize?(ctx: Context<Config>): Awaitable<unknown>;
  /**
   * Answers what is new since `cursor`, which is `null` at the beginning. Events and cursor are written together, or
   * not at all when it throws.
   */
  poll?(ctx: Context<Config>, cursor: Cursor | null): Awaitable<Polled<Cursor> | undefined | void>;
  /** Answers the events of a request. When it throws, the sender is told to try again. */
  receive?(ctx: RouteContext<Config>): Awaitable<{ events?: readonly SourceEvent[] } | undefined | void>;
  /** Runs when the source is paused, or its plugin disabled. */
  stop?(ctx: Context<Config>): Awaitable<unknown>;
}

/**
 * Brings events in. Declare it in the manifest's `sources`, which says how often it polls or who may send to it.
 * @example
 * source<number>('erp', {
 *   async poll(ctx, cursor) {
 *     const answer = await ctx.http.get<{ id: number }[]>(`https://erp.example.com/orders?after=${cursor ?? 0}`)
 *     const events = (await answer.json()).map((row) => ({ id: row.id, type: 'erp.order.changed', data: row }))
 *     return { events, cursor: events.at(-1)?.id }
 *   },
 * })
 * source('shop', { receive: (ctx) => ({ events: [{ type: 'shop.order', data: { method: ctx.request.method } }] }) })
 */
export function source<Cursor = Json, Config = PluginConfig>(
  _name: string,
  _handlers: SourceHandlers<Cursor, Config>,
): void {
  outside('source');
}

/**
 * Changes a value on its way through the host application. Declare it in the manifest's `filters`.
 * @example
 * filter<{ cents: number }>('price.quote', (ctx, price) => ({ cents: Math.round(price.cents * 0.9) }))
 */
export function filter<Value = Json>(name: string, handler: (ctx: Context, value: Value) => Awaitable<Value>): void;
export function filter<Value = Json>(
  name: string,
  options: FilterOptions,
  handler: (ctx: Context, value: Value) => Awaitable<Value>,
): void;
export function filter(): void {
  outside('filter');
}

/**
 * Says whether the plugin is well. Answer `{ status: 'degraded' | 'unhealthy', reason }` when it is not; any other
 * answer means healthy, throwing means unhealthy. Asked as often as the manifest's `health.interval_s` says, and by
 * `GET /api/plugins/:id/health`.
 * @example
 * health(async (ctx) => {
 *   const { ok } = await ctx.http.get('https://api.example.com/status')
 *   return ok ? undefined : { status: 'unhealthy', reason: 'the API does not answer' }
 * })
 */
export function health(_check: (ctx: Context) => Awaitable<unknown>): void {
  outside('health');
}

/**
 * Why `onInit` runs.
 * @example
 * const isFirst = (init: Init): boolean => init.reason === 'enable' && init.attempt === 1
 */
export interface Init {
  /** `enable`: somebody enabled the plugin. `upgrade`: this release is to take over from another one. */
  reason: 'enable' | 'upgrade';
  /** The how-manieth call of this start it is, from 1. */
  attempt: number;
}

/**
 * Runs before anything else of the plugin does: it is `starting`, its routes answer 503, and its events and jobs wait.
 * When it throws it is called again after 1, 5, 15 and 60 seconds; then the plugin has `failed`. On an upgrade the
 * release before goes on serving meanwhile, and `upgrade.on_init_failure` of the manifest says what follows.
 * @example
 * onInit(async (ctx, init) => {
 *   const { ok } = await ctx.http.get('https://api.example.com/status')
 *   if (!ok) throw new Error(`the API does not answer (attempt ${init.attempt})`)
 * })
 */
export function onInit(_handler: (ctx: Context, init: Init) => Awaitable<unknown>): void {
  outside('onInit');
}

/**
 * Runs once, after the plugin was enabled for the first time.
 * @example
 * onInstall(async (ctx) => ctx.kv.set('installed_at', new Date().toISOString()))
 */
export function onInstall(_handler: (ctx: Context) => Awaitable<unknown>): void {
  outside('onInstall');
}

/**
 * Beside a setting that changed.
 * @example
 * const before = (change: ConfigChange): string => `${change.revision}: ${JSON.stringify(change.previous)}`
 */
export interface ConfigChange {
  /** Counts up with each change of the settings; several that changed together have the same. */
  revision: number;
  /** The value before, or `null`. */
  previous: Json;
  /** `tenant`: a key of the tenant's settings, which `watch` names. Left out: one of the plugin's own. */
  scope?: 'tenant';
  /** With `scope`: the key was there when the plugin was enabled, and is told for the first time. */
  firstSync?: boolean;
}

/**
 * Runs for each setting that changed, one after the other in the order of their changes: the plugin's own (`set`), and
 * the tenant's that `watch` in `plugin.json` names (`put`). `value` after `delete`: the default, or `null`. What throws
 * refuses the change; the next one comes all the same.
 * @example
 * onConfigChange((ctx, key, value, op) => ctx.log.info('setting changed', { key, value, op }))
 */
export function onConfigChange(
  _handler: (
    ctx: Context,
    key: string,
    value: Json,
    op: 'set' | 'put' | 'delete',
    change: ConfigChange,
  ) => Awaitable<unknown>,
): void {
  outside('onConfigChange');
}

/**
 * Runs after a reload.
 * @example
 * onReload((ctx) => ctx.kv.delete('cache'))
 */
export function onReload(_handler: (ctx: Context) => Awaitable<unknown>): void {
  outside('onReload');
}

/**
 * Runs before the plugin is disabled.
 * @example
 * onShutdown((ctx) => ctx.log.info('stopping'))
 */
export function onShutdown(_handler: (ctx: Context) => Awaitable<unknown>): void {
  outside('onShutdown');
}

/**
 * Runs before the plugin is uninstalled, after its `onShutdown`: its data and secrets are still there, and are erased
 * when it has ended, or after 10 seconds.
 * @example
 * onUninstall((ctx) => ctx.http.delete('https://api.example.com/hooks/42'))
 */
export function onUninstall(_handler: (ctx: Context) => Awaitable<unknown>): void {
  outside('onUninstall');
}

/**
 * Throw this error to end a run for good: Annex makes no further attempt.
 * @example
 * job<{ id?: string }>('sync', (ctx, payload) => {
 *   if (payload.id === undefined) throw new NonRetryable('the payload names no id')
 * })
 */
export class NonRetryable extends Error {
  override readonly name = 'NonRetryable';
}

/**
 * Throw this error to choose the time of the next attempt.
 * @example
 * job('sync', async (ctx) => {
 *   const answer = await ctx.http.get('https://api.example.com/orders')
 *   if (answer.status === 429) throw new RetryAfter(60_000)
 * })
 */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  /** @param delay milliseconds from now, or the instant */
  constructor(
    readonly delay: number | Date,
    message = 'asked to be tried again later',
  ) {
    super(message);
  }
}
