/**
 * Cross-origin requests (WHATWG Fetch §3.2): the headers that let a page of another origin read an answer. Pure: knows
 * no server.
 */
import type { CorsRules } from '@annex/manifest';

/** Who may read answers from a page of another origin, and what it may send. */
export interface CorsPolicy {
  /** Origins such as `https://app.example.com`, `https://*.example.com` for every host below one, or `'*'` for all. */
  origins: '*' | readonly string[];
  /** Methods that a preflight allows, in capitals. */
  methods: readonly string[];
  /**
   * Request headers that a preflight allows; `'*'`: whichever it asks for. Browsers do not count `Authorization` to a
   * bare `*`.
   */
  requestHeaders: '*' | readonly string[];
  /** Answer headers that the page may read, beside the few that it always may. */
  exposedHeaders: readonly string[];
  /** Whether the page may send cookies. Default: no; with it the origin is always named. */
  credentials?: boolean;
  /** How long a preflight's answer may be kept, in seconds. Default 600. */
  maxAgeS?: number;
}

/** What a CORS decision looks at of a request. */
export interface CorsRequest {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a plugin's route or a webhook source says, as a policy for these methods. */
export function policyOf(
  { origins, requestHeaders, exposedHeaders, maxAgeS }: CorsRules,
  methods: readonly string[],
): CorsPolicy {
  return { origins, methods, requestHeaders, exposedHeaders: exposedHeaders === '*' ? ['*'] : exposedHeaders, maxAgeS };
}

/** Longest `Access-Control-Request-Headers` that is repeated back, in characters. */
const MAX_ASKED = 2048;
const headerNames = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const originShape = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@?#]+$/i;

/** Whether a request only asks if another one may be sent. */
export function isPreflight({ method, headers }: CorsRequest): boolean {
  return (
    method === 'OPTIONS' &&
    typeof headers['origin'] === 'string' &&
    typeof headers['access-control-request-method'] === 'string'
  );
}

/**
 * Headers of every answer under a policy, refusals too. Without `Origin`, or for one that the policy does not name,
 * only `Vary`.
 */
export function corsHeaders(policy: CorsPolicy, { headers }: Pick<CorsRequest, 'headers'>): Record<string, string> {
  const origin = headers['origin'];
  const anybody = policy.origins === '*' && policy.credentials !== true;
  const vary: Record<string, string> = anybody ? {} : { vary: 'Origin' };
  if (typeof origin !== 'string' || !allowsOrigin(policy.origins, origin)) return vary;
  return {
    ...vary,
    'access-control-allow-origin': anybody ? '*' : origin,
    ...(policy.credentials === true && { 'access-control-allow-credentials': 'true' }),
    ...(policy.exposedHeaders.length > 0 && { 'access-control-expose-headers': policy.exposedHeaders.join(', ') }),
  };
}

/** Headers of the answer to a preflight. What the policy does not allow is left out, so that the browser refuses. */
export function preflightHeaders(policy: CorsPolicy, request: Pick<CorsRequest, 'headers'>): Record<string, string> {
  const { vary, 'access-control-expose-headers': _, ...common } = corsHeaders(policy, request);
  const varies = [vary, 'Access-Control-Request-Method', 'Access-Control-Request-Headers'].filter(Boolean).join(', ');
  if (common['access-control-allow-origin'] === undefined) return { vary: varies };
  const allowed =
    policy.requestHeaders === '*'
      ? askedHeaders(request.headers['access-control-request-headers'])
      : policy.requestHeaders.join(', ');
  return {
    ...common,
    vary: varies,
    'access-control-allow-methods': policy.methods.join(', '),
    ...(allowed !== '' && { 'access-control-allow-headers': allowed }),
    'access-control-max-age': String(policy.maxAgeS ?? 600),
  };
}

/** Whether a policy's list names an origin. `null`, which sandboxed pages send, is named by `'*'` only. */
export function allowsOrigin(origins: CorsPolicy['origins'], origin: string): boolean {
  if (origins === '*') return origin === 'null' || originShape.test(origin);
  const asked = origin.toLowerCase();
  return origins.some((one) => {
    const star = one.indexOf('://*.');
    if (star < 0) return one.toLowerCase() === asked;
    const scheme = one.slice(0, star + 3).toLowerCase();
    const suffix = one.slice(star + 4).toLowerCase();
    const label = asked.slice(scheme.length, -suffix.length);
    return asked.startsWith(scheme) && asked.endsWith(suffix) && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(label);
  });
}

/** A `Vary` that names what both name. */
export function joinVary(before: unknown, more: string): string {
  const names = [before, more]
    .flatMap((one) => (typeof one === 'string' ? one.split(',') : Array.isArray(one) ? one.map(String) : []))
    .map((name) => name.trim());
  const seen = new Set<string>();
  return names
    .filter((name) => name !== '' && !seen.has(name.toLowerCase()) && seen.add(name.toLowerCase()))
    .join(', ');
}

function askedHeaders(asked: string | string[] | undefined): string {
  return typeof asked === 'string' && asked.length <= MAX_ASKED && headerNames.test(asked) ? asked : '';
}
