export { Database, PlatformTransaction, TenantTransaction, Transaction, type DatabaseOptions, type TenantScope } from './core/database.js';
export { migrate, type MigrateOptions } from './core/migrate.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded/embedded-postgres.js';
export { appendAudit, listAudit, verifyAuditChain, type AuditEntry, type AuditRow } from './audit/audit.js';
