import type { Database } from '@annex/database';
import { messageOf, type Clock, type Id, type Logger } from '@annex/kernel';
import type { Masker } from '../host-calls/ports.js';
import { insertRecordedCalls, type RecordedAttempt } from '../rows/recorded-calls.js';
import { CallRecording, type RecordingRoom } from './call-recording.js';

/** The part of a run that its recording names. */
export interface RecordedRun {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  installationId: Id<'installation'>;
  attempt: number;
  startedAtMs: number;
}

/** Attempts that wait to be written; what comes then is not kept: a recording is no promise. */
const maxWaiting = 64;
/** Those of one tenant: the others' are kept beside them. */
const maxOfTenant = 32;
/** Attempts of one statement. */
const attemptsAtOnce = 16;

/**
 * Keeps what recorded runs asked of the host. One write at a time, behind the runs' backs: a plugin that is recorded
 * costs the database as much as one connection can carry, however often it runs.
 */
export class CallKeeper {
  readonly #room: RecordingRoom = { held: 0 };
  #waiting: { tenantId: Id<'tenant'>; attempt: RecordedAttempt }[] = [];
  #writing: Promise<void> | undefined;

  constructor(private readonly options: { database: Pick<Database, 'forTenant'>; clock: Clock; logger: Logger }) {}

  /** A recording of a run that begins. */
  begin(startedAtMs: number): CallRecording {
    return new CallRecording({ clock: this.options.clock, startedAtMs, room: this.#room });
  }

  /** Takes what a run asked of the host. `recording` left out: it asked nothing. */
  keep(run: RecordedRun, recording: CallRecording | undefined, masker: Masker | undefined): void {
    if (this.#waiting.length >= maxWaiting) return;
    if (this.#waiting.filter(({ tenantId }) => tenantId === run.tenantId).length >= maxOfTenant) return;
    const { tenantId, runId, installationId, attempt, startedAtMs } = run;
    const calls = recording?.calls(masker) ?? [];
    const kept = { runId, installationId, attempt, startedAtMs, calls, leftOut: recording?.leftOut ?? 0 };
    this.#waiting.push({ tenantId, attempt: kept });
    this.#writing ??= this.#write();
  }

  /** Resolves when everything taken so far is written or given up. Never rejects. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      const { tenantId } = first;
      const now = this.#waiting.filter((each) => each.tenantId === tenantId).slice(0, attemptsAtOnce);
      this.#waiting = this.#waiting.filter((each) => !now.includes(each));
      try {
        await this.options.database.forTenant(tenantId).transaction(async (tx) => {
          await tx.skipDiskWait();
          await insertRecordedCalls(
            tx,
            now.map(({ attempt }) => attempt),
          );
        });
      } catch (thrown) {
        this.options.logger.warn({ reason: messageOf(thrown), runs: now.length }, 'recorded calls could not be kept');
      }
    }
    // In the same breath as the last look: what comes a moment later begins a write of its own.
    this.#writing = undefined;
  }
}
