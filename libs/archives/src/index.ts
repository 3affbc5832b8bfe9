export { archivedTables, otherTables } from './archived-tables.js';
export { archiveErrors } from './errors.js';
export {
  TenantArchives,
  type ExportOptions,
  type ImportedTenant,
  type ImportOptions,
  type TenantArchivesOptions,
} from './tenant-archives.js';
