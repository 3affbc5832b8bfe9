/** What each screen of a portal needs of the API, so that its session opens that and nothing else. */

/** Calls by the beginning of their path, a parameter written as `*`. `reads`: with GET alone. */
interface Needs {
  reads?: readonly string[];
  acts?: readonly string[];
}

/** Screens that may stand in a portal. Those that give credentials or steer the tenant itself are not among them. */
const needsOf = {
  overview: { reads: ['/api/stats', '/api/plugins', '/api/jobs', '/api/alerts', '/api/dead-letters', '/api/usage'] },
  plugins: { reads: ['/api/stats', '/api/jobs', '/api/runs', '/api/sources'], acts: ['/api/plugins'] },
  jobs: { reads: ['/api/jobs', '/api/plugins', '/api/runs'], acts: ['/api/plugins/*/jobs'] },
  runs: { reads: ['/api/plugins', '/api/events', '/api/stats'], acts: ['/api/runs'] },
  events: { reads: ['/api/runs', '/api/mappings'], acts: ['/api/events'] },
  alerts: { reads: ['/api/events'], acts: ['/api/alerts'] },
  'dead-letters': { reads: ['/api/runs', '/api/plugins'], acts: ['/api/dead-letters'] },
  logs: { reads: ['/api/plugins', '/api/runs'] },
  sources: { reads: ['/api/plugins', '/api/runs', '/api/events'], acts: ['/api/sources'] },
  mappings: { reads: ['/api/events'], acts: ['/api/mappings'] },
  webhooks: { reads: ['/api/plugins'], acts: ['/api/webhooks', '/api/hooks'] },
  data: { acts: ['/api/data'] },
  files: { acts: ['/api/files'] },
  usage: { reads: ['/api/usage'] },
  audit: { reads: ['/api/audit'] },
} as const satisfies Record<string, Needs>;

export type PortalScreen = keyof typeof needsOf;

export const portalScreens = Object.keys(needsOf) as [PortalScreen, ...PortalScreen[]];

/** What every portal needs. A plugin's secrets are never among what it reads. */
const always: Needs = { reads: ['/api/tenant', '/api/actors'], acts: ['/api/auth/stream-token'] };
const never = ['/api/plugins/*/secrets', '/api/audit/platform'];

/** Calls that a portal with these screens may make, as `GET /api/runs`; `*` in the place of the method: all. */
export function portalCalls(screens: readonly string[]): string[] {
  const needs: Needs[] = [always, ...screens.flatMap((screen) => (isPortalScreen(screen) ? needsOf[screen] : []))];
  const calls = needs.flatMap(({ reads = [], acts = [] }) => [
    ...reads.map((path) => `GET ${path}`),
    ...acts.map((path) => `* ${path}`),
  ]);
  return [...new Set(calls)];
}

/** Whether one of `calls` covers a request to a route, as Fastify writes it: `/api/runs/:id/cancel`. */
export function isPortalCall(calls: readonly string[], method: string, route: string): boolean {
  const path = route.replaceAll(/:\w+/g, '*');
  if (never.some((prefix) => isBelow(path, prefix))) return false;
  return calls.some((call) => {
    const [verb, prefix = ''] = call.split(' ');
    return (verb === '*' || verb === method) && isBelow(path, prefix);
  });
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function isPortalScreen(screen: string): screen is PortalScreen {
  return Object.hasOwn(needsOf, screen);
}
