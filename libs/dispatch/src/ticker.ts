import type { Logger } from '@annex/kernel';
import { failpoint, isAnnexError, newId, type Id } from '@annex/kernel';
import {
  cancelJobRuns,
  countJobRuns,
  ensureRoom,
  insertQueued,
  jobTerms,
  lockJob,
  recordSkippedStretch,
  recordSkippedTicks,
  tellParked,
} from '@annex/runs';
import {
  listDueSchedules,
  lockDueSchedules,
  moveSchedule,
  untilNextTickMs,
  type DueSchedule,
} from './sql/due-schedules.js';
import type { Database, TenantTransaction } from '@annex/database';
import {
  countTicks,
  decideOverlap,
  jitterOffsetS,
  nextTick,
  parseSchedule,
  planTicks,
  type Schedule,
  type SkipReason,
} from '@annex/scheduling';
import { Loop } from './loop.js';

/** Why a tick did not run, as the run that records it says. */
const skipMessages: Record<SkipReason, (schedule: DueSchedule) => string> = {
  missed: () => 'Nothing could start it in time, and its catch_up is "none".',
  superseded: () => 'Nothing could start it in time, a later tick was due as well, and its catch_up is "latest".',
  misfire_deadline: ({ misfireDeadlineS }) =>
    `It could not be started within its misfire_deadline_s of ${misfireDeadlineS} s.`,
  overlap: () => 'An earlier run of the job had not ended, and its overlap is "skip".',
  queue_full: () => 'As many runs of the job were waiting as may wait.',
  paused: () => 'The job was paused.',
  plugin_disabled: () => 'The plugin was not enabled.',
};

/**
 * Fires schedules. Every worker has one and none leads: a due schedule's row is locked with SKIP LOCKED, and its ticks
 * and its next time are written in the same transaction, so each tick is decided once however many processes look and
 * whenever one dies.
 */
export function createTicker({ database, logger }: { database: Database; logger: Logger }): Loop {
  return new Loop({
    name: 'ticker',
    everyMs: 500,
    logger,
    work: async () => {
      const due = await database.platform((tx) => listDueSchedules(tx));
      let failure: unknown;
      for (const [tenantId, ids] of due) {
        try {
          await database.forTenant(tenantId).transaction((tx) => decideTicks(tx, ids, logger));
        } catch (thrown) {
          failure = thrown;
        }
      }
      if (failure !== undefined) throw failure;
      const untilMs = await database.platform(untilNextTickMs);
      return untilMs === null ? undefined : Math.max(untilMs, 10);
    },
  });
}

/** Decides every tick of these schedules that is due now; those locked by another worker are left to it. */
export async function decideTicks(
  tx: TenantTransaction,
  ids: readonly Id<'schedule'>[],
  logger: Logger,
): Promise<void> {
  for (const schedule of await lockDueSchedules(tx, ids)) await decideSchedule(tx, schedule, logger);
  failpoint('tick.written');
}

async function decideSchedule(tx: TenantTransaction, due: DueSchedule, logger: Logger): Promise<void> {
  const reading = parseSchedule(due.schedule);
  if (!reading.ok) {
    logger.error(
      { schedule: due.id, text: due.schedule, errors: reading.errors },
      'a stored schedule cannot be read any more and stops',
    );
    await moveSchedule(tx, due.id, null);
    return;
  }
  const offsetS = jitterOffsetS(`${due.installationId}/${due.name}`, due.jitterS);
  const nextAtMs = await passRest(tx, due, reading.schedule, offsetS);
  if (nextAtMs === undefined) return moveSchedule(tx, due.id, null);
  const plan = planTicks({
    schedule: reading.schedule,
    timezone: due.timezone,
    offsetS,
    nextAtMs,
    nowMs: due.nowMs,
    catchUp: due.catchUp,
    misfireDeadlineS: due.misfireDeadlineS,
  });
  await recordSkippedTicks(
    tx,
    plan.skipped.map(({ at, reason }) => ({
      schedule: due,
      atMs: at,
      code: reason.toUpperCase(),
      message: skipMessages[reason](due),
    })),
  );
  for (const atMs of plan.fire) await fire(tx, due, atMs);
  await moveSchedule(tx, due.id, plan.nextAtMs ?? null);
}

/** Tells of the ticks that fell into a pause or rest that is over, and answers the first one after it. */
async function passRest(
  tx: TenantTransaction,
  due: DueSchedule,
  schedule: Schedule,
  offsetS: number,
): Promise<number | undefined> {
  const { rested, timezone, nextAtMs: firstMs } = due;
  const passed = rested && countTicks(schedule, timezone, offsetS, { firstMs, untilMs: rested.untilMs });
  if (!rested || !passed) return firstMs;
  const message = skipMessages[rested.reason](due) + (passed.isCut ? ' There were more ticks than are counted.' : '');
  await recordSkippedStretch(
    tx,
    { schedule: due, atMs: firstMs, code: rested.reason.toUpperCase(), message },
    { ticks: passed.ticks, untilMs: passed.lastMs },
  );
  return nextTick(schedule, timezone, offsetS, rested.untilMs);
}

async function fire(tx: TenantTransaction, due: DueSchedule, atMs: number): Promise<void> {
  await lockJob(tx, due);
  const busy = await countJobRuns(tx, due);
  const decision = decideOverlap(due.overlap, busy);
  const skip = (code: string, message: string) => recordSkippedTicks(tx, [{ schedule: due, atMs, code, message }]);
  if (decision.action === 'skip') return skip(decision.reason.toUpperCase(), skipMessages[decision.reason](due));
  try {
    await ensureRoom(tx, 1);
  } catch (thrown) {
    if (isAnnexError(thrown)) return skip(thrown.code, thrown.detail);
    throw thrown;
  }
  if (decision.action === 'replace')
    await cancelJobRuns(tx, due, {
      code: 'CANCELLED',
      message: 'A later tick of the job replaced it (overlap: "replace").',
    });
  const id = newId('run');
  // What is cancelled needs a moment to end; only then may its successor start.
  const waits = decision.action === 'queue' || (decision.action === 'replace' && busy.running > 0);
  await insertQueued(tx, [
    {
      id,
      installationId: due.installationId,
      plugin: due.plugin,
      kind: 'job',
      name: due.name,
      ordinal: 0,
      policy: jobTerms(due.job).policy,
      scheduleId: due.id,
      scheduledFor: new Date(atMs),
      depth: 0,
      ...(waits && { waitingFor: 'overlap' as const }),
    },
  ]);
  // Whoever it waits for may be ending right now, unseen by this transaction.
  if (waits) await tellParked(tx, due);
}
