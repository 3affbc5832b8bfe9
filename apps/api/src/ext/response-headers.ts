/**
 * The response headers that a plugin may send. An allow-list: a server in front of Annex obeys headers of the answers
 * that pass it (nginx reads
 * `X-Accel-*`, Apache `X-Sendfile`, caches `Surrogate-*` and `CDN-*`), and a browser obeys those that speak for the
 * whole host. So a name passes when it is a standard field that speaks of this one answer, or of a family that
 * applications own. Everything else is left out and named in the run's log. The table is told in docs/plugins.md.
 */
import type { RouteResponse } from '@annex/sandbox';

/** Standard fields (RFC 9110, Fetch, CSP, …) about the one answer that carries them. */
const standard = new Set([
  'accept-patch',
  'accept-post',
  'accept-ranges',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'allow',
  'cache-control',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-security-policy',
  'content-security-policy-report-only',
  'content-type',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'dav',
  'deprecation',
  'digest',
  'etag',
  'expires',
  'idempotency-key',
  'last-modified',
  'link',
  'location',
  'lock-token',
  'mcp-protocol-version',
  'mcp-session-id',
  'permissions-policy',
  'pragma',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'referrer-policy',
  'repr-digest',
  'retry-after',
  'server-timing',
  'sourcemap',
  'sunset',
  'timing-allow-origin',
  'vary',
  'want-content-digest',
  'want-repr-digest',
  'warning',
]);

/** Families of applications: own fields (`x-`), CloudEvents, htmx, Turbo, resumable uploads, webhooks. */
const families = /^(x|ce|hx|turbo|tus|upload|webhook)-/;

/** Of `x-` those that servers, proxies, caches and hosts on the way obey or believe, and Annex's own. */
const infrastructure = new RegExp(
  `^x-(${[
    'accel-',
    'sendfile',
    'lighttpd-',
    'litespeed-',
    'ls-',
    'reproxy-', // servers that send a file, or turn elsewhere
    'forwarded(-|$)',
    'real-ip$',
    'client-ip$',
    'cluster-client-ip$',
    'original-',
    'rewrite-',
    'middleware-',
    'proxy-',
    'auth-request-',
    'http-method-override$', // proxies
    'cache(-|$)',
    'varnish(-|$)',
    'served-by$',
    'surrogate-',
    'cdn-',
    'edge-',
    'akamai-',
    'fastly-',
    'cloud-',
    'azure-',
    'vercel-',
    'nf-',
    'amzn-',
    'amz-cf-',
    'goog-',
    'google-', // caches, hosts
    'envoy-',
    'kong-',
    'traefik-',
    'consul-',
    'b3-',
    'datadog-', // meshes
    'annex-',
    'request-id$',
    'tenant-slug$',
    'content-type-options$',
  ].join('|')})`,
);

/** Fields that may come once; of several the last is sent. Any other comes as often as it was given (RFC 9110 §5.3). */
const singletons = new Set([
  'access-control-allow-origin',
  'access-control-max-age',
  'content-disposition',
  'content-location',
  'content-range',
  'content-type',
  'deprecation',
  'etag',
  'expires',
  'idempotency-key',
  'last-modified',
  'location',
  'lock-token',
  'mcp-protocol-version',
  'mcp-session-id',
  'retry-after',
  'sourcemap',
  'sunset',
]);

/** Whether a plugin may send this field; lower-case. */
export function isPluginHeader(name: string): boolean {
  return standard.has(name) || (families.test(name) && !infrastructure.test(name));
}

/** What is sent of a plugin's headers. */
export interface SentHeaders {
  /** By lower-case name; a list is sent as several lines. */
  fields: Map<string, string | string[]>;
  /** Names that were left out, each once. */
  dropped: string[];
  /** A value holds characters beyond ASCII; they leave as the bytes that Fetch says (Latin-1), whatever the body is. */
  hasBytes: boolean;
}

const beyondAscii = /[^\0-\x7f]/;

/** Sorts a plugin's headers into those that are sent and those that are not. */
export function sentHeaders(pairs: RouteResponse['headers']): SentHeaders {
  const fields: SentHeaders['fields'] = new Map();
  const dropped: string[] = [];
  let hasBytes = false;
  for (let index = 0; index < pairs.length; index += 1) {
    const pair = pairs[index];
    if (!pair) continue;
    const [name, value] = pair;
    if (!isPluginHeader(name)) {
      // Fastify measures the body itself: whoever sends the right length has lost nothing.
      if (name !== 'content-length' && dropped.length < 50 && !dropped.includes(name)) dropped.push(name);
      continue;
    }
    hasBytes ||= beyondAscii.test(value);
    const known = fields.get(name);
    if (known === undefined || singletons.has(name)) fields.set(name, value);
    else if (typeof known === 'string') fields.set(name, [known, value]);
    else known.push(value);
  }
  return { fields, dropped, hasBytes };
}

/** What is said of headers that were left out, in the log of the run; `undefined`: nothing was. */
export function droppedText(dropped: readonly string[]): string | undefined {
  if (dropped.length === 0) return undefined;
  const names = dropped.map((name) => name.slice(0, 64)).join(', ');
  return (
    `Response headers that no plugin may send were left out: ${names}. An answer carries standard headers about ` +
    'itself and your own "x-" ones; docs/plugins.md has the table.'
  );
}

/**
 * Directives that let a shared cache keep an answer (RFC 9111 §5.2.2), and `private` with or without names of fields.
 */
const shared = /^(public|s-maxage|proxy-revalidate|private)(\s*=.*)?$/i;

/**
 * The `Cache-Control` of an answer that is meant for its caller alone: as the plugin wrote it, but never for a shared
 * cache.
 */
export function privately(given: string | string[] | undefined): string {
  if (given === undefined) return 'private';
  const text = Array.isArray(given) ? given.join(',') : given;
  // A comma inside quotes divides a value, not directives; what is left of it then is an unknown directive, which
  // caches pass over.
  const kept = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !shared.test(each));
  return ['private', ...kept].join(', ');
}
