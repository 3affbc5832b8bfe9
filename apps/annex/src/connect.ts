import { Database, type DatabaseOptions } from '@annex/database';
import { ApiTokenRow, OperatorRow, TenantRow, UserRow } from '@annex/access';
import { InstallationRow, ReleaseRow } from '@annex/installations';
import { explainQuota } from '@annex/quotas';
import { SecretRow } from '@annex/vault';

/** Every table that is described as a class; each stands in `rows/` of the library that owns it. */
const entities = [TenantRow, OperatorRow, UserRow, ApiTokenRow, SecretRow, InstallationRow, ReleaseRow];

/** Opens the database, and explains what its triggers refuse. */
export function connect(options: Omit<DatabaseOptions, 'entities' | 'explain'>): Promise<Database> {
  return Database.open({ ...options, entities, explain: explainQuota });
}
