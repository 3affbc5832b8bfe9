/** What `REDIS_URL` may say: one server, one behind sentinels, or a cluster; each over TLS too. */
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { didYouMean, messageOf } from '@annex/kernel';

/** Where Redis is, and how to sign in there. */
export interface RedisAddress {
  form: 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. */
  hosts: { host: string; port: number }[];
  username: string | undefined;
  password: string | undefined;
  /** Number of the database; 0 in a cluster. */
  db: number;
  /** The name by which the sentinels know the primary; `undefined` in other forms. */
  master: string | undefined;
  /** How to sign in at the sentinels, where they want it. */
  sentinel: { username: string | undefined; password: string | undefined };
  /** Version of IP; 0: either. */
  family: 0 | 4 | 6;
  /** `undefined`: no TLS. The certificate's name is compared with the host's. */
  tls: SecureContextOptions | undefined;
}

const forms = { '': 'single', '+sentinel': 'sentinel', '+cluster': 'cluster' } as const;
const parameters = [
  'db',
  'family',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sentinel_username',
  'sentinel_password',
] as const;
const certificateFiles = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

/**
 * Reads `redis[s]://…/db`, `redis[s]+sentinel://…,…/master/db` or `redis[s]+cluster://…,…`. Throws an error that says
 * what is wrong; it names no password.
 */
export function readRedisUrl(text: string): RedisAddress {
  const parts = /^redis(s?)(\+sentinel|\+cluster|):\/\/(?:([^@/?]*)@)?([^/?]*)((?:\/[^?]*)?)(?:\?(.*))?$/.exec(
    text.trim(),
  );
  if (!parts) {
    throw new Error(
      'must be redis://host:6379, redis+sentinel://host:26379,host:26379/mymaster or redis+cluster://host:6379,' +
        'host:6379, with rediss for TLS; in a password write @ as %40 and / as %2F',
    );
  }
  const [, secure, kind = '', login, places = '', path = '', query = ''] = parts;
  const form = forms[kind as keyof typeof forms];
  const given = readParameters(query);
  const hosts = places.split(',').map((place) => readHost(place, form === 'sentinel' ? 26_379 : 6379));
  if (form === 'single' && hosts.length > 1)
    throw new Error('names several hosts: write redis+sentinel:// or redis+cluster:// for what they are');
  const segments = path.split('/').filter(Boolean).map(decode);
  const master = form === 'sentinel' ? segments.shift() : undefined;
  if (form === 'sentinel' && master === undefined)
    throw new Error('lacks the name of the primary: redis+sentinel://host:26379,host:26379/mymaster');
  const db = Number(segments.shift() ?? given.get('db') ?? 0);
  if (!Number.isInteger(db) || db < 0 || segments.length > 0) throw new Error('must end in the number of a database');
  if (form === 'cluster' && db !== 0) throw new Error('names a database: a cluster has none but 0');
  const [username, password] = login === undefined ? [] : [beforeColon(login), afterColon(login)];
  return {
    form,
    hosts,
    username: username === '' || username === undefined ? undefined : decode(username),
    password: password === undefined ? undefined : decode(password),
    db,
    master,
    sentinel: { username: given.get('sentinel_username'), password: given.get('sentinel_password') },
    family: readFamily(given.get('family')),
    tls: readTls(secure === 's', given),
  };
}

/** The address for people: no user, no password, no parameter. */
export function redisPlace({ form, hosts, master }: RedisAddress): string {
  const all = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  return form === 'single' ? all : form === 'cluster' ? `the cluster ${all}` : `${master ?? ''} of sentinels ${all}`;
}

const beforeColon = (text: string): string => text.split(':', 1)[0] ?? '';
const afterColon = (text: string): string | undefined =>
  text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that begins no escape: write it as %25');
  }
}

function readHost(place: string, defaultPort: number): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(place.trim()) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number > 65_535) throw new Error('must name each host as host or host:port');
  return { host, port: number };
}

function readParameters(query: string): Map<string, string> {
  const given = new Map(new URLSearchParams(query));
  for (const name of given.keys())
    if (!parameters.some((known) => known === name))
      throw new Error(
        `has the unknown parameter ${name}; known are ${parameters.join(', ')}.${didYouMean(name, parameters)}`,
      );
  return given;
}

function readFamily(text = '0'): RedisAddress['family'] {
  const family = Number(text);
  if (family !== 0 && family !== 4 && family !== 6) throw new Error('has a family other than 4, 6 or 0 (either)');
  return family;
}

function readTls(isSecure: boolean, given: Map<string, string>): SecureContextOptions | undefined {
  const tls: SecureContextOptions = {};
  for (const [name, option] of Object.entries(certificateFiles)) {
    const path = given.get(name);
    if (path === undefined) continue;
    if (!isSecure) throw new Error(`has ${name} without TLS: write rediss:// for redis://`);
    try {
      tls[option] = readFileSync(path, 'utf8');
    } catch (thrown) {
      throw new Error(`${name}: ${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
    }
  }
  return isSecure ? tls : undefined;
}
