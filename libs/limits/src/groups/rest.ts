import { KiB, MiB, MINUTE, SECOND } from '@annex/kernel';

/** The REST API. Where it says at once, one more is refused. */
export const restLimits = {
  /** Uploads of one tenant at once, from their first byte to the answer. */
  uploads: 4,
  /** The body of a request that carries nothing but a few fields. */
  bodyBytes: 64 * KiB,
  /**
   * The body that carries a secret: a value of 64 KiB in which every character is written as an escape, and what stands
   * around it.
   */
  secretBodyBytes: 448 * KiB,
  /** Sending one request. */
  requestMs: 2 * MINUTE,
  /** Sending the headers of a request. */
  headersMs: 20 * SECOND,
  /** Faults of one request that are told. */
  faults: 50,
  /** How long `test-event` waits for the deliveries. */
  testEventWaitMs: 10 * SECOND,
  /** Streams of events and runs of one tenant at once, in one process: each looks at the database every second. */
  streams: 20,
  /** Streams of logs of one tenant at once, in one process. */
  logStreams: 100,
  /** What waits for a reader that does not read; past that it is cut off, and may come back with `Last-Event-ID`. */
  streamWaitingBytes: MiB,
  /** Calls of filters of one tenant at once, in one process. */
  filterCalls: 200,
  /** Charts of one tenant at once: each holds a connection to the database for as long as it counts. */
  charts: 4,
  /** Searches of one tenant among runs at once: each holds a connection to the database while it looks. */
  searches: 4,
  /** Health checks of one tenant at once, in one process. */
  healthChecks: 10,
} as const;

/** What one process takes of callers at a time, until the operator says otherwise. */
export const doorLimits = {
  /** Connections. */
  connections: 10_000,
  /** Connections from one address. */
  connectionsPerAddress: 1000,
  /** Request bodies in memory at once. */
  bodyMemoryBytes: 256 * MiB,
  /** Points a minute that one tenant's costly calls may use. */
  tenantCallPoints: 12_000,
  /** Points a minute that the large events of one tenant may use. */
  tenantEventPoints: 12_000,
} as const;
