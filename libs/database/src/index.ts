export {
  Database,
  PlatformTransaction,
  TenantTransaction,
  Transaction,
  type DatabaseOptions,
  type TenantScope,
} from './database.js';
export { isDatabaseBusy, isTransientDatabaseError } from './transient.js';
export { migrate, requireMigrated, type MigrateOptions } from './migrate.js';
export { DatabaseRefused, loginsAt, withLogin, type DatabaseLogins } from './logins/logins.js';
export { checkLogins } from './logins/check-login.js';
export { prepareDatabase, type PrepareDatabaseOptions, type PreparedDatabase } from './logins/prepare-database.js';
export {
  findEmbeddedCluster,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/embedded-postgres.js';
export { handOverToMigrations } from './embedded/migrations-login.js';
export { isDatabaseAway, isStatementTimeout, isTenantGone, isUniqueViolation, refusalOf } from './sql-faults.js';
export { watchChanges, type Change } from './watch-changes.js';
export { WatchedCache, type WatchedCacheOptions } from './watched-cache.js';
export { storableJson, storableText } from './storable-json.js';
export { statement } from './statement.js';
export { idColumn } from './id-column.js';
export { takeTurn, turns, type Turn } from './locks.js';
