/** Which header fields leave, which follow a redirect, which come back. */
import { quote } from '@annex/kernel';
import { httpLimits } from '@annex/limits';
import { egressErrors } from './errors.js';

/** Header fields in order; names may repeat. */
export type HeaderList = readonly (readonly [string, string])[];

/** Counts how often a request passed through this platform; the API door reads it and hands it on. */
export const hopsHeader = 'x-annex-hops';
/** Names the tenant and plugin that sent the request, so that a receiver can complain about the right one. */
export const sourceHeader = 'x-annex-source';

/**
 * Those of one connection (RFC 9110 §7.6.1), those the connection itself decides, and those with which a sender would
 * claim to be a proxy.
 */
const neverSent = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
  'content-length',
  'accept-encoding',
  'forwarded',
  'via',
  'x-real-ip',
  'client-ip',
  'true-client-ip',
]);
const neverSentPrefixes = ['x-forwarded-', 'x-internal-', 'x-annex-', 'proxy-', 'sec-'];

/**
 * What may follow a redirect to another origin. A list of what is harmless, because a secret can stand in a header of
 * any name.
 */
const crossesOrigins = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-language',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'range',
  'user-agent',
]);

/** About the body; dropped with it when a redirect turns the request into a GET. */
const describesBody = new Set(['content-type', 'content-language', 'content-encoding', 'content-location', 'digest']);

/** What the platform says about itself. */
export interface Sender {
  /** `<tenant>/<plugin>`. */
  source: string | undefined;
  hops: number;
}

/**
 * The fields that a plugin's request leaves with: what may not be sent is dropped silently, as browsers do; what is
 * malformed is refused with `EGRESS_REQUEST`.
 */
export function outgoingHeaders(fields: HeaderList, { source, hops }: Sender): [string, string][] {
  if (fields.length > httpLimits.headerFields)
    throw egressErrors.error(
      'EGRESS_REQUEST',
      `The request has ${fields.length} header fields; the limit is ${httpLimits.headerFields}.`,
    );
  let bytes = 0;
  const out: [string, string][] = [];
  for (const [rawName, rawValue] of fields) {
    const name = rawName.toLowerCase();
    const value = rawValue.replace(/^[\t ]+|[\t ]+$/g, '');
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name))
      throw egressErrors.error('EGRESS_REQUEST', `${quote(rawName)} is not a header name.`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw egressErrors.error(
        'EGRESS_REQUEST',
        `The value of the header ${quote(name)} has a line break, a control character or one outside Latin-1. ` +
          'Encode it.',
      );
    }
    bytes += name.length + value.length + 4;
    if (bytes > httpLimits.headerBytes)
      throw egressErrors.error('EGRESS_REQUEST', `The header fields are larger than ${httpLimits.headerBytes} bytes.`);
    if (neverSent.has(name) || neverSentPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    out.push([name, value]);
  }
  if (!out.some(([name]) => name === 'user-agent')) out.push(['user-agent', 'Annex/1']);
  if (!out.some(([name]) => name === 'accept')) out.push(['accept', '*/*']);
  out.push(['accept-encoding', 'gzip'], [hopsHeader, String(hops + 1)]);
  if (source !== undefined) out.push([sourceHeader, source.replace(/[^\x21-\x7e]/g, '?')]);
  return out;
}

/** The fields for the next hop of a redirect. */
export function redirectedHeaders(
  fields: HeaderList,
  { sameOrigin, keepsBody }: { sameOrigin: boolean; keepsBody: boolean },
): [string, string][] {
  return fields
    .filter(
      ([name]) =>
        sameOrigin ||
        crossesOrigins.has(name) ||
        name === 'accept-encoding' ||
        name === hopsHeader ||
        name === sourceHeader,
    )
    .filter(([name]) => keepsBody || !describesBody.has(name))
    .map(([name, value]) => [name, value]);
}

const ofTheConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'trailer',
  'upgrade',
]);

/**
 * The fields a plugin sees of a response: lower-case names, without those of the connection and, after inflating, of
 * the coding.
 */
export function incomingHeaders(raw: readonly string[], { inflated }: { inflated: boolean }): [string, string][] {
  const out: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (ofTheConnection.has(name) || (inflated && (name === 'content-encoding' || name === 'content-length'))) continue;
    out.push([name, raw[index + 1] ?? '']);
  }
  return out;
}

/** The first value of a field in a raw list. */
export function rawHeader(raw: readonly string[], wanted: string): string | undefined {
  for (let index = 0; index + 1 < raw.length; index += 2)
    if (raw[index]?.toLowerCase() === wanted) return raw[index + 1];
  return undefined;
}

/** Reads the hop count of an incoming request; anything unreadable counts as none. */
export function readHops(value: string | undefined): number {
  return value !== undefined && /^\d{1,3}$/.test(value) ? Number(value) : 0;
}
