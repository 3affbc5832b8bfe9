import type { Json } from '@annex/kernel';
import type { ClaimedRun } from './sql/claim-due.js';
import type { TenantTransaction } from '@annex/database';

/** How one try of a run ended. */
export type AttemptOutcome = {
  /** Used and allowed amount of each limit (`usageRecord` of libs/limits). */
  limits: Json;
  /** Version of the release that ran, or `null` when none was reached. */
  release: string | null;
} & (
  | {
      status: 'succeeded';
      result: Json | undefined;
      /**
       * What the run did that takes effect with its success: called in the transaction that ends it, or never. A code
       * it throws fails the attempt.
       */
      commit?: (tx: TenantTransaction) => Promise<void>;
    }
  | {
      status: 'failed';
      /** `code` is one of the table of outcomes (outcomes.ts); it decides whether the run is tried again. */
      error: { code: string; message: string };
      /** For `RETRY_AFTER`: what the plugin asked for. */
      retryAfterMs?: number;
      /** What takes effect if the run has failed for good with this: called in the transaction that ends it. */
      commit?: (tx: TenantTransaction) => Promise<void>;
    }
  | {
      /**
       * Somebody outside has to answer first, or the tenant's day to end. The run holds no place meanwhile, and no
       * attempt is counted.
       */
      status: 'waiting';
      waitingFor: 'agent' | 'approval' | 'quota';
      /** When to look again at the latest, in milliseconds from now. */
      delayMs: number;
    }
  | { status: 'cancelled' }
  | {
      /** There was nothing to do, and nothing is tried again. `error` says why. */
      status: 'skipped';
      error: { code: string; message: string };
    }
);

/** Runs handlers. The dispatcher decides what, when and how often; this port does it once. */
export interface AttemptPort {
  /**
   * Tries a run and answers how it ended; should not throw (a throw counts as `PLATFORM_ERROR`). `signal`: somebody
   * cancelled the run, the process drains, or another worker took over; end soon, and the answer is used only if it
   * still may be.
   */
  runAttempt(run: ClaimedRun, signal: AbortSignal): Promise<AttemptOutcome>;
}
