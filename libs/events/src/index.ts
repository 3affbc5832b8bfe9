export { eventErrors } from './errors.js';
export {
  eventNameFault,
  eventPatternFault,
  isEventName,
  isEventPattern,
  isReservedEventName,
  patternWarning,
  reservationOf,
  platformEvents,
  reservedEventPrefixes,
  type PlatformEventName,
} from './names.js';
export { compileEventPattern, compilePattern, matchesEvent, type EventMatcher } from './patterns.js';
export { SubscriptionIndex } from './subscriptions.js';
export {
  deliveryDedupeKey,
  eventDedupeKey,
  eventForHandler,
  eventSources,
  isReservedSource,
  type EventEnvelope,
} from './envelope.js';
export {
  eventSeverities,
  isEventSeverity,
  isEventTag,
  readLabels,
  type EventAttributes,
  type EventLabels,
  type EventSeverity,
} from './labels.js';
export { missingPaths, requiredPathFault } from './required.js';
export {
  readSourceBatch,
  sourceEventId,
  sourceTypeFault,
  type SourceBatch,
  type SourceEvent,
  type SourceReading,
  type SourceRules,
} from './source-batch.js';
export { readEvent, type EventInput, type EventReading, type ReadEventOptions } from './read-event.js';
export type { CorrelationRule, DedupeTerms, MappingDefinition, MappingRule } from './mapping/definition.js';
export { readMapping, type MappingReading, type ReadMappingOptions } from './mapping/read-mappings.js';
export type { IncomingEvent } from './mapping/event-fields.js';
export {
  correlationSeverity,
  Mapper,
  type ActiveCorrelation,
  type ActiveMapping,
  type CorrelationPart,
  type MappedEvent,
} from './mapping/mapper.js';
export {
  alertOf,
  isFiring,
  resolved,
  takeAlert,
  type AlertDecision,
  type AlertState,
  type AlertSuppression,
  type EventAlert,
} from './mapping/alerts.js';
export {
  correlationEndsMs,
  fireDue,
  takeCorrelation,
  type CorrelationDecision,
  type CorrelationState,
} from './mapping/correlations.js';
export { incidentBody, MappingTrial, type MadeEvent, type TriedEvent, type TriedSuppression } from './mapping/trial.js';
export { eventFilterFaults, hookRoots, hookGate, soundFilter, type FilteredEvent } from './mapping/event-filter.js';
export { ruleThatHushesPlatform } from './mapping/platform-reach.js';
