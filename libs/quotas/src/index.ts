export {
  isQuotaName,
  quotaExceeded,
  quotaExtra,
  quotaLimits,
  quotaNames,
  quotas,
  whoRaises,
  type QuotaLimits,
  type QuotaName,
  type QuotaRow,
} from './quotas.js';
export { readQuotas, saidOf, saveQuotaLimits, type QuotaUse } from './sql/count-quotas.js';
export { explainQuota } from './explain-quota.js';
