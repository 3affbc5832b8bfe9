/** What `annex typegen` says of one plugin, and the types that follow from it. */
import type { Json } from './json.js';

/**
 * What the types know of the plugin that is being written. Empty until `annex typegen` writes `annex-env.d.ts` out of
 * plugin.json; then settings and names are known: `config`, and as unions of texts `secret`, `job`, `webhook` and
 * `dependency`.
 * @example
 * declare module '@annex/sdk' {
 *   interface PluginTypes {
 *     config: { channel: string }
 *     secret: 'API_KEY'
 *   }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface PluginTypes {}

type Known<Part extends string, Otherwise> = PluginTypes extends Record<Part, infer T> ? T : Otherwise;

/**
 * The settings of `plugin.json`, with its defaults.
 * @example
 * const names = (config: PluginConfig): string[] => Object.keys(config)
 */
export type PluginConfig = Known<'config', Record<string, Json>>;
/**
 * A secret that `plugin.json` declares.
 * @example
 * const read = (ctx: Context, name: SecretName): Promise<string | null> => ctx.secrets.get(name)
 */
export type SecretName = Known<'secret', string>;
/**
 * A job that `plugin.json` declares.
 * @example
 * const start = (ctx: Context, name: JobName): Promise<{ run_id: string }> => ctx.jobs.runNow(name)
 */
export type JobName = Known<'job', string>;
/**
 * A webhook of the package: a file of `webhooks/` without its ending.
 * @example
 * const send = (ctx: Context, name: WebhookName): Promise<{ status: string }> => ctx.webhooks.send(name, {})
 */
export type WebhookName = Known<'webhook', string>;

/**
 * An agent of the package: a file of `agents/` without its ending.
 * @example
 * const ask = (ctx: Context, name: AgentName): Promise<{ status: string }> => ctx.agents.send(name, { pod: 'web-1' })
 */
export type AgentName = Known<'agent', string>;
/**
 * A plugin that `plugin.json` names in `dependencies`.
 * @example
 * const ask = (ctx: Context, slug: DependencyName): Promise<HttpAnswer> => ctx.plugins.call(slug, '/status')
 */
export type DependencyName = Known<'dependency', string>;

type NameOf<Segment extends string> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends `<${infer Name}>`
    ? Name
    : Segment extends '*'
      ? 'rest'
      : Segment extends `*${infer Name}`
        ? Name
        : never;
type NamesOf<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? NameOf<Segment> | NamesOf<Rest>
  : NameOf<Path>;

/**
 * The parameters that a route's path names: `{ id: string }` of `/notes/:id`; any, where no path is written out.
 * @example
 * const link = ({ id }: RouteParams<'/notes/:id'>): string => `/notes/${id}`
 */
export type RouteParams<Path extends string> = string extends Path
  ? Record<string, string>
  : { [Name in NamesOf<Path>]: string };
