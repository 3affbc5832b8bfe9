/** Background work and the processes that do it. */
import type { Database } from '@annex/database';
import type { Look, ProcessView } from '@annex/operations';
import type { Queue } from '@annex/queue';
import { readBacklog, readSlots } from '@annex/runs';
import { fault, fine, warning, type Seen } from './finding.js';

/** The numbers that alerts of deploy/prometheus have too, in seconds. */
const longWaitS = 60;
const lateTickS = 30;

export interface WorkParts {
  database: Database;
  queue: Queue;
  /** What every process told of itself. */
  processes: () => Promise<readonly ProcessView[]>;
}

/** Looks at queue, backlog and processes. */
export function workLooks({ database, queue, processes }: WorkParts): Look[] {
  return [
    { check: 'queue', look: () => lookAtQueue(queue) },
    { check: 'background work', look: () => lookAtBacklog(database) },
    { check: 'processes', look: async () => lookAtProcesses(await processes()) },
    { check: 'isolation', look: async () => lookAtIsolation(await processes()) },
  ];
}

async function lookAtQueue(queue: Queue): Promise<Seen[]> {
  const { waiting, active } = await queue.counts();
  const where = queue.backend === 'redis' ? 'Redis' : 'PostgreSQL';
  return [fine(`BullMQ on ${where} answers: ${waiting} permits wait, ${active} are in use.`)];
}

async function lookAtBacklog(database: Database): Promise<Seen[]> {
  const [backlog, places] = await database.platform(
    async (tx) => [await readBacklog(tx), await readSlots(tx)] as const,
  );
  const { runs, oldestWaitingS, deadLetters, scheduleLagS } = backlog;
  const seen: Seen[] = [];
  if (places.workers === 0)
    seen.push(fault('No worker is alive: background work waits.', 'Start a process with ANNEX_ROLE=worker or all.'));
  else seen.push(fine(`${places.workers} workers with ${places.slots} places; ${runs.running} runs are under way.`));
  const waits = `${runs.due} runs are due, the longest for ${Math.round(oldestWaitingS)} s.`;
  seen.push(
    oldestWaitingS > longWaitS
      ? warning(waits, 'GET /api/operator/queue says which tenant waits for what; more workers give more places.')
      : fine(waits),
  );
  if (scheduleLagS > lateTickS)
    seen.push(
      warning(`A schedule is ${Math.round(scheduleLagS)} s late.`, 'Look whether workers live and reach PostgreSQL.'),
    );
  if (deadLetters > 0)
    seen.push(
      warning(
        `${deadLetters} runs failed for good and wait.`,
        'GET /api/dead-letters in the tenants; replay or discard.',
      ),
    );
  return seen;
}

function lookAtProcesses(processes: readonly ProcessView[]): Seen[] {
  const alive = processes.filter((each) => each.alive);
  const seen = processes
    .filter((each) => !each.alive)
    .map(({ role, host, pid }) =>
      warning(`${role} ${pid} on ${host} told nothing for a while.`, 'It hangs or was killed: look at its log.'),
    );
  const versions = [...new Set(alive.map(({ version }) => version))].sort();
  if (versions.length > 1)
    seen.push(
      warning(
        `Releases ${versions.join(' and ')} run side by side.`,
        'Finish the upgrade: replace the older processes.',
      ),
    );
  return [
    ...seen,
    fine(
      `${alive.length} processes live: ${alive
        .map(({ role }) => role)
        .sort()
        .join(', ')}.`,
    ),
  ];
}

function lookAtIsolation(processes: readonly ProcessView[]): Seen[] {
  const tiers = [...new Set(processes.filter(({ alive }) => alive).map(({ confinement }) => confinement.tier))].sort();
  const [lowest = 'T0'] = tiers;
  if (tiers.length > 1)
    return [
      warning(
        `Plugin code is confined unequally: ${tiers.join(', ')}.`,
        'Give each process the same rights; ANNEX_SANDBOX_REQUIRE holds them to a tier.',
      ),
    ];
  if (lowest === 'T0' || lowest === 'T1')
    return [
      warning(
        `Plugin code is confined at ${lowest} only.`,
        'docs/sandbox.md says what the process lacks for T2 and T3.',
      ),
    ];
  return [fine(`Plugin code is confined at ${lowest}.`)];
}
