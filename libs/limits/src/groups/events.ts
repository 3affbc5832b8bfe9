import { DAY, KiB, MiB, SECOND } from '@annex/kernel';

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

/** Agents that are asked about events. */
export const agentLimits = {
  /** How long an agent may work on a question when its file does not say. */
  timeoutS: 300,
  /** How long it may be given. */
  maxTimeoutS: 7 * 86_400,
  /** How long a question waits for an admin's yes when its file does not say. */
  approvalS: 86_400,
  /** How long it may be given. */
  maxApprovalS: 30 * 86_400,
  /** What is asked, as text. */
  questionBytes: 128 * KiB,
  /** One request to an agent: it takes the question or tells how far it is, and works on afterwards. */
  requestMs: 30 * SECOND,
  /** The answer to one request. */
  answerBytes: MiB,
  /** What is kept of what an agent said, as text. */
  keptTextBytes: 64 * KiB,
  /** Until an agent is asked how far it is, the first time. */
  pollMs: SECOND,
  /** The same after many times; each time is half as long again as the one before. */
  maxPollMs: 15 * SECOND,
  /** Why somebody says no. */
  reasonChars: 500,
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

/** Mappings: what events become. */
export const mappingLimits = {
  /** Mappings that a tenant may have, those of its packages included. */
  mappings: 100,
  /** One mapping as text. */
  bytes: 128 * KiB,
  /** Levels of lists and objects in one. */
  levels: 24,
  /** Rules of a tenant, of all mappings together. */
  rules: 500,
  /** Correlations of a tenant, of all mappings together. */
  correlations: 50,
  /** Alerts that fire, and windows of correlations that are open, of a tenant. */
  openKeys: 10_000,
  /** Types in each list of a correlation. */
  types: 10,
  /** What one rule sets. */
  sets: 16,
  /** A Liquid text of a rule. */
  textChars: 1000,
  /** What one such text makes; longer is cut. */
  renderedChars: 4096,
  /** A key; of a longer one its digest is kept. */
  keyChars: 256,
  /** `window_s` and `resolve_after_s`. */
  windowS: (7 * DAY) / SECOND,
  /** `within_s`. */
  withinS: DAY / SECOND,
  /** The filter of a hook, as JSON. */
  hookWhereChars: 4096,
  /** `for_s` of a silence. */
  silenceS: (30 * DAY) / SECOND,
  /** What the conditions of all rules may look at in one event, in steps; past that it stays unmapped. */
  stepsPerEvent: 200_000,
  /** How long an alert that only an event resolves stays without one. */
  alertMs: 30 * DAY,
  /** How long a resolved alert is shown. */
  resolvedMs: 7 * DAY,
  /** Events of one dry run. */
  testEvents: 100,
  /** Files in `mappings/` of a package. */
  packageFiles: 20,
  /** All of them together. */
  packageBytes: 512 * KiB,
} as const;
