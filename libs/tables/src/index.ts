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
