export { eventErrors } from './errors.js';
export {
  eventNameFault,
  eventPatternFault,
  isEventName,
  isEventPattern,
  isReservedEventName,
  maxEventNameLength,
  maxEventNameSegments,
  patternWarning,
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
  maxEventTextLength,
  type EventEnvelope,
} from './envelope.js';
export { readEvent, type EventInput, type EventReading, type ReadEventOptions } from './read-event.js';
