import { DAY } from '@annex/kernel';
import { isQuotaName, quotaExceeded, quotas } from '@annex/lifecycle';
import { QueryFailedError } from 'typeorm';

/**
 * The error of the product that stands for PostgreSQL's refusal of what would pass a quota (SQLSTATE AX001,
 * migrations/…-quotas.sql); else what was thrown.
 */
export function explainQuota(thrown: unknown): unknown {
  if (!(thrown instanceof QueryFailedError)) return thrown;
  const cause: unknown = thrown.driverError;
  if (
    typeof cause !== 'object' ||
    cause === null ||
    !('code' in cause) ||
    cause.code !== 'AX001' ||
    !('detail' in cause)
  )
    return thrown;
  const { quota, used, more, max } = JSON.parse(String(cause.detail)) as {
    quota: string;
    used: number;
    more: number;
    max: number;
  };
  if (!isQuotaName(quota)) return thrown;
  const isDaily = 'daily' in quotas[quota];
  return quotaExceeded(
    { quota, used, more, max },
    { cause: thrown, ...(isDaily && { retryAfterS: Math.ceil((DAY - (Date.now() % DAY)) / 1000) }) },
  );
}
