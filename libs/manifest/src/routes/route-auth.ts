import { didYouMean, isJsonObject, quote, type Json, type JsonObject } from '@annex/kernel';

/**
 * The ways a signed route can be signed. Each is one of `@annex/webhooks`, which checks it; apps/api proves that the
 * lists agree.
 */
export const routeHmacSchemes = [
  'sha256',
  'github',
  'stripe',
  'slack',
  'standard-webhooks',
  'svix',
  'meta',
  'shopify',
  'trello',
  'square',
  'hmac',
] as const;
export const routeTokenSchemes = ['bearer', 'basic', 'token', 'gitlab'] as const;

export interface RouteHmac {
  /** Name of a declared secret. */
  secret: string;
  header?: string;
  /** Default `sha256`. */
  scheme?: (typeof routeHmacSchemes)[number];
  /** The address that the sender was given, for schemes that sign it. Default: the one that was called. */
  url?: string;
  /** With `scheme: 'hmac'`. */
  algorithm?: 'sha256' | 'sha1' | 'sha512';
  encoding?: 'hex' | 'base64';
  prefix?: string;
  signs?: 'body' | 'url+body' | 'body+url';
}

export interface RouteToken {
  /** Name of a declared secret; of `basic` it is `user:password`. */
  secret: string;
  header?: string;
  /** Default: `token` with a `header`, else `bearer`. */
  scheme?: (typeof routeTokenSchemes)[number];
}

/**
 * Who may call a route (docs/plugins.md, "Handlers"): members of the tenant, everybody, or who knows a secret of the
 * plugin.
 */
export type RouteAuth = 'member' | 'public' | { hmac: RouteHmac } | { token: RouteToken };

const headerShape = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const closed: Record<string, readonly string[]> = {
  algorithm: ['sha256', 'sha1', 'sha512'],
  encoding: ['hex', 'base64'],
  signs: ['body', 'url+body', 'body+url'],
};
const hmacKeys = ['secret', 'header', 'scheme', 'url', 'algorithm', 'encoding', 'prefix', 'signs'];
const tokenKeys = ['secret', 'header', 'scheme'];
const shape =
  'has an auth that is none; write "member", "public", { hmac: { secret: "NAME", header: "X-Signature", scheme: ' +
  '"sha256" } } or { token: { secret: "NAME" } }.';

/**
 * What is wrong with a route's `auth`, for people; `undefined`: nothing. `declared`: names of the manifest's secrets.
 */
export function routeAuthFault(auth: Json, declared: readonly string[]): string | undefined {
  if (auth === 'member' || auth === 'public') return undefined;
  if (typeof auth === 'string') return shape + didYouMean(auth, ['member', 'public']);
  if (!isJsonObject(auth)) return shape;
  const [kind, ...others] = Object.keys(auth);
  const inner = kind === undefined ? undefined : auth[kind];
  if (others.length > 0 || (kind !== 'hmac' && kind !== 'token') || !isJsonObject(inner)) return shape;
  const keys = kind === 'hmac' ? hmacKeys : tokenKeys;
  const unknown = Object.keys(inner).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    return (
      `has a ${kind} with the unknown key ${quote(unknown)}; keys are ${keys.join(', ')}.` + didYouMean(unknown, keys)
    );
  return (
    secretFault(kind, inner, declared) ?? schemeFault(kind, inner) ?? (kind === 'hmac' ? formFault(inner) : undefined)
  );
}

function secretFault(kind: string, { secret, header }: JsonObject, declared: readonly string[]): string | undefined {
  if (typeof secret !== 'string') return `has a ${kind} without "secret"; name one of the manifest's secrets.`;
  if (!declared.includes(secret))
    return (
      `names the secret ${quote(secret)}, which the manifest does not declare; add it to ` +
      `"secrets".${didYouMean(secret, declared)}`
    );
  if (header !== undefined && (typeof header !== 'string' || !headerShape.test(header)))
    return `has a ${kind} whose "header" is not the name of a header.`;
  return undefined;
}

function schemeFault(kind: 'hmac' | 'token', { scheme }: JsonObject): string | undefined {
  const schemes: readonly string[] = kind === 'hmac' ? routeHmacSchemes : routeTokenSchemes;
  if (scheme === undefined || (typeof scheme === 'string' && schemes.includes(scheme))) return undefined;
  const text = typeof scheme === 'string' ? scheme : JSON.stringify(scheme);
  return (
    `has ${kind === 'hmac' ? 'an' : 'a'} ${kind} with the scheme ${quote(text)}; write one of ` +
    `${schemes.join(', ')}.${didYouMean(text, schemes)}`
  );
}

function formFault(hmac: JsonObject): string | undefined {
  for (const [key, values] of Object.entries(closed)) {
    const value = hmac[key];
    if (value !== undefined && !(typeof value === 'string' && values.includes(value)))
      return `has an hmac with the ${key} ${quote(JSON.stringify(value))}; write one of ${values.join(', ')}.`;
  }
  const { prefix, url, scheme } = hmac;
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix.length > 50))
    return 'has an hmac with a "prefix" that is not text of at most 50 characters.';
  if (url !== undefined && (typeof url !== 'string' || url.length > 2000 || !URL.canParse(url)))
    return 'has an hmac with a "url" that is not the address that the sender was given.';
  const own = ['algorithm', 'encoding', 'prefix', 'signs'].find((key) => hmac[key] !== undefined);
  if (own !== undefined && scheme !== 'hmac')
    return `has an hmac with "${own}", which only scheme: "hmac" takes; the other schemes say it themselves.`;
  return undefined;
}
