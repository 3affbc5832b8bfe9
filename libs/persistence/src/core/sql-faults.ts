import { QueryFailedError } from 'typeorm';

/** Whether a statement failed because a unique key holds the value already (SQLSTATE 23505). */
export function isUniqueViolation(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '23505';
}

/** Whether a statement failed because its tenant was deleted meanwhile (SQLSTATE 23503 of a reference to `tenants`). */
export function isTenantGone(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || cause.code !== '23503') return false;
  return 'constraint' in cause && typeof cause.constraint === 'string' && /_tenant_id_fkey$/.test(cause.constraint);
}

/** Whether a statement was ended because it took too long (SQLSTATE 57014, after `statement_timeout`). */
export function isStatementTimeout(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '57014';
}
