import { QueryFailedError } from 'typeorm';

/** Whether a statement failed because a unique key holds the value already (SQLSTATE 23505). */
export function isUniqueViolation(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '23505';
}

/** Whether a statement was ended because it took too long (SQLSTATE 57014, after `statement_timeout`). */
export function isStatementTimeout(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '57014';
}
