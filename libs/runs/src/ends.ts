/**
 * Writes how attempts ended: many in one statement, with what follows from each. All of it carries the claim's fencing
 * number, and what a run did in the platform is committed together with its end or not at all.
 */
import { assertNever, failpoint, isAnnexError, messageOf, type Id, type Logger } from '@annex/kernel';
import { isTransientDatabaseError, type Database, type TenantTransaction } from '@annex/database';
import type { AttemptOutcome } from './attempt-port.js';
import { Batcher } from './batcher.js';
import { countsAgainstPlugin } from './outcomes.js';
import { countsAsAttempt, nextAttempt, retryPolicyFor } from './retry.js';
import { hasEnded, type RunStatus } from './run-status.js';
import { finishAttempts, handBack, type AttemptEnd, type EndedAttempt } from './sql/claim.js';
import type { ClaimedRun } from './sql/claim-due.js';
import { unparkEndpoint } from './sql/endpoint-turns.js';
import { unparkJob } from './sql/overlap.js';

export interface EndsOptions {
  database: Database;
  logger: Logger;
  /** A number in [0, 1), for the jitter of retries. */
  random: () => number;
  /**
   * Called when runs of a plugin fail for good, again and again, by its own fault: as many in a row as `failedRuns`
   * says.
   */
  onFailing: (failing: FailingPlugin) => Promise<void>;
  /** Called after the commit that ends a run. */
  onEnded: (run: ClaimedRun, status: RunStatus) => void;
}

/** A plugin of which run after run fails. */
export interface FailingPlugin {
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  /** Runs that failed for good, in a row. */
  failedRuns: number;
  /** Of the last one. */
  error: { code: string; message: string };
}

type Commit = NonNullable<Extract<AttemptOutcome, { status: 'succeeded' | 'failed' }>['commit']>;

interface EndWithEffects {
  end: AttemptEnd;
  commit: Commit;
}

const cancelled = { code: 'CANCELLED', message: 'The run was cancelled.' };

/** Tries of finishing an attempt while PostgreSQL is away, and the longest pause between two. */
const finishTries = 40;
const finishPauseMs = 2000;

/** Ends that are written together; a commit's wait for the disk is then shared. */
const batches = { atOnce: 1, maxItems: 32 } as const;

/** Effects of an end that holds no more, because another worker has taken over or somebody cancelled, do not happen. */
async function finishWithEffects(
  tx: TenantTransaction,
  ends: readonly EndWithEffects[],
): Promise<(EndedAttempt | null)[]> {
  const ended = await finishAttempts(
    tx,
    ends.map(({ end }) => end),
  );
  for (const [index, { end, commit }] of ends.entries()) if (ended[index]?.status === end.status) await commit(tx);
  failpoint('attempt.written');
  return ended;
}

export class Ends {
  /** Ends without effects, of every tenant. */
  readonly #plain: Batcher<AttemptEnd, EndedAttempt | null>;
  /** Ends with effects, by tenant, while some are being written. */
  readonly #effects = new Map<Id<'tenant'>, { open: number; batcher: Batcher<EndWithEffects, EndedAttempt | null> }>();

  constructor(private readonly options: EndsOptions) {
    const { database } = options;
    this.#plain = new Batcher({ ...batches, work: (ends) => database.platform((tx) => finishAttempts(tx, ends)) });
  }

  /** Gives a run back, so that another worker starts it. `park`: once its plugin is enabled. */
  async handBack(run: ClaimedRun, park = false): Promise<void> {
    const scope = this.options.database.forTenant(run.tenantId);
    await this.#persist(run, () => scope.transaction((tx) => handBack(tx, { runId: run.id, claim: run.claim, park })));
  }

  /** Writes what an outcome means for the run; answers where it stands then, `null`: another worker has it. */
  async write(run: ClaimedRun, outcome: AttemptOutcome): Promise<AttemptEnd['status'] | 'parked' | null> {
    const end = this.#decide(run, outcome);
    if (end === 'park') {
      await this.handBack(run, true);
      return 'parked';
    }
    try {
      return await this.#finish(run, end, effectsOf(outcome, end));
    } catch (thrown) {
      if (isTransientDatabaseError(thrown)) throw thrown;
      // Not again: the same handler would do the same, and nothing of it could be kept.
      this.options.logger.error(
        { err: thrown, run: run.id, plugin: run.plugin },
        'the end of a run cannot be stored; the run has failed',
      );
      const error = {
        code: 'PLATFORM_ERROR',
        message: 'How this run ended could not be stored, so nothing that it did in the platform took effect.',
      };
      return this.#finish(run, { ...end, status: 'failed', result: undefined, limits: {}, error }, undefined);
    }
  }

  /**
   * Ends the attempt and lets its effects happen, both or neither. Effects that are refused (a full queue) make the
   * attempt a failed one.
   */
  async #finish(
    run: ClaimedRun,
    end: AttemptEnd,
    commit: Commit | undefined,
  ): Promise<AttemptEnd['status'] | 'parked' | null> {
    if (!commit) return this.#ended(run, end, await this.#persist(run, () => this.#plain.do(end)));
    const finished = await this.#persist(run, async () => {
      try {
        return { ended: await this.#withEffects(run.tenantId, { end, commit }), refused: undefined };
      } catch (thrown) {
        if (isAnnexError(thrown)) return { ended: null, refused: { code: thrown.code, message: thrown.detail } };
        throw thrown;
      }
    });
    if (finished.refused === undefined) return this.#ended(run, end, finished.ended);
    return this.write(run, { status: 'failed', error: finished.refused, limits: end.limits, release: end.release });
  }

  /** Ends of one tenant that come while others of it are being written go together with the next. */
  async #withEffects(tenantId: Id<'tenant'>, end: EndWithEffects): Promise<EndedAttempt | null> {
    const scope = this.options.database.forTenant(tenantId);
    const own = this.#effects.get(tenantId) ?? {
      open: 0,
      batcher: new Batcher<EndWithEffects, EndedAttempt | null>({
        ...batches,
        work: (ends) => scope.transaction((tx) => finishWithEffects(tx, ends)),
      }),
    };
    this.#effects.set(tenantId, own);
    own.open += 1;
    try {
      return await own.batcher.do(end);
    } finally {
      own.open -= 1;
      if (own.open === 0) this.#effects.delete(tenantId);
    }
  }

  /**
   * Unparks what waited for this attempt. After its commit, so that two that end at once cannot both think the other
   * one is under way.
   */
  async #ended(run: ClaimedRun, end: AttemptEnd, ended: EndedAttempt | null): Promise<AttemptEnd['status'] | null> {
    if (ended && hasEnded(ended.status)) this.options.onEnded(run, ended.status);
    if (ended?.isWaitedFor) {
      const unparking = this.options.database.forTenant(run.tenantId).transaction(async (tx) => {
        if (run.webhookId) return unparkEndpoint(tx, run.webhookId);
        if (!run.installationId) return;
        await unparkJob(tx, { installationId: run.installationId, name: run.name });
      });
      await unparking.catch((thrown: unknown) =>
        this.options.logger.debug(
          { run: run.id, reason: messageOf(thrown) },
          'what waited for a run could not be unparked yet; the reconciler will',
        ),
      );
    }
    if (ended && ended.failedRuns > 0 && run.installationId && end.error) {
      const failing = {
        tenantId: run.tenantId,
        installationId: run.installationId,
        failedRuns: ended.failedRuns,
        error: end.error,
      };
      await this.options
        .onFailing(failing)
        .catch((thrown: unknown) =>
          this.options.logger.warn(
            { err: thrown, plugin: run.plugin },
            'a plugin that fails could not be judged; its next failure will be',
          ),
        );
    }
    return ended?.status ?? null;
  }

  /** What an outcome means for the run: the tables of outcomes and retries decide. */
  #decide(run: ClaimedRun, outcome: AttemptOutcome): AttemptEnd | 'park' {
    const base = {
      tenantId: run.tenantId,
      runId: run.id,
      claim: run.claim,
      limits: outcome.limits,
      release: outcome.release,
      countsAsAttempt: false,
    };
    switch (outcome.status) {
      case 'succeeded':
        return { ...base, status: 'succeeded', result: outcome.result };
      case 'waiting':
        // The error is for one that was cancelled meanwhile.
        return {
          ...base,
          status: 'queued',
          waitingFor: outcome.waitingFor,
          delayMs: outcome.delayMs,
          error: cancelled,
        };
      case 'skipped':
        return { ...base, status: 'skipped', error: outcome.error };
      case 'cancelled':
        return { ...base, status: 'cancelled', error: cancelled };
      case 'failed': {
        const counts = countsAsAttempt(outcome.error.code);
        const failures = run.failures + (counts ? 1 : 0);
        const next = nextAttempt({
          kind: run.kind,
          policy: retryPolicyFor(run.kind, run.policy.retry),
          attempts: failures,
          // Of what was handed back nothing failed: it left no attempt.
          platformFailures: run.attempt - failures,
          error: {
            code: outcome.error.code,
            ...(outcome.retryAfterMs !== undefined && { retryAfterMs: outcome.retryAfterMs }),
          },
          random: this.options.random,
        });
        if (next.then === 'park') return 'park';
        const blamesPlugin = countsAgainstPlugin(outcome.error.code);
        if (next.then === 'dead')
          return { ...base, status: 'failed', error: outcome.error, countsAsAttempt: counts, blamesPlugin };
        return {
          ...base,
          status: 'retrying',
          delayMs: next.delayMs,
          error: outcome.error,
          countsAsAttempt: next.countsAsAttempt,
          blamesPlugin,
        };
      }
      default:
        return assertNever(outcome);
    }
  }

  /** Repeats a write while PostgreSQL is away: the handler's work is done, and forgetting that would do it twice. */
  async #persist<T>(run: ClaimedRun, write: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (thrown) {
        if (tries >= finishTries || !isTransientDatabaseError(thrown)) throw thrown;
        this.options.logger.warn(
          { run: run.id, tries, reason: messageOf(thrown) },
          'the end of an attempt could not be written yet',
        );
        await new Promise((done) => setTimeout(done, Math.min(100 * 2 ** tries, finishPauseMs)));
      }
    }
  }
}

/** What takes effect with an end: of a success, and of a failure that is the last one. */
function effectsOf(outcome: AttemptOutcome, { status }: AttemptEnd): Commit | undefined {
  if (outcome.status === 'succeeded') return outcome.commit;
  return outcome.status === 'failed' && status === 'failed' ? outcome.commit : undefined;
}
