import { defineErrors } from '@annex/kernel';

/** What reading and changing tables may fail with, beside arguments that are not what a call takes. */
export const tableErrors = defineErrors('tables', {
  ROW_NOT_FOUND: { title: 'There is no such row', status: 404, fault: 'caller' },
  TABLE_NOT_FOUND: { title: 'There is no such table', status: 404, fault: 'caller' },
  TABLE_READ_ONLY: { title: 'The table cannot be written to', status: 403, fault: 'caller' },
  TABLE_NAME_RESERVED: { title: 'The name is kept for the platform', status: 422, fault: 'caller' },
  ROW_TOO_LARGE: { title: 'The row is too large', status: 413, fault: 'limit' },
  TABLE_LIMIT: { title: 'The tenant has as many tables as it may have', status: 409, fault: 'limit' },
  ROW_LIMIT: { title: 'The tenant keeps as much in its tables as it may', status: 409, fault: 'limit' },
  RESULT_TOO_LARGE: { title: 'The answer is larger than its limit', status: 413, fault: 'limit' },
  DB_TIMEOUT: { title: 'The database took too long to find the rows', status: 503, fault: 'limit' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
});
