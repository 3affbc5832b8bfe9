/**
 * The operator's word on addresses inside the network that plugins and webhooks may reach
 * (`ANNEX_EGRESS_ALLOW_PRIVATE`). Entries:
 * `10.1.2.3:8080`, `[fd00::1]:8080` (one address and port), `minio:9000` (one name and port, wherever it resolves to),
 * `10.1.0.0/16`, `fd00::/8`, `10.1.2.3` (addresses, every port), `10.1.0.0/16:443` (addresses, one port).
 */
import type ipaddr from 'ipaddr.js';
import { canonicalAddress, parseAddress } from './address.js';

interface AddressRule {
  kind: 'address';
  network: ipaddr.IPv4 | ipaddr.IPv6;
  prefix: number;
  port: number | null;
}
interface NameRule {
  kind: 'name';
  name: string;
  port: number;
}
type Rule = AddressRule | NameRule;

/** A checked connection target. */
export interface Endpoint {
  /** The URL's host name in lower case without a trailing dot; an address when the URL holds one. */
  host: string;
  /** Where the connection would go. */
  address: string;
  port: number;
}

/** A parsed list of such entries. */
export interface AllowPrivate {
  /** Whether an entry covers the endpoint, by its vetted address or by its name. */
  covers(endpoint: Endpoint): boolean;
  /** Whether an entry names this host and port, whatever it resolves to. */
  coversName(host: string, port: number): boolean;
}

/** What is wrong with an entry, as a sentence, or `undefined`. For the check of settings at start. */
export function allowPrivateProblem(entry: string): string | undefined {
  const rule = parseRule(entry.trim());
  return typeof rule === 'string' ? rule : undefined;
}

/** Parses a list of entries; empty ones are skipped. Throws `RangeError` naming the first bad one. */
export function parseAllowPrivate(entries: readonly string[]): AllowPrivate {
  const rules: Rule[] = [];
  for (const entry of entries) {
    if (entry.trim() === '') continue;
    const rule = parseRule(entry.trim());
    if (typeof rule === 'string') throw new RangeError(rule);
    rules.push(rule);
  }
  const coversName = (host: string, port: number): boolean =>
    rules.some((rule) => rule.kind === 'name' && rule.name === host && rule.port === port);
  return {
    coversName,
    covers: ({ host, address, port }) =>
      coversName(host, port) || rules.some((rule) => rule.kind === 'address' && coversAddress(rule, address, port)),
  };
}

function coversAddress({ network, prefix, port: only }: AddressRule, text: string, port: number): boolean {
  const address = parseAddress(text);
  if (!address || (only !== null && only !== port)) return false;
  if (address.kind() !== network.kind()) return false;
  return (address as ipaddr.IPv4).match(network as ipaddr.IPv4, prefix);
}

function parseRule(entry: string): Rule | string {
  const problem = `"${entry.slice(0, 80)}" is not host:port, an address, or a CIDR such as 10.1.0.0/16`;
  const cidr = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})(?::(\d{1,5}))?$/i.exec(entry);
  if (cidr) {
    const [, base = '', length = '', port] = cidr;
    const network = parseAddress(base);
    const prefix = Number(length);
    if (!network || prefix > (network.kind() === 'ipv4' ? 32 : 128) || !isPort(port)) return problem;
    return { kind: 'address', network, prefix, port: port === undefined ? null : Number(port) };
  }
  const bare = parseAddress(entry.replace(/^\[(.*)\]$/, '$1'));
  if (bare) return { kind: 'address', network: bare, prefix: bare.kind() === 'ipv4' ? 32 : 128, port: null };
  const pair = /^(\[[0-9a-f.:]+\]|[a-z0-9_.-]+):(\d{1,5})$/i.exec(entry);
  if (!pair) return problem;
  const [, host = '', port = ''] = pair;
  if (!isPort(port)) return problem;
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, '$1'));
  const network = address === undefined ? undefined : parseAddress(address);
  if (network) return { kind: 'address', network, prefix: network.kind() === 'ipv4' ? 32 : 128, port: Number(port) };
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return problem;
  return { kind: 'name', name: host.toLowerCase().replace(/\.$/, ''), port: Number(port) };
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (Number(text) >= 1 && Number(text) <= 65_535);
}
