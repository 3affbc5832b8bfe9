/**
 * What people and plugins ask of background runs: start a job now, cancel, replay, wait. Works in every process, with
 * or without a dispatcher in it.
 */
import {
  didYouMean,
  failpoint,
  jsonBytes,
  newId,
  quote,
  type Id,
  type Json,
  type Logger,
  type Stoppable,
} from '@annex/kernel';
import { hasEnded, outcomeErrors, type RunStatus } from '@annex/lifecycle';
import { maxEventDataBytes } from '@annex/events';
import { appendAudit } from '@annex/audit';
import {
  cancelJobRuns,
  cancelRun,
  countDeadLetters,
  countJobRuns,
  discardDeadLetters,
  discardRun,
  ensureRoom,
  findBulkReplay,
  findEvent,
  findInstalledJobs,
  findRunState,
  insertBulkReplay,
  insertQueued,
  latestRunsOfEvent,
  listBulkReplays,
  listDeadLetterIds,
  lockDeadLetters,
  lockJob,
  lockRunForReplay,
  markReplayed,
  planFanOut,
  roomLeft,
  tellParked,
  type BulkReplay,
  type DeadLetterFilter,
  type NewRun,
  type ReplayableRun,
} from '@annex/persistence';
import type { Database, TenantTransaction } from '@annex/database';
import { dispatchErrors } from './errors.js';
import { jobName, jobTerms } from './job.js';
import { RunEndings } from './run-endings.js';

/** Who asks. The API has checked that they may. */
export interface RunsCaller<Done = unknown> {
  /** `usr_…`, `tok_…`, or an operator. */
  actor: string;
  tenant: { id: Id<'tenant'> };
  requestId?: string;
  /**
   * Called with what was done, in the transaction that does it: what it writes is kept together with that or not at
   * all, and a throw undoes both.
   */
  beforeCommit?(tx: TenantTransaction, done: Done): Promise<void>;
}

/** A run that was made. `waiting_for` tells why it does not start at once, if it does not. */
export interface StartedRun {
  runId: Id<'run'>;
  status: RunStatus;
}

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

/** Most dead letters that one call discards. */
export const maxDiscardedAtOnce = 10_000;

/** Most dead letters that one transaction replays; those beyond it follow behind the answer. */
export const maxReplayedAtOnce = 500;

export class Runs implements Stoppable {
  readonly #endings: RunEndings;

  constructor(private readonly options: { database: Database; logger: Logger }) {
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
      const started = await startJob(tx, { installation, job, payload, depth: 0 });
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
        throw dispatchErrors.error(
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
        throw dispatchErrors.error(
          'RUN_NOT_ENDED',
          `This run is ${original.status}. Wait until it has ended, or cancel it first.`,
          { extra: { run_status: original.status } },
        );
      if (original.isUninstalled)
        throw dispatchErrors.error(
          'PLUGIN_NOT_FOUND',
          `The plugin ${quote(original.again.plugin ?? '', 80)} of this run was uninstalled; its history stays, and cannot be made again.`,
        );
      await ensureRoom(tx, 1);
      const [started] = await insertReplays(tx, [
        payload === undefined ? original : { ...original, again: { ...original.again, payload, deliveryId: null } },
      ]);
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
        throw dispatchErrors.error(
          'EVENT_NOT_FOUND',
          `This tenant has no event ${quote(eventId, 80)}; it may be older than events are kept.`,
        );
      const before = await latestRunsOfEvent(tx, event.id);
      const planned = await planFanOut(tx, {
        eventId: event.id,
        type: event.type,
        depth: event.depth,
        replayOf: (handler) => before.get(handler) ?? null,
      });
      const wanted = plugins ? planned.filter(({ plugin }) => plugin !== null && plugins.includes(plugin)) : planned;
      const runs = data === undefined ? wanted : wanted.map((run) => ({ ...run, payload: data }));
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
      const made = await insertReplays(tx, found);
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
   * Discards dead letters, oldest first and at most {@link maxDiscardedAtOnce} in one call; `remaining` says how many
   * the filter still means. They stay in the history.
   */
  discardDeadLetters(
    caller: RunsCaller<DiscardedDeadLetters>,
    filter: DeadLetterFilter,
  ): Promise<DiscardedDeadLetters> {
    return this.#audited(caller, async (tx) => {
      const discarded = await discardDeadLetters(tx, filter, maxDiscardedAtOnce);
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
        throw dispatchErrors.error(
          'NOT_A_DEAD_LETTER',
          `The run ${runId} is no dead letter: only an event, job or webhook that failed for good and was not replayed can be discarded. GET /api/dead-letters lists them.`,
        );
      return { value: runId, action: 'run.discarded', target: runId };
    });
  }

  /** How a replay of dead letters stands. Throws `REPLAY_NOT_FOUND`. */
  async findReplay(tenantId: Id<'tenant'>, id: Id<'replay'>): Promise<BulkReplay> {
    const replay = await this.options.database.forTenant(tenantId).transaction((tx) => findBulkReplay(tx, id));
    if (replay === null)
      throw dispatchErrors.error(
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

export interface StartJob {
  /** The run to be. Default: a fresh id. */
  runId?: Id<'run'> | undefined;
  /** The installation's id or slug. */
  installation: string;
  job: string;
  payload?: Json | undefined;
  /** How many emits lie between the new run and the outside world. */
  depth: number;
  /**
   * The transaction is one that ends another run: it must hold no job's lock, or two jobs that start each other wait
   * for each other. Default `false`.
   */
  isEffect?: boolean;
}

/**
 * Starts a job in the caller's transaction: the API's run-now and `ctx.jobs.runNow`. A request that somebody made is
 * never dropped, so where a tick would be left out because an earlier run is not done (`overlap: skip`), this one waits
 * for it, as with `queue`. Errors as {@link Runs.runNow}.
 */
export async function startJob(
  tx: TenantTransaction,
  { runId, installation, job, payload, depth, isEffect = false }: StartJob,
): Promise<StartedRun> {
  checkPayload(payload);
  const found = await findInstalledJobs(tx, installation);
  if (found === null)
    throw dispatchErrors.error('PLUGIN_NOT_FOUND', `This tenant has no plugin ${quote(installation, 80)}.`);
  if (found.status !== 'enabled') {
    const code = found.status === 'suspended' ? 'PLUGIN_SUSPENDED' : 'PLUGIN_DISABLED';
    throw outcomeErrors.error(
      code,
      `The plugin "${found.plugin}" is ${found.status}${found.statusReason ? ` (${found.statusReason})` : ''}; enable it first.`,
    );
  }
  const entry = found.jobs.find((one) => jobName(one) === job);
  if (entry === undefined) {
    const names = found.jobs.flatMap((one) => jobName(one) ?? []);
    throw dispatchErrors.error(
      'JOB_NOT_FOUND',
      `The plugin "${found.plugin}" has no job ${quote(job, 80)}.${didYouMean(job, names) || (names.length > 0 ? ` Jobs: ${names.join(', ')}.` : ' It declares none.')}`,
    );
  }
  await ensureRoom(tx, 1);
  const { overlap, policy } = jobTerms(entry);
  const id = runId ?? newId('run');
  const ref = { installationId: found.installationId, name: job };
  const waits = isEffect ? await parkAsEffect(tx, ref, overlap) : await waitsForOthers(tx, ref, overlap);
  await insertQueued(tx, [
    {
      id,
      ...ref,
      plugin: found.plugin,
      kind: 'job',
      ordinal: 0,
      payload,
      policy,
      depth,
      ...(waits && { waitingFor: 'overlap' as const }),
    },
  ]);
  return { runId: id, status: 'queued' };
}

/**
 * Parks the run, unless runs of its job need not wait for each other; after the commit a dispatcher sees whether there
 * is anything to wait for.
 */
async function parkAsEffect(
  tx: TenantTransaction,
  job: { installationId: Id<'installation'>; name: string },
  overlap: string,
): Promise<boolean> {
  if (overlap === 'allow') return false;
  if (overlap === 'replace') await cancelJobRuns(tx, job, replaced);
  await tellParked(tx, job);
  return true;
}

const replaced = { code: 'CANCELLED', message: 'A later run of the job replaced it (overlap: "replace").' };

/** Whether a run asked for by somebody has to wait for earlier ones of its job. */
async function waitsForOthers(
  tx: TenantTransaction,
  job: { installationId: Id<'installation'>; name: string },
  overlap: string,
): Promise<boolean> {
  if (overlap === 'allow') return false;
  await lockJob(tx, job);
  const { running, queued } = await countJobRuns(tx, job);
  if (overlap !== 'replace') {
    if (running + queued > 0) await tellParked(tx, job);
    return running + queued > 0;
  }
  await cancelJobRuns(tx, job, replaced);
  if (running > 0) await tellParked(tx, job);
  return running > 0;
}

/** Makes runs again and marks the first ones, in the caller's transaction; answers the new ones in the same order. */
export async function insertReplays(tx: TenantTransaction, originals: readonly ReplayableRun[]): Promise<Id<'run'>[]> {
  const runs: (NewRun & { id: Id<'run'> })[] = originals.map(({ again }) => ({ ...again, id: newId('run') }));
  await insertQueued(tx, runs);
  await markReplayed(
    tx,
    originals.map(({ id }) => id),
  );
  return runs.map(({ id }) => id);
}

function checkPayload(payload: Json | undefined): void {
  if (payload === undefined) return;
  const bytes = jsonBytes(payload);
  if (bytes <= maxEventDataBytes) return;
  throw outcomeErrors.error(
    'PAYLOAD_TOO_LARGE',
    `The payload is ${bytes} bytes of JSON; at most ${maxEventDataBytes} are taken. Store it and pass its key.`,
    { extra: { limit: maxEventDataBytes } },
  );
}

function runNotFound(runId: string): Error {
  return dispatchErrors.error('RUN_NOT_FOUND', `This tenant has no background run ${quote(runId, 40)}.`);
}
