import { isAnnexError, SECOND, type Id, type Logger } from '@annex/kernel';
import type { Database } from '@annex/database';
import { listDueStates, settleState, untilNextStateMs, type DueState } from '@annex/runs';
import { Loop } from './loop.js';

/** States of one round, and of one tenant in it: a storm of one delays the others by no more. */
const perRound = 200;
const perTenant = 20;
/** How long a tenant whose queue is full is left alone. Nothing of it is lost: its states stay due. */
const restMs = 5 * SECOND;

/**
 * Does what is due about alerts and correlations. Every worker has one and none leads. Each state is a transaction of
 * its own, so that one which cannot be settled keeps no other back.
 */
export function createStateTicker({ database, logger }: { database: Database; logger: Logger }): Loop {
  const resting = new Map<Id<'tenant'>, number>();
  return new Loop({
    name: 'state ticker',
    everyMs: 1000,
    logger,
    work: async () => {
      const nowMs = performance.now();
      for (const [tenant, untilMs] of resting) if (untilMs <= nowMs) resting.delete(tenant);
      const due = await database.platform((tx) =>
        listDueStates(tx, { limit: perRound, perTenant, but: [...resting.keys()] }),
      );
      const failure = await settleAll(database, due, (tenant) => resting.set(tenant, nowMs + restMs));
      if (failure !== undefined) throw failure;
      // What another transaction holds is due all the same.
      if (due.length > 0) return due.length < perRound ? 50 : 0;
      const untilMs = await database.platform(untilNextStateMs);
      return untilMs === null ? undefined : Math.max(untilMs, resting.size > 0 ? 1000 : 10);
    },
  });
}

/** Settles each; answers what went wrong with one, if anything did that no rest helps. */
async function settleAll(
  database: Database,
  due: readonly DueState[],
  rest: (tenant: Id<'tenant'>) => void,
): Promise<unknown> {
  const full = new Set<Id<'tenant'>>();
  let failure: unknown;
  for (const state of due) {
    if (full.has(state.tenantId)) continue;
    try {
      await database.forTenant(state.tenantId).transaction((tx) => settleState(tx, state));
    } catch (thrown) {
      if (!isAnnexError(thrown)) failure = thrown;
      full.add(state.tenantId);
      rest(state.tenantId);
    }
  }
  return failure;
}
