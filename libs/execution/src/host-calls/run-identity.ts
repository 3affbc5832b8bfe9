import type { Id, Json } from '@annex/kernel';
import type { RunKind, RunLimits } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import type { Cause } from '../cause.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';

/** Something a run did that takes effect together with its success: in the transaction that ends it, or not at all. */
export type RunEffect = (tx: TenantTransaction) => Promise<void>;

/** Limits of which a run stores the largest amount that it reached. */
export type PeakLimit = 'httpBodyBytes' | 'emitDepth' | 'callDepth' | 'requestBytes' | 'payloadBytes';

/** Who makes a host call: what its handler may know of the run. */
export interface RunIdentity {
  readonly snapshot: InstallationSnapshot;
  readonly runId: Id<'run'>;
  readonly kind: RunKind;
  /** What brought the run about; of a filter's run, its own installation is among those of `within`. */
  readonly cause: Cause;
  /** What `ctx.user` shows: who stands behind the run, or `null`. */
  readonly user: Json;
  /** Slugs of the plugins that called each other to come here, this one last. */
  readonly callChain: readonly string[];
  readonly runLimits: RunLimits;
  /** When the run ends at the latest, milliseconds since the epoch. */
  readonly deadlineMs: number;
  /**
   * The effects of a background run so far; `null` for a run whose effects take place at once, because somebody waits
   * for it.
   */
  readonly effects: RunEffect[] | null;
  /** Remembers how far the run went towards a limit that is no count; the largest amount stands. */
  noteUse(limit: PeakLimit, amount: number): void;
  /** Language model tokens that the run used so far; the handler of `ctx.llm` counts them up. */
  llmTokens: number;
  /** Remembers that a secret was given to the plugin's code, or sent for it. */
  usedSecret(name: string): void;
  /** Remembers a secret that the plugin is about to be given, to mask it. To be waited for. */
  sawSecret(value: string): Promise<void>;
  /**
   * The value with every secret that the plugin has seen masked; tells the run's log when there was one. `what`: where
   * it was going.
   */
  mask(value: Json, what: string): Json;
  /**
   * Throws `SECRET_EXPOSED` when a name that is kept (a key, an event's type or id) holds a secret: masked, it would
   * name something else.
   */
  checkName(name: string, what: string): void;
}
