import { Database, type DatabaseOptions } from '@annex/database';
import { explainQuota } from '@annex/quotas';
import { entities } from './entities.js';

/** Opens the database, and explains what its triggers refuse. */
export function connect(options: Omit<DatabaseOptions, 'entities' | 'explain'>): Promise<Database> {
  return Database.open({ ...options, entities, explain: explainQuota });
}
