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
export { compileEventPattern, matchesEvent, type EventMatcher } from './patterns.js';
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
export { readEvent, type EventInput, type EventReading, type ReadEventOptions } from './read-event.js';
