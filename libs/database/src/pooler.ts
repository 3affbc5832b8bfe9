/**
 * Poolers such as PgBouncer give a connection away after each transaction. Then nothing may be kept on one: no
 * setting, no prepared statement, no LISTEN and no lock of a session (ADR 0097).
 */
import type { Client } from 'pg';
import { DatabaseRefused } from './logins/logins.js';
import { withStartClient } from './start-client.js';

/**
 * Throws {@link DatabaseRefused} when something stands between this process and PostgreSQL that answers in its place.
 * `setting`: where the operator named it.
 */
export function refusePooler(setting: string, url: string): Promise<void> {
  return withStartClient(url, async (client) => {
    // A pooler hands out a number of its own when a connection begins, not that of the server's process.
    if (toldProcess(client) === (await serverProcess(client))) return;
    throw new DatabaseRefused(
      `${setting}: a pooler such as PgBouncer answers there, and PostgreSQL itself is needed too, for migrations and ` +
        `LISTEN. Set DATABASE_DIRECT_URL to PostgreSQL's own address (as ${example(url)}), with the pooler in ` +
        'transaction mode; or name PostgreSQL here (docs/operations.md, "Behind PgBouncer").',
    );
  });
}

/** Throws {@link DatabaseRefused} when a connection is shared among transactions. */
export function requireSession(url: string): Promise<void> {
  return withStartClient(url, async (client) => {
    const before = await serverProcess(client);
    if (toldProcess(client) === before) return;
    // A pooler of sessions keeps it for this connection; one of transactions gives it to the next who begins one.
    await withStartClient(url, async (other) => {
      await other.query('begin');
      const taken = await serverProcess(other);
      if (taken !== before && (await serverProcess(client)) === before) return;
      throw new DatabaseRefused(
        'DATABASE_DIRECT_URL: a pooler in transaction mode answers there. Name PostgreSQL itself: migrations and ' +
          'LISTEN need a connection of their own.',
      );
    });
  });
}

async function serverProcess(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** The process that the server named when the connection began. */
function toldProcess(client: Client): unknown {
  return 'processID' in client ? client.processID : undefined;
}

function example(url: string): string {
  return `postgres://<server>:5432${new URL(url).pathname}`;
}
