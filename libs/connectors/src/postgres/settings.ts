/** What a source of type `postgres` is told: where, as whom, and what. */
import type { JsonObject } from '@annex/kernel';

export interface PostgresSettings {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl: false | { rejectUnauthorized: boolean; servername?: string };
  publication: string;
  slot: string;
}

/**
 * Only what is named here is taken from the address: the driver's own reader would take files and this program's
 * environment for what the address leaves out.
 */
export function readSettings(given: JsonObject): PostgresSettings {
  const url = new URL(String(given['url']));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const mode = url.searchParams.get('sslmode') ?? 'verify-full';
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl:
      mode === 'disable'
        ? false
        : {
            rejectUnauthorized: mode === 'verify-full',
            ...(/[a-z]/i.test(host) && !host.includes(':') && { servername: host }),
          },
    publication: String(given['publication'] ?? 'annex'),
    slot: String(given['slot'] ?? 'annex'),
  };
}
