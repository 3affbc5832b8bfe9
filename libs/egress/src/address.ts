/**
 * Which addresses are public. The rule is a short list of what is let through, not of what is kept out: an address
 * nobody thought of is refused. Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) as
 * ipaddr.js knows them, and what they leave open.
 */
import ipaddr from 'ipaddr.js';
import { isIPv4, isIPv6 } from 'node:net';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * The address in a text, IPv4-mapped IPv6 reduced to IPv4; `undefined` when it is none. Zones (`%eth0`) make it none.
 */
export function parseAddress(text: string): Address | undefined {
  // Node decides what an address is, not ipaddr.js, which also reads short, octal and hexadecimal forms and takes
  // `::8.8.8.8` for mapped.
  if (isIPv4(text)) return ipaddr.parse(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const inHex = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  return inHex === undefined ? undefined : ipaddr.process(inHex);
}

/** One spelling for each address, so that two can be compared: dotted IPv4 (mapped IPv6 included), compressed IPv6. */
export function canonicalAddress(text: string): string | undefined {
  return parseAddress(text)?.toString();
}

/** Why an address is not public, in one word or two, or `undefined` when it is. */
export function whyNotPublic(text: string): string | undefined {
  const address = parseAddress(text);
  if (!address) return 'not an address';
  const range = address.range();
  if (range !== 'unicast') return words[range] ?? range;
  if (isAzureWireServer(address)) return 'cloud platform';
  if (address.kind() === 'ipv4') return undefined;
  if (!isGlobalUnicast(address)) return 'unassigned';
  if (isIsatap(address)) return 'ISATAP tunnel';
  return undefined;
}

/** Azure answers its virtual machines on this otherwise public address. */
function isAzureWireServer(address: Address): boolean {
  return address.toString() === '168.63.129.16';
}

/** 2000::/3, the only part of IPv6 that IANA hands out for the Internet (RFC 4291 §2.4). */
function isGlobalUnicast(address: Address): boolean {
  return address.kind() === 'ipv6' && ((address as ipaddr.IPv6).parts[0] ?? 0) >> 13 === 1;
}

/**
 * An interface id of ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d carries an IPv4 address that a router may unwrap (RFC 5214
 * §6.1).
 */
function isIsatap(address: Address): boolean {
  const { parts } = address as ipaddr.IPv6;
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
}

const words: Record<string, string> = {
  unspecified: 'unspecified',
  linkLocal: 'link-local',
  uniqueLocal: 'private',
  carrierGradeNat: 'carrier-grade NAT',
  rfc6052: 'NAT64',
  rfc6145: 'translated',
  ipv4Mapped: 'mapped',
};
