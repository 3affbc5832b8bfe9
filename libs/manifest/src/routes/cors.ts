import { isJsonObject, quote, type Json } from '@annex/kernel';
import { routeLimits } from '@annex/limits';

/** Which pages of other origins may call a route and read what it answers. */
export interface CorsRules {
  /** `https://app.example.com`, `https://*.example.com` for the hosts below one; `'*'`: every origin. */
  origins: '*' | string[];
  /** Request headers that such a page may send; `'*'`: whichever it asks for. */
  requestHeaders: '*' | string[];
  /** Answer headers that it may read; `'*'`: all. */
  exposedHeaders: '*' | string[];
  /** How long a browser may keep the answer to a preflight, in seconds. */
  maxAgeS: number;
}

export type CorsReading = { ok: true; rules: CorsRules | null } | { ok: false; detail: string };

const originShape =
  /^(?:[a-z][a-z0-9+.-]*):\/\/(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*(?::[0-9]{1,5})?$|^[a-z][a-z0-9+.-]*:\/\/\[[0-9a-f:.]+\](?::[0-9]{1,5})?$/;
const headerShape = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const keys = ['origins', 'request_headers', 'exposed_headers', 'max_age_s'];

/**
 * Reads `cors` of a route or manifest: `'*'`, a list of origins, or `{ origins, request_headers?, exposed_headers?,
 * max_age_s? }`; `false`: no other origin, whatever the manifest says.
 */
export function readCors(value: Json): CorsReading {
  if (value === false) return { ok: true, rules: null };
  const source = value === '*' || Array.isArray(value) ? { origins: value } : value;
  if (!isJsonObject(source))
    return refuse('write false, "*", a list of origins such as ["https://app.example.com"], or { "origins": [...] }.');
  const unknown = Object.keys(source).find((key) => !keys.includes(key));
  if (unknown !== undefined) return refuse(`has the unknown key ${quote(unknown)}; keys are ${keys.join(', ')}.`);
  const {
    origins,
    request_headers: requestHeaders = '*',
    exposed_headers: exposedHeaders = '*',
    max_age_s: maxAgeS = 600,
  } = source;
  if (origins !== '*' && !isTextList(origins, routeLimits.corsOrigins))
    return refuse(`needs "origins": "*" or a list of 1 to ${routeLimits.corsOrigins} origins.`);
  const wrong = origins === '*' ? undefined : origins.find((origin) => !originShape.test(origin));
  if (wrong !== undefined)
    return refuse(
      `has the origin ${quote(wrong)}; an origin is a scheme and a host in small letters, with a port if it is not ` +
        'the usual one and nothing behind it, such as "https://app.example.com" or "https://*.example.com".',
    );
  for (const [key, list] of [
    ['request_headers', requestHeaders],
    ['exposed_headers', exposedHeaders],
  ] as const) {
    if (list !== '*' && !(isTextList(list, routeLimits.corsHeaders, 0) && list.every((name) => headerShape.test(name))))
      return refuse(
        `has "${key}" that are none; write "*" or a list of at most ${routeLimits.corsHeaders} names of headers.`,
      );
  }
  if (typeof maxAgeS !== 'number' || !Number.isInteger(maxAgeS) || maxAgeS < 0 || maxAgeS > routeLimits.corsMaxAgeS)
    return refuse(`has a "max_age_s" that is no whole number of seconds from 0 to ${routeLimits.corsMaxAgeS}.`);
  return {
    ok: true,
    rules: {
      origins,
      requestHeaders: requestHeaders as CorsRules['requestHeaders'],
      exposedHeaders: exposedHeaders as CorsRules['exposedHeaders'],
      maxAgeS,
    },
  };
}

function refuse(detail: string): CorsReading {
  return { ok: false, detail };
}

function isTextList(value: Json | undefined, max: number, min = 1): value is string[] {
  return (
    Array.isArray(value) &&
    value.length >= min &&
    value.length <= max &&
    value.every((item) => typeof item === 'string')
  );
}
