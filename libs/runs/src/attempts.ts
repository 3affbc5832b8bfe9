/**
 * One try of a run from claim to end: claim it, try it, write how it ended, unpark what waited for it. Everything
 * written carries the claim's fencing number, so a worker that lost a run to another one (it stood still, its lease ran
 * out) changes nothing any more.
 */
import { assertNever, failpoint, isAnnexError, messageOf, type Clock, type Id, type Logger } from '@annex/kernel';
import { countsAgainstPlugin } from './outcomes.js';
import { countsAsAttempt, nextAttempt, retryPolicyFor } from './retry.js';
import type { RunStatus } from './run-status.js';
import {
  claimRuns,
  finishAttempts,
  handBack,
  renewLeases,
  type AttemptEnd,
  type ClaimedRun,
  type EndedAttempt,
  type WantedRun,
} from './sql/claim.js';
import { unparkEndpoint } from './sql/endpoint-turns.js';
import { unparkJob } from './sql/overlap.js';
import { isTransientDatabaseError, type Database } from '@annex/database';
import type { AttemptOutcome, AttemptPort } from './attempt-port.js';
import { Batcher } from './batcher.js';

export interface AttemptsOptions {
  database: Database;
  execute: AttemptPort;
  clock: Clock;
  logger: Logger;
  ownerId: string;
  /** How long a claim holds without being renewed, in milliseconds. */
  leaseMs: number;
  /**
   * An attempt that has not answered by then is given up, in milliseconds; over every timeout that a handler may have.
   */
  attemptCeilingMs: number;
  random: () => number;
  /**
   * Called when runs of a plugin fail for good, again and again, by its own fault: as many in a row as `failedRuns`
   * says.
   */
  onFailing: (failing: FailingPlugin) => Promise<void>;
  /** Called after the commit that ends a run. */
  onEnded: (run: ClaimedRun, status: RunStatus) => void;
  /** Called when a handler has ended, with how long it took, in milliseconds. */
  onTried: (tookMs: number) => void;
}

/** What the dispatcher did since it started; for metrics. */
export interface AttemptCounts {
  claimed: number;
  succeeded: number;
  failed: number;
  retrying: number;
  cancelled: number;
  skipped: number;
  handedBack: number;
  /** Ended after another worker had taken over: nothing was written. */
  fenced: number;
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

interface Active {
  run: ClaimedRun;
  abort: AbortController;
  /** Gives the run up without its answer. */
  abandon: (why: 'handed back' | 'lost' | 'too long') => void;
}

type Commit = NonNullable<Extract<AttemptOutcome, { status: 'succeeded' }>['commit']>;
type Ended = AttemptOutcome | 'handed back' | 'lost' | 'too long';

/** Tries of finishing an attempt while PostgreSQL is away, and the longest pause between two. */
const finishTries = 40;
const finishPauseMs = 2000;

/** Claims, and ends, that are written together; a commit's wait for the disk is then shared. */
const batches = { atOnce: 1, maxItems: 32 } as const;

export class Attempts {
  readonly counts: AttemptCounts = {
    claimed: 0,
    succeeded: 0,
    failed: 0,
    retrying: 0,
    cancelled: 0,
    skipped: 0,
    handedBack: 0,
    fenced: 0,
  };
  readonly #active = new Map<Id<'run'>, Active>();
  readonly #claims: Batcher<WantedRun, ClaimedRun | null>;
  readonly #ends: Batcher<AttemptEnd, EndedAttempt | null>;
  #isDraining = false;

  constructor(private readonly options: AttemptsOptions) {
    const { database, ownerId, leaseMs } = options;
    this.#claims = new Batcher({
      ...batches,
      work: (wanted) => database.platform((tx) => claimRuns(tx, wanted, { owner: ownerId, leaseMs })),
    });
    this.#ends = new Batcher({ ...batches, work: (ends) => database.platform((tx) => finishAttempts(tx, ends)) });
  }

  /** How many runs are under way. */
  get running(): number {
    return this.#active.size;
  }

  /**
   * Claims a run and sees it through to its end; does nothing when it cannot be had. `leave`: called when the handler
   * has ended, before that is written. A throw leaves the run as it is: the reconciler finds its ticket gone or its
   * lease run out, and it starts again.
   */
  async attempt(wanted: WantedRun, leave: () => void): Promise<void> {
    failpoint('ticket.received');
    const run = await this.#claims.do(wanted);
    if (run) {
      failpoint('attempt.claimed');
      await this.#attempt(run, leave);
    }
    failpoint('attempt.finished');
  }

  /** Extends the leases of everything under way, and ends what was cancelled or lost. */
  async renew(): Promise<void> {
    const active = [...this.#active.values()];
    if (active.length === 0) return;
    const held = active.map(({ run }) => ({ tenantId: run.tenantId, runId: run.id, claim: run.claim }));
    const still = await this.options.database.platform((tx) => renewLeases(tx, held, this.options.leaseMs));
    for (const { run, abort, abandon } of active) {
      const lease = still.get(run.id);
      if (lease === undefined && this.#active.get(run.id)?.run === run) {
        abort.abort(new Error('another worker has taken over this run'));
        abandon('lost');
      } else if (lease?.cancelRequested) abort.abort(new Error('the run was cancelled'));
    }
  }

  /** Ends a run under way here, if there is one, because somebody cancelled it. */
  cancel(runId: Id<'run'>): void {
    this.#active.get(runId)?.abort.abort(new Error('the run was cancelled'));
  }

  /** From now on only successes count; everything else is tried again by another worker. */
  beginDrain(): void {
    this.#isDraining = true;
  }

  /** Asks every handler to end, and hands back what has not ended after `graceMs`. */
  async handBackAll(graceMs: number): Promise<void> {
    const active = [...this.#active.values()];
    for (const { abort } of active) abort.abort(new Error('the worker is shutting down'));
    if (active.length === 0) return;
    await new Promise((done) => setTimeout(done, graceMs));
    for (const { run, abandon } of active) if (this.#active.get(run.id)?.run === run) abandon('handed back');
  }

  async #attempt(run: ClaimedRun, leave: () => void): Promise<void> {
    this.counts.claimed += 1;
    const abort = new AbortController();
    const given = Promise.withResolvers<Ended>();
    this.#active.set(run.id, { run, abort, abandon: given.resolve });
    const ceiling = setTimeout(() => {
      abort.abort(new Error('the attempt took far too long'));
      given.resolve('too long');
    }, this.options.attemptCeilingMs);
    try {
      const startedAt = performance.now();
      const ended = await Promise.race([this.#try(run, abort.signal), given.promise]);
      leave();
      this.options.onTried(performance.now() - startedAt);
      failpoint('attempt.tried');
      await this.#conclude(run, this.#isDraining && abort.signal.aborted ? unlessDone(ended) : ended);
    } finally {
      clearTimeout(ceiling);
      this.#active.delete(run.id);
    }
  }

  async #try(run: ClaimedRun, signal: AbortSignal): Promise<AttemptOutcome> {
    try {
      return await this.options.execute.runAttempt(run, signal);
    } catch (thrown) {
      this.options.logger.error({ err: thrown, run: run.id }, 'an attempt broke');
      return {
        status: 'failed',
        error: { code: 'PLATFORM_ERROR', message: 'Something in the platform failed; the run is tried again.' },
        limits: {},
        release: null,
      };
    }
  }

  async #conclude(run: ClaimedRun, ended: Ended): Promise<void> {
    const { database, logger } = this.options;
    if (ended === 'lost') {
      this.counts.fenced += 1;
      return;
    }
    const scope = database.forTenant(run.tenantId);
    if (ended === 'handed back') {
      await this.#persist(run, () => scope.transaction((tx) => handBack(tx, { runId: run.id, claim: run.claim })));
      this.counts.handedBack += 1;
      return;
    }
    if (ended === 'too long') {
      logger.error({ run: run.id, plugin: run.plugin }, 'an attempt did not answer within any limit and was given up');
      ended = {
        status: 'failed',
        error: { code: 'PLATFORM_ERROR', message: 'The attempt did not answer within any limit.' },
        limits: {},
        release: null,
      };
    }
    const status = await this.#end(run, ended);
    if (status === 'parked') this.counts.handedBack += 1;
    else this.counts[status ?? 'fenced'] += 1;
  }

  /** Writes what an outcome means for the run. */
  async #end(run: ClaimedRun, outcome: AttemptOutcome): Promise<AttemptEnd['status'] | 'parked' | null> {
    const end = this.#decide(run, outcome);
    if (end === 'park') {
      await this.#persist(run, () =>
        this.options.database
          .forTenant(run.tenantId)
          .transaction((tx) => handBack(tx, { runId: run.id, claim: run.claim, park: true })),
      );
      return 'parked';
    }
    try {
      return await this.#finish(run, end, outcome.status === 'succeeded' ? outcome.commit : undefined);
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
    if (!commit) return this.#ended(run, end, await this.#persist(run, () => this.#ends.do(end)));
    const scope = this.options.database.forTenant(run.tenantId);
    const finished = await this.#persist(run, async () => {
      try {
        return await scope.transaction(async (tx) => {
          const [ended = null] = await finishAttempts(tx, [end]);
          // Another worker has taken over, or somebody cancelled: then nothing this attempt did counts.
          if (ended?.status === 'succeeded') await commit(tx);
          failpoint('attempt.written');
          return { ended, refused: undefined };
        });
      } catch (thrown) {
        if (isAnnexError(thrown)) return { ended: null, refused: { code: thrown.code, message: thrown.detail } };
        throw thrown;
      }
    });
    if (finished.refused === undefined) return this.#ended(run, end, finished.ended);
    return this.#end(run, { status: 'failed', error: finished.refused, limits: end.limits, release: end.release });
  }

  /**
   * Unparks what waited for this attempt. After its commit, so that two that end at once cannot both think the other
   * one is under way.
   */
  async #ended(run: ClaimedRun, end: AttemptEnd, ended: EndedAttempt | null): Promise<AttemptEnd['status'] | null> {
    if (ended && ended.status !== 'retrying') this.options.onEnded(run, ended.status);
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
      case 'skipped':
        return { ...base, status: 'skipped', error: outcome.error };
      case 'cancelled':
        return { ...base, status: 'cancelled', error: { code: 'CANCELLED', message: 'The run was cancelled.' } };
      case 'failed': {
        const counts = countsAsAttempt(outcome.error.code);
        const failures = run.failures + (counts ? 1 : 0);
        const next = nextAttempt({
          kind: run.kind,
          policy: retryPolicyFor(run.kind, run.policy.retry),
          attempts: failures,
          platformFailures: run.claim - failures,
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

/**
 * In a drain only a success counts; everything else was probably the drain's own doing and is tried again elsewhere.
 */
function unlessDone(ended: Ended): Ended {
  return typeof ended === 'object' && ended.status === 'succeeded' ? ended : ended === 'lost' ? ended : 'handed back';
}
