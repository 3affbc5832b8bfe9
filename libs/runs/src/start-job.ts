import { didYouMean, newId, quote, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { checkPayload } from './check-payload.js';
import { runErrors } from './errors.js';
import { jobName, jobTerms } from './job-terms.js';
import { outcomeErrors } from './outcomes.js';
import type { RunStatus } from './run-status.js';
import { ensureRoom, insertQueued } from './sql/enqueue-run.js';
import { findInstalledJobs } from './sql/find-job.js';
import { cancelJobRuns, countJobRuns, lockJob, tellParked } from './sql/overlap.js';

/** A run that was made. `waiting_for` tells why it does not start at once, if it does not. */
export interface StartedRun {
  runId: Id<'run'>;
  status: RunStatus;
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
  /** Who asks: an actor, or the run whose code does. */
  startedBy: string;
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
  { runId, installation, job, payload, depth, startedBy, isEffect = false }: StartJob,
): Promise<StartedRun> {
  checkPayload(payload);
  const found = await findInstalledJobs(tx, installation);
  if (found === null)
    throw runErrors.error('PLUGIN_NOT_FOUND', `This tenant has no plugin ${quote(installation, 80)}.`);
  if (found.status !== 'enabled') {
    const code = found.status === 'suspended' ? 'PLUGIN_SUSPENDED' : 'PLUGIN_DISABLED';
    throw outcomeErrors.error(
      code,
      `The plugin "${found.plugin}" is ${found.status}${found.statusReason ? ` (${found.statusReason})` : ''}; ` +
        'enable it first.',
    );
  }
  const entry = found.jobs.find((one) => jobName(one) === job);
  if (entry === undefined) {
    const names = found.jobs.flatMap((one) => jobName(one) ?? []);
    throw runErrors.error(
      'JOB_NOT_FOUND',
      `The plugin "${found.plugin}" has no job ` +
        `${quote(job, 80)}.` +
        (didYouMean(job, names) || (names.length > 0 ? ` Jobs: ${names.join(', ')}.` : ' It declares none.')),
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
      startedBy,
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
