import { coversHost } from './permissions.js';

/**
 * Whether a secret's `allowed_hosts` let it go where a URL leads. An empty list leaves that to other rules. A pattern
 * without a port is for every port that may be reached at all.
 */
export function secretMayGoTo(allowedHosts: readonly string[], { hostname, port, protocol }: URL): boolean {
  if (allowedHosts.length === 0) return true;
  const actual = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const host = hostname.replace(/\.$/, '');
  return allowedHosts.some((pattern) => {
    const [, name = '', wanted] = /^(.*?)(?::(\d{1,5}))?$/.exec(pattern) ?? [];
    return (wanted === undefined || wanted === actual) && coversHost(name, host);
  });
}
