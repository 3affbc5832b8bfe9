/**
 * What can be said about a URL before anything is resolved. Everything is read off `new URL()`, never off the text that
 * was sent.
 */
import { quote } from '@annex/kernel';
import { httpLimits } from '@annex/limits';
import { parseAddress, whyNotPublic } from './address.js';
import { lookUpHost, type AllowHosts } from './allow-hosts.js';
import type { AllowPrivate } from './allow-private.js';
import { egressErrors } from './errors.js';

/** A URL that may be resolved. */
export interface Target {
  url: URL;
  /** Lower case, no trailing dot, no brackets around IPv6. */
  host: string;
  port: number;
  /**
   * The addresses, when the host is an address or a name that always means loopback; otherwise a resolver has to be
   * asked.
   */
  addresses: string[] | null;
  /** Whether only the operator's own list opens this port: no pattern names it. */
  portNeedsOperator: boolean;
}

/** Under what rules a URL is looked at. */
export interface TargetRules {
  allowHosts: AllowHosts;
  allowPrivate: AllowPrivate;
  /** Whether an address is one of this machine's own. */
  isOwn: (address: string) => boolean;
}

/**
 * Top-level names that never mean a host on the Internet: mDNS, private use, home networks, Tor (RFC 6761, 6762, 7686,
 * 8375).
 */
const internalSuffixes = ['.local', '.localdomain', '.internal', '.home.arpa', '.onion'];

/**
 * Ports on which services listen that can be talked to by accident or on purpose through HTTP text: the "bad ports" of
 * the Fetch standard (https://fetch.spec.whatwg.org/#port-blocking). No manifest opens them.
 */
const badPorts = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/**
 * Reads a URL. Throws `EGRESS_URL`, `EGRESS_SCHEME`, `EGRESS_HOST_NOT_ALLOWED`, `EGRESS_PORT` or
 * `EGRESS_PRIVATE_ADDRESS`.
 */
export function readTarget(text: string, { allowHosts, allowPrivate, isOwn }: TargetRules): Target {
  const url = parseUrl(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (host === '' || host.length > 253 || host.split('.').includes('')) {
    throw egressErrors.error(
      'EGRESS_URL',
      `${quote(url.hostname)} is not a host name. Write a name such as api.example.com.`,
    );
  }
  const verdict = lookUpHost(allowHosts, host.includes(':') ? `[${host}]` : host, port);
  if (verdict === 'refused') {
    throw egressErrors.error(
      'EGRESS_HOST_NOT_ALLOWED',
      `The host ${quote(host)} is not in the manifest's http.allow. Add ${quote(suggest(host, port))} to ` +
        'http.allow and upload the plugin again.',
    );
  }
  const target: Target = { url, host, port, addresses: knownAddresses(host), portNeedsOperator: verdict === 'port' };
  if (target.addresses) {
    vetAddresses(target, target.addresses, { allowPrivate, isOwn });
  } else {
    const suffix = internalSuffixes.find((ending) => host.endsWith(ending));
    if (suffix && !allowPrivate.coversName(host, port)) {
      throw egressErrors.error(
        'EGRESS_PRIVATE_ADDRESS',
        `${quote(host)} is a name of an internal network (${suffix}). Plugins reach public hosts only; an operator ` +
          'can open single ones with ANNEX_EGRESS_ALLOW_PRIVATE.',
      );
    }
  }
  return target;
}

/**
 * Vets what a host resolved to and answers the addresses that may be dialled. One bad address among good ones refuses
 * the host: a name that mixes them is being used to get in. For loopback names, those that the operator opened are
 * enough. Throws `EGRESS_PRIVATE_ADDRESS`,
 * `EGRESS_PORT` or `EGRESS_DNS`.
 */
export function vetAddresses(
  { host, port, portNeedsOperator }: Omit<Target, 'addresses'>,
  addresses: readonly string[],
  { allowPrivate, isOwn }: Omit<TargetRules, 'allowHosts'>,
): string[] {
  const opened = addresses.filter((address) => allowPrivate.covers({ host, address, port }));
  if (opened.length > 0 && (opened.length === addresses.length || isLoopbackName(host))) return opened;
  if (addresses.length === 0)
    throw egressErrors.error('EGRESS_DNS', `The name ${quote(host)} has no address. Check its spelling.`);
  const reason = addresses
    .map((address) =>
      opened.includes(address) ? undefined : (whyNotPublic(address) ?? (isOwn(address) ? 'this machine' : undefined)),
    )
    .find((why) => why !== undefined);
  if (reason !== undefined) {
    const what = parseAddress(host)
      ? `The address ${host} is not public (${reason})`
      : `${quote(host)} resolves to an address that is not public`;
    throw egressErrors.error(
      'EGRESS_PRIVATE_ADDRESS',
      `${what}. Plugins reach public hosts only; an operator can open single addresses with ` +
        'ANNEX_EGRESS_ALLOW_PRIVATE.',
    );
  }
  if (badPorts.has(port))
    throw egressErrors.error(
      'EGRESS_PORT',
      `Port ${port} belongs to a protocol that is not HTTP and is never requested.`,
    );
  if (portNeedsOperator) {
    throw egressErrors.error(
      'EGRESS_PORT',
      `Port ${port} of ${quote(host)} is not allowed: http.allow opens 80 and 443 unless it names a port. Add ` +
        `${quote(suggest(host, port))} to http.allow.`,
    );
  }
  return [...addresses];
}

function parseUrl(text: string): URL {
  if (text.length > httpLimits.urlChars)
    throw egressErrors.error(
      'EGRESS_URL',
      `The URL is ${text.length} characters long; the limit is ${httpLimits.urlChars}.`,
    );
  const url = URL.parse(text);
  if (!url)
    throw egressErrors.error(
      'EGRESS_URL',
      `${quote(text)} is not an absolute URL. Write one such as https://api.example.com/path.`,
    );
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw egressErrors.error('EGRESS_SCHEME', `${quote(url.protocol)} cannot be requested. Use https: or http:.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw egressErrors.error(
      'EGRESS_URL',
      'The URL holds a user name or password. Send an Authorization header instead.',
    );
  }
  return url;
}

function knownAddresses(host: string): string[] | null {
  if (parseAddress(host)) return [host];
  return isLoopbackName(host) ? ['127.0.0.1', '::1'] : null;
}

/** `localhost` and everything under it is loopback by definition (RFC 6761 §6.3), whatever a resolver says. */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function suggest(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 || port === 443 ? name : `${name}:${port}`;
}
