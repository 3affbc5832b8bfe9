export {
  defaultTableLimits,
  Tables,
  type TableLimits,
  type TableQuery,
  type TablesCaller,
  type TablesOptions,
  type TableTenant,
  type TableListing,
} from './tables.js';
export { tableErrors } from './errors.js';
export { checkViews } from './sql/check-views.js';
export { systemTables, type CheckedView, type MappedView } from './sql/sources.js';
export { indexEntries } from './sql/index-entries.js';
