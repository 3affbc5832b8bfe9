/**
 * Makes a run of each poll that is due. Every worker has one and none leads: a due source's row is locked with SKIP
 * LOCKED, and its run and its next time are written in one transaction. A tick that finds a poll of its source
 * unfinished makes none: that one reads what is new, however late it comes.
 */
import { isAnnexError, type Logger } from '@annex/kernel';
import type { Database, TenantTransaction } from '@annex/database';
import { Loop } from '@annex/dispatch';
import { enqueueRun } from '@annex/runs';
import { nextTick, parseSchedule } from '@annex/scheduling';
import { newPoll } from './poll-runs.js';
import { lockDuePolls, setNextPoll, tenantsWithDuePolls, type DuePoll } from './sql/due-polls.js';

/** A loop that starts due polls; `wake` when one may have become due. */
export function createPollTicker({ database, logger }: { database: Database; logger: Logger }): Loop {
  return new Loop({
    name: 'polls',
    everyMs: 1000,
    gapMs: 50,
    logger,
    work: async () => {
      const due = await database.platform(tenantsWithDuePolls);
      let failure: unknown;
      for (const tenantId of due) {
        try {
          await database.forTenant(tenantId).transaction(async (tx) => {
            for (const poll of await lockDuePolls(tx)) await startPoll(tx, poll, logger);
          });
        } catch (thrown) {
          failure = thrown;
        }
      }
      if (failure !== undefined) throw failure;
    },
  });
}

async function startPoll(tx: TenantTransaction, poll: DuePoll, logger: Logger): Promise<void> {
  const { id, spec, plugin, now, installationId } = poll;
  const source = `${plugin}.${spec.name}`;
  const reading = parseSchedule(spec.schedule ?? '');
  if (!reading.ok) logger.error({ source, text: spec.schedule }, 'a schedule cannot be read any more and stops');
  const nextMs = reading.ok ? nextTick(reading.schedule, spec.timezone, 0, now.getTime()) : undefined;
  await setNextPoll(tx, id, nextMs === undefined ? null : new Date(nextMs));
  if (poll.isOpen || !reading.ok) return;
  try {
    await enqueueRun(tx, newPoll({ installationId, plugin, name: spec.name }));
  } catch (thrown) {
    // A full queue: the next tick reads what this one would have.
    if (!isAnnexError(thrown)) throw thrown;
    logger.debug({ source, code: thrown.code }, 'a poll was left out');
  }
}
