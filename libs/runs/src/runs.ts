/**
 * What people and plugins ask of background runs: start a job now, cancel, replay, wait. Works in every process, with
 * or without a dispatcher in it.
 */
import { failpoint, quote, type Id, type Json, type Logger, type Stoppable } from '@annex/kernel';
import { runListLimits } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { checkPayload } from './check-payload.js';
import { runErrors } from './errors.js';
import { insertReplays, maxReplayedAtOnce } from './replays.js';
import { RunBatches } from './run-batches.js';
import type { RunsCaller } from './runs-caller.js';
import { RunEndings } from './run-endings.js';
import { hasEnded, type RunStatus } from './run-status.js';
import { findBulkReplay, insertBulkReplay, listBulkReplays, type BulkReplay } from './sql/bulk-replay.js';
import { cancelRun, findRunState } from './sql/cancel-run.js';
import { planFanOut } from './sql/fan-out.js';
import { ensureRoom, insertQueued, roomLeft } from './sql/enqueue-run.js';
import { findEvent } from './sql/read-events.js';
import {
  countDeadLetters,
  discardDeadLetters,
  discardRun,
  latestRunsOfEvent,
  listDeadLetterIds,
  lockDeadLetters,
  lockRunForReplay,
  markReplayed,
  type DeadLetterFilter,
} from './sql/replay.js';
import { startJob, type StartedRun } from './start-job.js';

/** The runs that an event was given to once more. */
export interface ReplayedEvent {
  eventId: string;
  runs: { runId: Id<'run'>; plugin: string | null }[];
}

/** Dead letters that were replayed, and how many the filter still means. */
export interface ReplayedDeadLetters {
  replayed: { runId: Id<'run'>; replayOf: Id<'run'> }[];
  remaining: number;
  /** Under which the rest can be followed: it goes on by itself. */
  replay: BulkReplay;
}

/** How many dead letters were discarded, and how many the filter still means. */
export interface DiscardedDeadLetters {
  discarded: number;
  remaining: number;
}

export class Runs implements Stoppable {
  /** Acts on many runs at once. */
  readonly batches: RunBatches;
  readonly #endings: RunEndings;

  constructor(private readonly options: { database: Database; logger: Logger }) {
    this.batches = new RunBatches(options);
    this.#endings = new RunEndings(options);
  }

  /** Begins to hear of runs that end, so that {@link waitForRun} answers at once. */
  start(): Promise<void> {
    return this.#endings.start();
  }

  /** Safe to call twice. Whoever still waits gets the status as it is. */
  stop(): Promise<void> {
    return this.#endings.stop();
  }

  /**
   * Starts a job of an enabled plugin now. Throws `PLUGIN_NOT_FOUND`, `PLUGIN_DISABLED`, `PLUGIN_SUSPENDED`,
   * `JOB_NOT_FOUND`,
   * `PAYLOAD_TOO_LARGE`, `QUEUE_FULL`.
   */
  runNow(caller: RunsCaller<StartedRun>, installation: string, job: string, payload?: Json): Promise<StartedRun> {
    return this.#audited(caller, async (tx) => {
      const started = await startJob(tx, { installation, job, payload, depth: 0, startedBy: caller.actor });
      return {
        value: started,
        action: 'job.run_now',
        target: `${installation}/${job}`,
        detail: { run_id: started.runId },
      };
    });
  }

  /** Cancels a run; one that is cancelled already stays so. Throws `RUN_NOT_FOUND`, `RUN_ENDED`. */
  cancelRun(
    caller: RunsCaller<StartedRun & { cancelRequested: boolean }>,
    runId: Id<'run'>,
  ): Promise<StartedRun & { cancelRequested: boolean }> {
    return this.#audited(caller, async (tx) => {
      const cancelled =
        (await cancelRun(tx, runId, `${caller.actor} cancelled the run.`)) ?? (await findRunState(tx, runId));
      if (cancelled === null) throw runNotFound(runId);
      if (hasEnded(cancelled.status) && cancelled.status !== 'cancelled') {
        throw runErrors.error(
          'RUN_ENDED',
          `This run ended as ${cancelled.status}; only one that waits or runs can be cancelled.`,
          { extra: { run_status: cancelled.status } },
        );
      }
      return {
        value: { runId, status: cancelled.status, cancelRequested: cancelled.cancelRequested },
        action: 'run.cancelled',
        target: runId,
      };
    });
  }

  /**
   * Makes an ended background run again, with its payload or another one; a dead letter is none any more then. For an
   * event's run another payload replaces the event's `data`. Throws `RUN_NOT_FOUND` (a route's run too: its request is
   * not kept), `RUN_NOT_ENDED`, `PLUGIN_NOT_FOUND`,
   * `PAYLOAD_TOO_LARGE`, `QUEUE_FULL`.
   */
  replayRun(
    caller: RunsCaller<StartedRun>,
    runId: Id<'run'>,
    { payload }: { payload?: Json } = {},
  ): Promise<StartedRun> {
    return this.#audited(caller, async (tx) => {
      checkPayload(payload);
      const original = await lockRunForReplay(tx, runId);
      if (original === null) throw runNotFound(runId);
      if (!hasEnded(original.status))
        throw runErrors.error(
          'RUN_NOT_ENDED',
          `This run is ${original.status}. Wait until it has ended, or cancel it first.`,
          { extra: { run_status: original.status } },
        );
      if (original.isUninstalled)
        throw runErrors.error(
          'PLUGIN_NOT_FOUND',
          `The plugin ${quote(original.again.plugin ?? '', 80)} of this run was uninstalled; its history stays, ` +
            'and cannot be made again.',
        );
      await ensureRoom(tx, 1);
      const again = payload === undefined ? original.again : { ...original.again, payload, deliveryId: null };
      const [started] = await insertReplays(tx, [{ ...original, again }], caller.actor);
      if (started === undefined) throw runNotFound(runId);
      return {
        value: { runId: started, status: 'queued' },
        action: 'run.replayed',
        target: runId,
        detail: { run_id: started, edited: payload !== undefined },
      };
    });
  }

  /**
   * Gives an event to every handler that subscribes to it now, once more. `data`: instead of the event's own, which
   * stays as it was. `plugins`: only to these (slugs). Throws `EVENT_NOT_FOUND`, `PAYLOAD_TOO_LARGE`, `QUEUE_FULL`.
   */
  replayEvent(
    caller: RunsCaller<ReplayedEvent>,
    eventId: string,
    { data, plugins }: { data?: Json | undefined; plugins?: readonly string[] | undefined } = {},
  ): Promise<ReplayedEvent> {
    return this.#audited(caller, async (tx) => {
      checkPayload(data);
      const event = await findEvent(tx, eventId);
      if (event === null)
        throw runErrors.error(
          'EVENT_NOT_FOUND',
          `This tenant has no event ${quote(eventId, 80)}; it may be older than events are kept.`,
        );
      const before = await latestRunsOfEvent(tx, event.id);
      const planned = await planFanOut(tx, {
        event: { ...event, time: event.time.toISOString() },
        depth: event.depth,
        replayOf: (handler) => before.get(handler) ?? null,
      });
      const wanted = plugins ? planned.filter(({ plugin }) => plugin !== null && plugins.includes(plugin)) : planned;
      const startedBy = caller.actor;
      const runs = wanted.map((run) => ({ ...run, startedBy, ...(data !== undefined && { payload: data }) }));
      await ensureRoom(tx, runs.length);
      await insertQueued(tx, runs);
      await markReplayed(tx, plugins ? runs.flatMap(({ replayOf }) => replayOf ?? []) : [...before.values()]);
      const made = runs.map(({ id, plugin }) => ({ runId: id, plugin }));
      return {
        value: { eventId: event.id, runs: made },
        action: 'event.replayed',
        target: event.id,
        detail: { runs: made.length, edited: data !== undefined },
      };
    });
  }

  /**
   * Replays dead letters, oldest first: the first {@link maxReplayedAtOnce} at once, the others (`remaining`) behind
   * the answer, as fast as the tenant's cap lets them in, whoever dies in between. Two calls at once share them. Throws
   * `QUEUE_FULL` when a handful does not fit.
   */
  replayDeadLetters(caller: RunsCaller<ReplayedDeadLetters>, filter: DeadLetterFilter): Promise<ReplayedDeadLetters> {
    return this.#audited(caller, async (tx) => {
      // Dead letters of later are none of it: else a replay of what fails at once would never end.
      const [upTo] = await listDeadLetterIds(tx, filter, { limit: 1 });
      const meant = { ...filter, ...(upTo && { upTo }) };
      const total = upTo ? await countDeadLetters(tx, meant) : 0;
      const isMany = total > maxReplayedAtOnce;
      const found = await lockDeadLetters(
        tx,
        meant,
        isMany ? Math.min(maxReplayedAtOnce, await roomLeft(tx)) : maxReplayedAtOnce,
      );
      if (found.length > 0 && !isMany) await ensureRoom(tx, found.length);
      const made = await insertReplays(tx, found, caller.actor);
      const replayed = made.map((runId, index) => ({ runId, replayOf: found[index]?.id ?? runId }));
      const remaining = isMany ? total - replayed.length : await countDeadLetters(tx, meant);
      const replay = await insertBulkReplay(tx, {
        filter: meant,
        total: isMany ? total : replayed.length + remaining,
        replayed: replayed.length,
        actor: caller.actor,
      });
      return {
        value: { replayed, remaining, replay },
        action: 'dead_letters.replayed',
        target: filter.plugin ?? 'all',
        detail: { replayed: replayed.length, remaining, replay_id: replay.id },
      };
    });
  }

  /**
   * Discards dead letters, oldest first and at most {@link runListLimits.discarded} in one call; `remaining` says how
   * many the filter still means. They stay in the history.
   */
  discardDeadLetters(
    caller: RunsCaller<DiscardedDeadLetters>,
    filter: DeadLetterFilter,
  ): Promise<DiscardedDeadLetters> {
    return this.#audited(caller, async (tx) => {
      const discarded = await discardDeadLetters(tx, filter, runListLimits.discarded);
      const remaining = await countDeadLetters(tx, filter);
      return {
        value: { discarded, remaining },
        action: 'dead_letters.discarded',
        target: filter.plugin ?? 'all',
        detail: { discarded, remaining },
      };
    });
  }

  /** Discards one dead letter; one that is discarded already stays so. Throws `RUN_NOT_FOUND`, `NOT_A_DEAD_LETTER`. */
  discardRun(caller: RunsCaller<Id<'run'>>, runId: Id<'run'>): Promise<Id<'run'>> {
    return this.#audited(caller, async (tx) => {
      const found = await discardRun(tx, runId);
      if (found === null) throw runNotFound(runId);
      if (found === 'other')
        throw runErrors.error(
          'NOT_A_DEAD_LETTER',
          `The run ${runId} is no dead letter: only an event, job or webhook that failed for good and was not ` +
            'replayed can be discarded. GET /api/dead-letters lists them.',
        );
      return { value: runId, action: 'run.discarded', target: runId };
    });
  }

  /** How a replay of dead letters stands. Throws `REPLAY_NOT_FOUND`. */
  async findReplay(tenantId: Id<'tenant'>, id: Id<'replay'>): Promise<BulkReplay> {
    const replay = await this.options.database.forTenant(tenantId).transaction((tx) => findBulkReplay(tx, id));
    if (replay === null)
      throw runErrors.error(
        'REPLAY_NOT_FOUND',
        `This tenant has no replay ${quote(id, 40)}; those that ended are kept as long as runs.`,
      );
    return replay;
  }

  /** Replays of dead letters, newest first. */
  listReplays(
    tenantId: Id<'tenant'>,
    page: { limit: number; before?: Id<'replay'> | undefined },
  ): Promise<BulkReplay[]> {
    return this.options.database.forTenant(tenantId).transaction((tx) => listBulkReplays(tx, page));
  }

  /**
   * Waits until a run has ended, at most `timeoutMs` milliseconds, and answers where it stands then. Throws
   * `RUN_NOT_FOUND`.
   * `signal`: stop waiting, the asker has left.
   */
  async waitForRun(
    tenantId: Id<'tenant'>,
    runId: Id<'run'>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<RunStatus> {
    const status = await this.#endings.wait(tenantId, runId, timeoutMs, signal);
    if (status === null) throw runNotFound(runId);
    return status;
  }

  async #audited<T>(
    caller: RunsCaller<T>,
    work: (
      tx: TenantTransaction,
    ) => Promise<{ value: T; action: string; target: string; detail?: Record<string, Json> }>,
  ): Promise<T> {
    const done = await this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const { value, action, target, detail } = await work(tx);
      await appendAudit(tx, {
        actor: caller.actor,
        action,
        target,
        ...(detail && { detail }),
        ...(caller.requestId !== undefined && { requestId: caller.requestId }),
      });
      await caller.beforeCommit?.(tx, value);
      return value;
    });
    failpoint('request.committed');
    return done;
  }
}

function runNotFound(runId: string): Error {
  return runErrors.error('RUN_NOT_FOUND', `This tenant has no background run ${quote(runId, 40)}.`);
}
