/** The database as an operator would look at it: version, rights, schema, clock, connections. */
import { SECOND, systemClock } from '@annex/kernel';
import {
  checkLogins,
  DatabaseRefused,
  readServerFacts,
  requireMigrated,
  type Database,
  type DatabaseLogins,
} from '@annex/database';
import type { Look } from '@annex/operations';
import { clockOffsetMs, clockWarning } from '../clock-offset.js';
import { fault, fine, gigabytes, warning, type Seen } from './finding.js';

/** The oldest PostgreSQL that Annex works with, as `server_version_num`. */
const oldestVersion = 160_000;
/** Beyond this share of the server's connections somebody is refused one soon. */
const busyShare = 0.8;

/** Looks at a database through the application's own logins. */
export function databaseLooks({ database, logins }: { database: Database; logins: DatabaseLogins }): Look[] {
  return [
    { check: 'database', look: () => lookAtServer(database) },
    {
      check: 'database rights',
      look: () => told(() => checkLogins(logins), 'Each login may do what it must, and no more.'),
    },
    {
      check: 'migrations',
      look: () => told(() => requireMigrated({ url: logins.platform }), 'The schema is that of this release.'),
    },
    { check: 'clock', look: () => lookAtClock(database) },
  ];
}

async function lookAtServer(database: Database): Promise<Seen[]> {
  const { version, number, standby, used, most, bytes, secure } = await database.platform(readServerFacts);
  const seen: Seen[] = [
    fine(`PostgreSQL ${version}, ${gigabytes(bytes)}, ${secure === true ? 'over TLS' : 'without TLS'}.`),
  ];
  if (number < oldestVersion)
    seen.push(fault(`PostgreSQL ${version} is older than 16.`, 'Upgrade PostgreSQL to 16 or newer.'));
  if (standby)
    seen.push(
      fault('The server is a standby: nothing can be written.', 'Promote it, or let the URLs name the primary.'),
    );
  const detail = `${used} of ${most} connections are in use.`;
  seen.push(
    used > most * busyShare
      ? warning(detail, 'Raise max_connections, run fewer processes, or put PgBouncer before it (DATABASE_DIRECT_URL).')
      : fine(detail),
  );
  return seen;
}

/** What refuses a start says what to do itself. */
async function told(look: () => Promise<void>, well: string): Promise<Seen[]> {
  try {
    await look();
    return [fine(well)];
  } catch (thrown) {
    if (!(thrown instanceof DatabaseRefused)) throw thrown;
    return [fault(thrown.message, 'Do what the finding says; a process that starts now would refuse.')];
  }
}

async function lookAtClock(database: Database): Promise<Seen[]> {
  const offsetMs = await clockOffsetMs(database, systemClock);
  const apart = clockWarning(offsetMs);
  if (apart !== undefined) return [warning(apart, 'Let both hosts follow NTP.')];
  return [fine(`The database's clock is ${Math.abs(Math.round(offsetMs / SECOND))} s away from this host's.`)];
}
