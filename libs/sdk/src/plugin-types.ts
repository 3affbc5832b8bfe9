/** What `annex typegen` says of one plugin, and the types that follow from it. */
import type { Json } from './json.js';

/**
 * What the types know of the plugin that is being written. Empty until `annex typegen` writes `annex-env.d.ts` out of
 * plugin.json; then settings and names are known: `config`, and as unions of texts `secret`, `job`, `webhook` and
 * `dependency`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface PluginTypes {}

type Known<Part extends string, Otherwise> = PluginTypes extends Record<Part, infer T> ? T : Otherwise;

/** The settings of `plugin.json`, with its defaults. */
export type PluginConfig = Known<'config', Record<string, Json>>;
/** A secret that `plugin.json` declares. */
export type SecretName = Known<'secret', string>;
/** A job that `plugin.json` declares. */
export type JobName = Known<'job', string>;
/** A webhook of the package: a file of `webhooks/` without its ending. */
export type WebhookName = Known<'webhook', string>;
/** A plugin that `plugin.json` names in `dependencies`. */
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

/** The parameters that a route's path names: `{ id: string }` of `/notes/:id`; any, where no path is written out. */
export type RouteParams<Path extends string> = string extends Path
  ? Record<string, string>
  : { [Name in NamesOf<Path>]: string };
