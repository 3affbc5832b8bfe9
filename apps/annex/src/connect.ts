import { Database, type DatabaseOptions } from '@annex/database';
import { entities } from '@annex/persistence';
import { explainQuota } from '@annex/quotas';

/** Opens the database with every table that is described as a class, and with what its triggers refuse explained. */
export function connect(options: Omit<DatabaseOptions, 'entities' | 'explain'>): Promise<Database> {
  return Database.open({ ...options, entities, explain: explainQuota });
}
