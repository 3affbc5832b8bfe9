import type { PlatformTransaction } from './transaction.js';

/** What PostgreSQL says of itself. */
export interface ServerFacts {
  version: string;
  /** `server_version_num`, such as 160004. */
  number: number;
  /** Whether it only follows another server, and takes no writes. */
  standby: boolean;
  /** Connections of clients that are open, of all databases, and how many there may be. */
  used: number;
  most: number;
  /** Of this database, in bytes. */
  bytes: number;
  /** Whether this connection is TLS; `undefined`: it does not say. */
  secure: boolean | undefined;
}

/** Asks the server that answers on this connection. */
export async function readServerFacts(tx: PlatformTransaction): Promise<ServerFacts> {
  const [row] = await tx.query<Omit<ServerFacts, 'secure'> & { secure: boolean | null }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       pg_is_in_recovery() as standby, current_setting('max_connections')::int as most,
       (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
       pg_database_size(current_database())::float8 as bytes,
       (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as secure`,
  );
  if (!row) throw new Error('the database told nothing of itself');
  return { ...row, secure: row.secure ?? undefined };
}
