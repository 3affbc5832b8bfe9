import { KiB, SECOND } from '@annex/kernel';

/** An event. */
export const eventLimits = {
  /** Its name, or a pattern. */
  nameChars: 200,
  /** Segments of its name, or of a pattern. */
  nameSegments: 16,
  /** Its `id`, `source` or `subject`. */
  textChars: 256,
  /** Its tags. */
  tags: 32,
  /** One tag. */
  tagChars: 64,
  /** Its attributes. */
  attributes: 32,
  /** The name of an attribute. */
  attributeNameChars: 64,
  /** All attributes, as JSON. */
  attributesBytes: 8 * KiB,
  /** Levels of its `data`. */
  dataLevels: 100,
  /** Patterns that an operator may reserve. */
  reservedPatterns: 100,
} as const;

/** Webhooks out. */
export const webhookLimits = {
  /** Webhooks of its own that a tenant may have. */
  webhooks: 100,
  /** Deliveries to one endpoint under way at once; below the five runs that a tenant may always have. */
  atOnce: 3,
  /** The time in which an endpoint answers. */
  deliveryMs: 15 * SECOND,
  /** How long a delivery waits for its turn to be sent: it holds a slot of the dispatcher. */
  waitMs: 30 * SECOND,
  /** What is read of an answer: its status is what counts, so a larger, broken or endless body is cut. */
  readAnswerBytes: 256 * KiB,
  /** What is kept of an answer. */
  keptAnswerBytes: 16 * KiB,
  /** What the delivery log shows of a body. */
  shownBodyBytes: 64 * KiB,
} as const;

/** What others send to `/hooks`. */
export const hookLimits = {
  /** Sources that a tenant may have. */
  sources: 100,
  /** Signed requests whose time is further away are replays. */
  toleranceS: 300,
  /** Paths that a source may ask of each event. */
  requiredPaths: 20,
  /** One such path. */
  pathChars: 200,
  /** Segments of one. */
  pathSegments: 16,
  /** What is said back in a handshake. */
  echoedChars: 2048,
} as const;
