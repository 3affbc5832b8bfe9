/**
 * From what an entry registered to what the platform does with it: subscriptions, lifecycle runs, the routes people
 * see.
 */
import { isJsonObject, type Json } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { DeclaredWebhook } from './ports.js';
import type { ReleaseRow } from './rows/release-row.js';
import type { Subscription } from './rows/subscriptions.js';
import type { NewRun, RunPolicy } from '@annex/runs';

type Registrations = ReleaseRow['registrations'];

/** Names of lifecycle handlers, as registrations and runs carry them. */
export type LifecycleName = 'init' | 'install' | 'config_change' | 'reload' | 'shutdown' | 'uninstall';

/** One subscription per hook; hooks with the same pattern are told apart by their order. */
export function subscriptionsOf({
  manifest,
  registrations,
}: Pick<ReleaseRow, 'manifest' | 'registrations'>): Subscription[] {
  const policy: RunPolicy = manifest.limits.timeoutMs === null ? {} : { timeoutMs: manifest.limits.timeoutMs };
  const seen = new Map<string, number>();
  return registrations.flatMap((registration) => {
    if (registration.kind !== 'event') return [];
    const ordinal = seen.get(registration.name) ?? 0;
    seen.set(registration.name, ordinal + 1);
    return [
      {
        pattern: registration.name,
        ordinal,
        policy,
        filter: isJsonObject(registration.where) ? registration.where : null,
      },
    ];
  });
}

/** The webhooks of a release, each with its own policy of retries. */
export function webhooksOf({ webhooks }: Pick<ReleaseRow, 'webhooks'>): DeclaredWebhook[] {
  return webhooks.map(({ name, url, on, retry, where, agent }) => ({
    name,
    url,
    events: on,
    policy: retry === null ? {} : { retry },
    filter: where ?? null,
    transport: agent?.protocol ?? 'http',
  }));
}

/** One run for each handler of a lifecycle moment that the release has. */
export function lifecycleRuns(
  installation: { id: NewRun['installationId']; slug: string },
  { manifest, registrations }: Pick<ReleaseRow, 'manifest' | 'registrations'>,
  name: LifecycleName,
  payload?: Json,
): NewRun[] {
  const handlers = registrations.filter(
    (registration) => registration.kind === 'lifecycle' && registration.name === name,
  );
  return handlers.map((_, ordinal) => ({
    installationId: installation.id,
    plugin: installation.slug,
    kind: 'lifecycle',
    name,
    ordinal,
    payload,
    policy: manifest.limits.timeoutMs === null ? {} : { timeoutMs: manifest.limits.timeoutMs },
    depth: 0,
  }));
}

/** What the lifecycle runs that stop a source are called, before its name. */
export const sourceStopPrefix = 'source.stop/';

/** One run for each source of a release that wants to be told of its end. `only`: of that one. */
export function sourceStops(
  installation: { id: NewRun['installationId']; slug: string },
  { registrations }: Pick<ReleaseRow, 'registrations'>,
  only?: string,
): NewRun[] {
  return registrations.flatMap((each): NewRun[] =>
    each.kind === 'source' && each.calls.includes('stop') && (only === undefined || each.name === only)
      ? [
          {
            installationId: installation.id,
            plugin: installation.slug,
            kind: 'lifecycle',
            name: `${sourceStopPrefix}${each.name}`,
            ordinal: 0,
            payload: { call: 'stop' },
            policy: { timeoutMs: sourceLimits.stopMs },
            depth: 0,
          },
        ]
      : [],
  );
}

/** A route as the plugin's view lists it. */
export interface RouteView {
  methods: string[];
  path: string;
  auth: Json;
  roles: string[] | null;
}

export function routesOf(registrations: Registrations): RouteView[] {
  return registrations.flatMap((each) =>
    each.kind === 'route' ? [{ methods: each.methods, path: each.path, auth: each.auth, roles: each.roles }] : [],
  );
}
