import { Client } from 'pg';

/** A good-bye is waited for so long, in milliseconds: where the way to the server is gone, nobody answers it. */
const endWithinMs = 2000;

/** Does work on a connection of its own before the database is opened, and closes it. Waits for 10 s at the most. */
export async function withStartClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: 'annex-start',
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await endClient(client);
  }
}

/** Closes a connection, in a moment even where nothing answers any more. */
export function endClient(client: Client): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, endWithinMs);
  const ended = client.end().catch(() => undefined);
  return Promise.race([ended, limit.promise]).finally(() => clearTimeout(timer));
}
