export {
  isQuotaName,
  quotaExceeded,
  quotaExtra,
  quotaLimits,
  quotaNames,
  quotaSpent,
  quotas,
  whoRaises,
  type QuotaLimits,
  type QuotaName,
  type QuotaRow,
  type SpentQuota,
} from './quotas.js';
export { quotaUsesSql, readQuotas, saidOf, saveQuotaLimits, type QuotaUse } from './sql/count-quotas.js';
export { findSpentQuota } from './sql/spent-quotas.js';
export { explainQuota } from './explain-quota.js';
export { LogTrimRow } from './rows/log-trim-row.js';
export { QuotaDayRow } from './rows/quota-day-row.js';
export { QuotaDefaultRow } from './rows/quota-default-row.js';
export { QuotaUseRow } from './rows/quota-use-row.js';
