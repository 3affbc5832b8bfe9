/** Certificates of what the operator named, as the other side shows them. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { DAY } from '@annex/kernel';
import { readRedisUrl } from '@annex/queue';
import type { Look } from '@annex/operations';
import type { Settings } from '../config.js';
import { fault, fine, warning, type Seen } from './finding.js';

/** What renews certificates does it at 30 days; below this it has failed for a while. */
const nearDays = 21;
const waitMs = 3000;
/** How many places are looked at. */
const mostPlaces = 16;

interface Place {
  /** The setting that names it. */
  setting: string;
  host: string;
  port: number;
  /** PostgreSQL is asked in plain text whether it takes TLS. */
  asksFirst: boolean;
}

/** Looks at every certificate of a setting. */
export function certificateLooks(settings: Settings): Look[] {
  return placesOf(settings)
    .slice(0, mostPlaces)
    .map((place) => ({ check: 'certificate', look: () => lookAt(place) }));
}

export function placesOf({ publicUrl, oidc, otlpEndpoint, llm, packages, databaseUrl, redisUrl }: Settings): Place[] {
  const places: Place[] = [];
  const add = (setting: string, text: string | undefined): void => {
    const url = text === undefined ? null : URL.parse(text);
    if (url?.protocol === 'https:')
      places.push({ setting, host: bare(url.hostname), port: Number(url.port || 443), asksFirst: false });
  };
  add('ANNEX_PUBLIC_URL', publicUrl);
  add('ANNEX_OIDC_ISSUER', oidc?.issuer);
  add('OTEL_EXPORTER_OTLP_ENDPOINT', otlpEndpoint);
  add('LLM_BASE_URL', llm.baseUrl);
  add('ANNEX_CATALOGUE_URL', packages.catalogueUrl);
  add('ANNEX_PUBLISHERS', packages.publishers);
  const database = databaseUrl === undefined ? null : URL.parse(databaseUrl);
  if (database && !['disable', null].includes(database.searchParams.get('sslmode')))
    places.push({
      setting: 'DATABASE_URL',
      host: bare(database.hostname),
      port: Number(database.port || 5432),
      asksFirst: true,
    });
  const redis = redisUrl === undefined ? undefined : readRedisUrl(redisUrl);
  if (redis?.tls)
    for (const { host, port } of redis.hosts) places.push({ setting: 'REDIS_URL', host, port, asksFirst: false });
  return places;
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

async function lookAt(place: Place): Promise<Seen[]> {
  const { setting, host, port } = place;
  const ends = new Date(await endOfCertificate(place));
  const days = Math.floor((ends.getTime() - Date.now()) / DAY);
  const detail = `${setting} (${host}:${port}): its certificate ends on ${ends.toISOString().slice(0, 10)}.`;
  const wayOut = 'Renew it, and look why nothing did by itself.';
  if (days < 0) return [fault(detail, wayOut)];
  return [days < nearDays ? warning(detail, wayOut) : fine(detail)];
}

/** When the certificate ends that a server shows, whether anybody believes it or not. */
async function endOfCertificate({ host, port, asksFirst }: Place): Promise<string> {
  const socket = connectPlain({ host, port, timeout: waitMs });
  socket.once('timeout', () => socket.destroy(new Error(`${host}:${port} did not answer within ${waitMs} ms`)));
  try {
    await heard(socket, 'connect');
    if (asksFirst) await askForTls(socket);
    const secured = connectSecure({
      socket,
      host,
      servername: /[a-z]/i.test(host) && !host.includes(':') ? host : '',
      rejectUnauthorized: false,
    });
    await heard(secured, 'secureConnect');
    const { valid_to: end } = secured.getPeerCertificate();
    secured.destroy();
    return end;
  } finally {
    socket.destroy();
  }
}

/** PostgreSQL's SSLRequest (protocol 3.0, "SSL Session Encryption"): eight bytes, answered by one. */
async function askForTls(socket: Socket): Promise<void> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  const answer = await heard<Buffer>(socket, 'data');
  if (answer.toString('latin1') !== 'S') throw new Error('the server takes no TLS');
}

function heard<T>(socket: Socket, event: string): Promise<T> {
  return new Promise((done, failed) => {
    socket.once(event, done);
    socket.once('error', failed);
    socket.once('close', () => failed(new Error('the connection was closed')));
  });
}
