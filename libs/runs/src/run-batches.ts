/** Acts on many runs: asked for once, done portion by portion by whichever worker is there. */
import { quote, type Id, type Json, type JsonObject } from '@annex/kernel';
import { runListLimits } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { runErrors } from './errors.js';
import { insertReplays, maxReplayedAtOnce, roomPauseMs } from './replays.js';
import type { RunsCaller } from './runs-caller.js';
import { advanceBulkReplay } from './sql/bulk-replay.js';
import { cancelRun } from './sql/cancel-run.js';
import { roomLeft } from './sql/enqueue-run.js';
import { discardDeadLetters, lockRunForReplay } from './sql/replay.js';
import {
  batchBounds,
  countRunningBatches,
  findRunBatch,
  insertRunBatch,
  listRunBatches,
  lockBatchRuns,
  measureBatch,
  stopRunBatch,
  type BatchAction,
  type BatchExtent,
  type BatchFilter,
  type RunBatch,
} from './sql/run-batches.js';

/** Runs of one portion. Cancelling takes a lock of each run's job, so that few are held at a time. */
const portions: Readonly<Record<BatchAction, number>> = { cancel: 100, replay: maxReplayedAtOnce, discard: 1000 };

/** Cancels, replays or discards the runs that a filter means. */
export class RunBatches {
  constructor(private readonly options: { database: Database }) {}

  /** How many runs an act would change; nothing is done. */
  measure(tenantId: Id<'tenant'>, action: BatchAction, filter: BatchFilter): Promise<BatchExtent> {
    return this.options.database.forTenant(tenantId).transaction(async (tx) => {
      const bounds = await batchBounds(tx, filter);
      return measureBatch(tx, { action, filter, bounds });
    });
  }

  /**
   * Begins an act on the runs that there are now, the oldest {@link runListLimits.batch} of them at most. It goes on
   * behind the answer, whoever dies in between. Throws `BATCH_LIMIT`.
   */
  begin(caller: RunsCaller<RunBatch>, action: BatchAction, filter: BatchFilter): Promise<RunBatch> {
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      if ((await countRunningBatches(tx)) >= runListLimits.batchesAtOnce)
        throw runErrors.error(
          'BATCH_LIMIT',
          `${runListLimits.batchesAtOnce} acts on many runs are under way. Wait for one to end, or stop one: GET ` +
            '/api/runs/batches lists them.',
        );
      const bounds = await batchBounds(tx, filter);
      const { total } = await measureBatch(tx, { action, filter, bounds });
      const batch = await insertRunBatch(tx, { action, filter, bounds, total, actor: caller.actor });
      await note(tx, caller, `runs.${action}`, batch, { total, filter: filter as JsonObject });
      await caller.beforeCommit?.(tx, batch);
      return batch;
    });
  }

  /** How an act stands. Throws `BATCH_NOT_FOUND`. */
  async find(tenantId: Id<'tenant'>, id: Id<'replay'>): Promise<RunBatch> {
    const batch = await this.options.database.forTenant(tenantId).transaction((tx) => findRunBatch(tx, id));
    if (batch === null) throw batchNotFound(id);
    return batch;
  }

  /** Acts, newest first. */
  list(tenantId: Id<'tenant'>, page: { limit: number; before?: Id<'replay'> | undefined }): Promise<RunBatch[]> {
    return this.options.database.forTenant(tenantId).transaction((tx) => listRunBatches(tx, page));
  }

  /** Ends an act where it stands; what it did stays done. One that has ended stays so. Throws `BATCH_NOT_FOUND`. */
  stop(caller: RunsCaller<RunBatch>, id: Id<'replay'>): Promise<RunBatch> {
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const isStopped = await stopRunBatch(tx, id);
      const batch = await findRunBatch(tx, id);
      if (batch === null) throw batchNotFound(id);
      if (isStopped) await note(tx, caller, 'runs.batch_stopped', batch, { done: batch.replayed });
      await caller.beforeCommit?.(tx, batch);
      return batch;
    });
  }
}

/** Does the next portion of an act and counts it, in the transaction that holds the act's row. */
export async function batchPortion(tx: TenantTransaction, batch: RunBatch): Promise<void> {
  const { id, action } = batch;
  const left = batch.total - batch.replayed;
  const room = action === 'replay' ? await roomLeft(tx) : Infinity;
  if (room === 0)
    return advanceBulkReplay(tx, id, { replayed: 0, isLast: false, pauseMs: roomPauseMs, waitingFor: 'queue_full' });
  const limit = Math.min(portions[action], left, room);
  const ids = await lockBatchRuns(tx, batch, limit);
  const replayed = await acts[action](tx, ids, batch.actor);
  const isLast = ids.length < limit || ids.length >= left;
  await advanceBulkReplay(tx, id, { replayed, isLast, cameTo: ids.at(-1) });
}

type Act = (tx: TenantTransaction, ids: readonly Id<'run'>[], actor: string) => Promise<number>;

const acts: Readonly<Record<BatchAction, Act>> = {
  async cancel(tx, ids, actor) {
    let count = 0;
    for (const id of ids) if (await cancelRun(tx, id, `${actor} cancelled the run.`)) count += 1;
    return count;
  },
  async replay(tx, ids, actor) {
    const originals = [];
    for (const id of ids) {
      const original = await lockRunForReplay(tx, id);
      if (original && !original.isUninstalled) originals.push(original);
    }
    return (await insertReplays(tx, originals, actor)).length;
  },
  discard: (tx, ids) => (ids.length === 0 ? Promise.resolve(0) : discardDeadLetters(tx, { ids }, ids.length)),
};

async function note(
  tx: TenantTransaction,
  { actor, requestId }: RunsCaller<RunBatch>,
  action: string,
  { id }: RunBatch,
  detail: Record<string, Json>,
): Promise<void> {
  await appendAudit(tx, { actor, action, target: id, detail, ...(requestId !== undefined && { requestId }) });
}

function batchNotFound(id: string): Error {
  return runErrors.error(
    'BATCH_NOT_FOUND',
    `This tenant has no act on many runs ${quote(id, 40)}; those that ended are kept as long as runs.`,
  );
}
