import type { Json } from '@annex/sdk';
import type { DnsRecord, Zone } from './lookup.js';

const types = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SRV', 'PTR', 'CAA'];
const label = /^(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)$/;

/** A zone as it was written, with names in full; or what is wrong with it. `name`: of the zone. */
export function readZone(name: string, value: Json): Zone | string {
  if (!isObject(value)) return 'is no object';
  const { domain = name, ttl, records } = value;
  if (domain !== name) return `says it is ${JSON.stringify(domain)}`;
  if (ttl !== undefined && !isTtl(ttl)) return 'has a ttl that is none';
  if (!Array.isArray(records)) return 'has no records';
  const read: DnsRecord[] = [];
  for (const [index, record] of records.entries()) {
    const one = readRecord(name, record);
    if (typeof one === 'string') return `record ${index} ${one}`;
    read.push(one);
  }
  const aliased = read.find(
    ({ name: at, type }) => type === 'CNAME' && read.some((other) => other.name === at && other.type !== 'CNAME'),
  );
  if (aliased) return `${aliased.name} is a CNAME and something else`;
  return { name, ...(ttl !== undefined && { ttl: Number(ttl) }), records: read };
}

function readRecord(zone: string, record: Json): DnsRecord | string {
  if (!isObject(record)) return 'is no object';
  const { name, type, value, ttl } = record;
  if (typeof name !== 'string') return 'has no name';
  const full = name === '@' ? zone : name.endsWith('.') ? name.slice(0, -1) : `${name}.${zone}`;
  const lower = full.toLowerCase();
  if (lower !== zone && !lower.endsWith(`.${zone}`)) return `is outside of the zone: ${name}`;
  if (!lower.split('.').every((part) => label.test(part))) return `has a name that is none: ${name}`;
  if (typeof type !== 'string' || !types.includes(type)) return `has a type that is none of ${types.join(', ')}`;
  if (typeof value !== 'string' || value === '') return 'has no value';
  const fault = valueFault(type, value);
  if (fault !== undefined) return `has a value that is ${fault}: ${value}`;
  if (ttl !== undefined && !isTtl(ttl)) return 'has a ttl that is none';
  const target = type === 'CNAME' ? inFull(value, zone) : value;
  return { name: lower, type, value: target, ...(ttl !== undefined && { ttl: Number(ttl) }) };
}

function valueFault(type: string, value: string): string | undefined {
  if (type === 'A') {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value)?.slice(1);
    return parts?.every((part) => Number(part) <= 255) ? undefined : 'no IPv4 address';
  }
  if (type === 'AAAA') return URL.canParse(`http://[${value}]/`) ? undefined : 'no IPv6 address';
  if (type === 'MX') return /^\d{1,5} \S+$/.test(value) ? undefined : 'no priority and host';
  return undefined;
}

/** A name is in full when it ends in a dot or holds one; else it is one of the zone. */
function inFull(value: string, zone: string): string {
  if (value === '@') return zone;
  return (value.endsWith('.') ? value.slice(0, -1) : value.includes('.') ? value : `${value}.${zone}`).toLowerCase();
}

function isTtl(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 604_800;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
