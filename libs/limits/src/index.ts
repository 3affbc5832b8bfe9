export {
  ceilingOf,
  defaultLimit,
  defaultRetention,
  doorLimits,
  effectiveLimits,
  forKind,
  limitAdvice,
  limitNames,
  longestRunMs,
  manifestCeilings,
  maxEmitDepth,
  maxFilterValueBytes,
  maxHttpBodyBytes,
  maxMailBytes,
  maxPackageBytes,
  maxPayloadBytes,
  maxRequestBytes,
  minScheduleIntervalS,
  replacedForMs,
  runLimits,
  tenantLimits,
  type OperatorCeilings,
  type Retention,
  type RunLimits,
} from './limits.js';
export { kindsOf, limitWireName, readOperatorCeilings } from './operator-ceilings.js';
export { usageRecord, type UsageRecord } from './usage.js';
export { runKinds, type RunKind } from './run-kinds.js';
