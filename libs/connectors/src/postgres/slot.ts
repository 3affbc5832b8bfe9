/** The replication slot at the server: it keeps what was not taken yet, so it must be there before anything changes. */
import type { PostgresSettings } from './settings.js';

/** What is asked of the driver's connection. In replication mode it takes plain text only, without parameters. */
export interface ReplicationClient {
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** How often, and how long apart in milliseconds, it is looked whether another connection has left the slot. */
const looks = 50;
const lookMs = 100;

/**
 * Makes the slot when the source begins, and frees it of a connection that has not ended: this one holds the source's
 * lease. Throws what somebody has to set right. The names hold no quotes (`settings.ts`).
 */
export async function prepareSlot(
  client: ReplicationClient,
  { slot, publication }: PostgresSettings,
  isFirst: boolean,
): Promise<void> {
  await requirePublication(client, { publication });
  for (let look = 0; look < looks; look += 1) {
    const { rows } = await client.query(
      `select active_pid, pg_terminate_backend(active_pid) as ended from pg_replication_slots
       where slot_name = '${slot}'`,
    );
    const [found] = rows;
    if (!found) return makeSlot(client, slot, isFirst);
    if (found['active_pid'] === null || found['active_pid'] === undefined) return;
    await new Promise((done) => setTimeout(done, lookMs));
  }
  throw new Error(
    `The replication slot "${slot}" is in use by another connection. Give this source a slot of its own.`,
  );
}

/** Throws unless the database has the publication. */
export async function requirePublication(
  client: ReplicationClient,
  { publication }: Pick<PostgresSettings, 'publication'>,
): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_publication where pubname = '${publication}'`);
  if (rows.length === 0)
    throw new Error(
      `The database has no publication "${publication}". Make it there: CREATE PUBLICATION ${publication} FOR TABLE …`,
    );
}

async function makeSlot(client: ReplicationClient, slot: string, isFirst: boolean): Promise<void> {
  if (!isFirst)
    throw new Error(
      `The replication slot "${slot}" is gone, and with it what changed since this source last read. Set its cursor ` +
        'to null to begin anew.',
    );
  await client.query(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
}
