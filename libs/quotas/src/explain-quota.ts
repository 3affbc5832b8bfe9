import { DAY } from '@annex/kernel';
import { isQuotaName, quotaExceeded, quotas } from './quotas.js';
import { refusalOf } from '@annex/database';

/**
 * The error of the product that stands for PostgreSQL's refusal of what would pass a quota (SQLSTATE AX001,
 * migrations/…-quotas.sql); else what was thrown.
 */
export function explainQuota(thrown: unknown): unknown {
  const detail = refusalOf(thrown, 'AX001');
  if (detail === undefined) return thrown;
  const { quota, used, more, max } = JSON.parse(detail) as {
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
