import { failpoint, idFromUuid, newUuid, type Id, type Logger } from '@annex/kernel';
import type { Queue } from '@annex/queue';
import { Loop } from './loop.js';
import type { Permits } from './permits.js';

export interface RelayOptions {
  queue: Queue;
  permits: Pick<Permits, 'isHeld' | 'told' | 'look'>;
  logger: Logger;
}

/** Between two looks for due runs that nobody told of, in milliseconds. */
const lookMs = 400;

export interface Relay {
  loop: Loop;
  /** Hears that runs became due: the payload of `annex_work`, or `null` when some may have been missed. */
  hear: (payload: string | null) => void;
  /** Puts one more permit into the queue, unless one waits there. */
  offer: () => void;
}

/**
 * Puts permits into the queue while runs are due. Every worker has a relay and none leads: those that hear of the same
 * commit, or look at the same moment, give their permit the same name, and the queue takes it once. A worker that has a
 * permit needs no other to go on. Whatever gets lost on the way, a notice or the whole queue, the next look makes good.
 */
export function createRelay({ queue, permits, logger }: RelayOptions): Relay {
  /** The name of the permit that is wanted. */
  let wanted: string | undefined;
  let lookAtMs = 0;
  const add = async (id: string): Promise<void> => {
    failpoint('permit.wanted');
    await queue.add([{ id }]);
    failpoint('permit.added');
  };
  const look = async (): Promise<void> => {
    lookAtMs = performance.now() + lookMs;
    if ((await permits.look()) && !permits.isHeld) wanted ??= `look-${Math.floor(Date.now() / lookMs)}`;
  };
  const loop = new Loop({
    name: 'relay',
    everyMs: lookMs,
    gapMs: 3,
    logger,
    work: async () => {
      if (performance.now() >= lookAtMs) await look();
      const id = wanted;
      if (id !== undefined && !permits.isHeld) await add(id);
      if (wanted === id) wanted = undefined;
      return Math.max(1, lookAtMs - performance.now());
    },
  });
  return {
    loop,
    hear(payload) {
      const [tenant, commit] = payload?.split(' ') ?? [];
      const tenantId = tenantOf(tenant);
      if (tenantId === undefined) lookAtMs = 0;
      else permits.told(tenantId);
      if (permits.isHeld && tenantId !== undefined) return;
      if (tenantId !== undefined) wanted = `told-${commit ?? newUuid()}`;
      loop.wake();
    },
    offer() {
      offerOne(queue).catch((thrown: unknown) =>
        logger.debug({ err: thrown }, 'a permit could not be offered; a look will'),
      );
    },
  };
}

/** One that waits is enough, or the next one's holder, who offers another one, would make ever more. */
async function offerOne(queue: Queue): Promise<void> {
  if ((await queue.counts()).waiting === 0) await queue.add([{ id: `more-${newUuid()}` }]);
}

function tenantOf(uuid: string | undefined): Id<'tenant'> | undefined {
  try {
    return uuid === undefined || uuid === '-' ? undefined : idFromUuid('tenant', uuid);
  } catch {
    return undefined;
  }
}
