/** The one port of connections that Annex itself holds for a source. */
import type { Duplex } from 'node:stream';
import type { Json, JsonObject } from '@annex/kernel';

/** What a connection gave at once. */
export interface ConnectorBatch {
  /** As a plugin's `poll` returns them: `{ id, type, subject, data, time }`. */
  events: Json[];
  /** Where to go on behind them; `undefined`: where it stood. */
  cursor?: Json | undefined;
  /** Tells the origin that it may forget them. Called after they are committed, and never before. */
  ack?: () => void | Promise<void>;
}

/** Opens a socket to a vetted address (`@annex/egress`). */
export type Dial = (to: { host: string; port: number }) => Promise<Duplex>;

export interface OpenConnection {
  /** Names the source, the same each time and unlike every other one's. */
  name: string;
  /** Checked by `connectionFaults` of the manifest, placeholders filled in. */
  with: JsonObject;
  /** Where to go on; `null`: at the beginning. */
  cursor: Json;
  dial: Dial;
  /** Ends the connection: the iteration then ends, or throws, soon. */
  signal: AbortSignal;
  /** Tells people what they should know. */
  warn: (message: string) => void;
}

/**
 * Holds connections of one type. A batch is pulled when the one before is committed, so a connection whose events
 * cannot be taken waits, and drops nothing.
 */
export interface Connector {
  readonly type: string;
  /**
   * Connects and gives what comes, until the signal fires. A first batch without events says that it is connected.
   * Throws when the connection breaks.
   */
  open(connection: OpenConnection): AsyncIterable<ConnectorBatch>;
  /**
   * Asks the origin whether it would let this source in, and takes nothing from it; the connection that is open stays.
   * Throws why not.
   */
  check(connection: Omit<OpenConnection, 'cursor'>): Promise<void>;
}
