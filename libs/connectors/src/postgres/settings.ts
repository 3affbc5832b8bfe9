/** What a source of type `postgres` is told: where, as whom, and what. */
import { quote, type InputFault, type JsonObject } from '@annex/kernel';

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

const namePattern = /^[a-z_][a-z0-9_]{0,62}$/;
const keys = ['url', 'publication', 'slot'];
const modes = ['verify-full', 'require', 'disable'];
const placeholder = /\$\{/;

/** Every fault. A text that holds a placeholder is judged once it is filled in. */
export function settingsFaults(given: JsonObject): InputFault[] {
  const faults: InputFault[] = [];
  const refuse = (key: string, code: string, detail: string): number =>
    faults.push({ pointer: `/${key}`, code, detail });
  for (const key of Object.keys(given))
    if (!keys.includes(key)) refuse(key, 'UNKNOWN_KEY', `is not known here; there are ${keys.join(', ')}.`);
  const { url, publication, slot } = given;
  if (typeof url !== 'string') refuse('url', 'REQUIRED', 'is required: "postgres://user:password@host/database".');
  else if (!placeholder.test(url)) {
    const fault = urlFault(url);
    if (fault !== undefined) refuse('url', 'FORMAT', fault);
  }
  for (const [key, value] of Object.entries({ publication, slot })) {
    if (value === undefined) continue;
    if (typeof value !== 'string') refuse(key, 'TYPE', 'must be text.');
    else if (!placeholder.test(value) && !namePattern.test(value))
      refuse(key, 'FORMAT', `${quote(value, 80)} must be 1 to 63 of a-z, 0-9 and "_", not beginning with a digit.`);
  }
  return faults;
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

function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') || url.hostname === '')
    return 'is no address such as "postgres://user:password@host/database".';
  if (url.username === '' || url.password === '') return 'must name a user and a password.';
  if (url.pathname.length < 2) return 'must name a database.';
  try {
    decodeURIComponent(url.username + url.password + url.pathname);
  } catch {
    return 'holds a "%" that is no part of an encoding; write it as "%25".';
  }
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'sslmode');
  if (unknown !== undefined) return `has the parameter ${quote(unknown, 40)}; only sslmode is known.`;
  const mode = url.searchParams.get('sslmode') ?? 'verify-full';
  return modes.includes(mode) ? undefined : `has the sslmode ${quote(mode, 40)}; write one of ${modes.join(', ')}.`;
}
