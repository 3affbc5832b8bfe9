export {
  ceilingOf,
  defaultRetention,
  effectiveLimits,
  limitAdvice,
  replacedForMs,
  tenantLimits,
  type OperatorCeilings,
  type Retention,
  type RunLimits,
} from './limits.js';
export { usageRecord, type UsageRecord } from './usage.js';
export { runKinds, type RunKind } from './run-kinds.js';
