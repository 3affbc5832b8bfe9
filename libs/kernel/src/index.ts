export { idPrefixes, newId, newUuid, idFromUuid, uuidFromId, parseId, type Id, type IdKind } from './ids.js';
export { GiB, KiB, MiB, SECOND, MINUTE, HOUR, DAY } from './units.js';
export type { Actor, TenantActor } from './actor.js';
export { mapPage, pageOf, readCursor, textCursor, type Page, type PageRequest } from './pages.js';
export type { SealedValue } from './sealed-value.js';
export { systemClock, type Clock } from './clock.js';
export { isDeeperThan, isJsonObject, jsonBytes, type Json, type JsonObject } from './json.js';
export { jsonLimits, jsonShapeFault, readJsonShape, type JsonShape } from './json-shape.js';
export { SourcePlaces, type SourcePlace } from './source-places.js';
export { inexactNumbers, quoteInexactNumbers, type InexactNumber } from './exact-numbers.js';
export {
  AnnexError,
  defineErrors,
  errorCatalogues,
  isAnnexError,
  messageOf,
  type ErrorCatalogue,
  type ErrorExtras,
  type ErrorKind,
  type Fault,
  type InputFault,
} from './errors.js';
export { silentLogger, type Logger } from './logger.js';
export { assertNever, FairGate, SingleFlight, type Stoppable } from './control.js';
export { ThreadPool, type NoAnswer, type ThreadPoolOptions, type ThreadReady } from './thread-pool.js';
export { LARGE_TEXT, largeWork } from './large-work.js';
export { armFailpoints, failpoint, failpoints, type Failpoint } from './failpoint.js';
export {
  setTracer,
  traced,
  tracedPart,
  tracing,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanStart,
  type Tracer,
} from './tracing.js';
export { originFault } from './origin.js';
export { isReachableByOthers, stageForOthers } from './reachable.js';
export { closest, didYouMean, jsonPointer, quote } from './text.js';
export { readUtf8 } from './utf8.js';
