import { createPostgresBackend, Queue as BullQueue } from 'bullmq';
import { queueSchema } from './backends.js';

/**
 * Brings BullMQ's tables in PostgreSQL up to date, in the schema `bullmq`. `url`: of a login that may make a schema, or
 * owns that one. The queues themselves only work with the tables, as a login that may do no more. Several processes may
 * call it at once.
 */
export async function migrateQueue(url: string): Promise<void> {
  const connection = {
    connectionString: url,
    schema: queueSchema,
    migrate: true,
    max: 1,
    application_name: 'annex-migrate',
    connectionTimeoutMillis: 10_000,
  };
  const queue = new BullQueue('migrations', { connection }, createPostgresBackend);
  // What fails is told by the wait below.
  queue.on('error', () => undefined);
  try {
    await queue.waitUntilReady();
  } finally {
    await queue.close().catch(() => undefined);
  }
}
