import { QueryFailedError } from 'typeorm';

/** The detail of a refusal by one of our own triggers, told by its SQLSTATE; `undefined` for any other failure. */
export function refusalOf(thrown: unknown, sqlState: string): string | undefined {
  if (!(thrown instanceof QueryFailedError)) return undefined;
  const cause: unknown = thrown.driverError;
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || cause.code !== sqlState) return undefined;
  return 'detail' in cause ? String(cause.detail) : undefined;
}

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

/**
 * SQLSTATE: the server stops or starts (57P01–57P05), has no place for another connection (53300), the connection broke
 * (class 08), or a standby answers that nobody has promoted yet (25006).
 */
const awayStates = /^(57P0[1-5]|53300|25006|08...)$/;
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const awayMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout exceeded when trying to connect|timeout expired)/;

/**
 * Whether something failed because PostgreSQL cannot be reached, or not now: the same may work in a moment. Whether a
 * commit under way took effect is not known.
 */
export function isDatabaseAway(thrown: unknown): boolean {
  const cause: unknown = thrown instanceof QueryFailedError ? thrown.driverError : thrown;
  if (!(cause instanceof Error)) return false;
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isDatabaseAway);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return awayCodes.has(code) || awayStates.test(code) || awayMessages.test(cause.message);
}

/** Whether a statement was ended because it took too long (SQLSTATE 57014, after `statement_timeout`). */
export function isStatementTimeout(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '57014';
}
