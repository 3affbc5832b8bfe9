export {
  defaultTableLimits,
  Tables,
  type TableLimits,
  type TableQuery,
  type TablesOptions,
  type TableTenant,
  type TableListing,
} from './tables.js';
export { tableErrors } from './errors.js';
export { checkViews } from './sql/check-views.js';
export { systemTables, type CheckedView, type MappedView } from './sql/sources.js';
export { indexEntries } from './sql/index-entries.js';
export { DocumentRow } from './rows/document-row.js';
export { DocumentTableRow } from './rows/document-table-row.js';
export { DocumentUsageRow } from './rows/document-usage-row.js';
export { DocumentValueRow } from './rows/document-value-row.js';
