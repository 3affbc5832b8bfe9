import { coversHost } from '@annex/host-api';
import { domainToASCII } from 'node:url';

/**
 * Who may be asked: host patterns of a manifest (`api.slack.com`, `*.example.com`, either with `:port`), or any public
 * host.
 */
export type AllowHosts = readonly string[] | 'any';

/**
 * How a list of patterns takes a host and port. `port`: the host is allowed, but a pattern would have to name the port.
 */
export type HostVerdict = 'allowed' | 'port' | 'refused';

/**
 * Looks a host up in the allowed ones. A pattern without a port is for 80 and 443; one with a port is for that port
 * alone. A wildcard covers names only, never addresses. `'any'` takes every port.
 */
export function lookUpHost(allow: AllowHosts, host: string, port: number): HostVerdict {
  if (allow === 'any') return 'allowed';
  let verdict: HostVerdict = 'refused';
  for (const pattern of allow) {
    const parsed = parsePattern(pattern);
    if (!parsed || !covers(parsed.host, host)) continue;
    if (parsed.port === port || (parsed.port === null && (port === 80 || port === 443))) return 'allowed';
    verdict = 'port';
  }
  return verdict;
}

function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  return !host.startsWith('[') && !/^[\d.]+$/.test(host) && coversHost(pattern, host);
}

/** A pattern in the spelling of `URL.hostname`; `undefined` for one that can match nothing, such as `*`. */
function parsePattern(pattern: string): { host: string; port: number | null } | undefined {
  const parts = /^(\*\.)?(\[[^\]]+\]|[^:/?#@\\]+)(?::(\d{1,5}))?$/.exec(pattern.trim().toLowerCase());
  if (!parts) return undefined;
  const [, wildcard = '', name = '', port] = parts;
  const host = wildcard ? domainToASCII(name) : URL.parse(`http://${name}/`)?.hostname;
  if (!host || host.includes('*')) return undefined;
  return { host: `${wildcard}${host.replace(/\.$/, '')}`, port: port === undefined ? null : Number(port) };
}
