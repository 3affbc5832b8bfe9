export { explainIssue } from './explain-issue.js';
export {
  coversHost,
  findGrant,
  grantAll,
  grantsTable,
  isPermissionName,
  matchGrants,
  permissionNames,
  permissionTexts,
  type GrantMatch,
  type PermissionGrant,
  type PermissionName,
  type PermissionRequest,
  type PermissionScope,
  type PermissionText,
} from './permissions.js';
export {
  findHostCall,
  hostCallReference,
  hostCalls,
  hostMethods,
  methodsNeeding,
  type HostArgs,
  type HostCallReference,
  type HostInput,
  type HostMethod,
  type HostResult,
} from './table.js';
export {
  availableHostMethods,
  handlersNotAvailable,
  type HostCallContext,
  type HostHandler,
  type HostHandlers,
} from './handlers.js';
export type { HostCallRow, Meter, TouchedScope } from './row.js';
export {
  documentPatch,
  filterInput,
  newDocument,
  sortInput,
  tableName,
  tableNamePattern,
  type DocumentPatch,
  type SortKey,
} from './db/document.js';
export {
  isRowColumn,
  readFilter,
  rowColumns,
  type ColumnTest,
  type FieldTest,
  type Filter,
  type OrderOperator,
  type RowColumn,
  type Scalar,
} from './db/filter.js';
export { isForbiddenName } from './db/forbidden-names.js';
export { compareRows, MatchBudget, matchesFilter, MatchTooDear, type TableRow } from './db/match.js';
export { secretNamePattern, slugPattern } from './names.js';
export { llmMessages } from './calls/llm.js';
export { storageProblem, tooLargeCode } from './wire.js';
export { hostApiErrors } from './errors.js';
export { secretMayGoTo } from './secret-hosts.js';
