/**
 * One try of a run from claim to end: claim it with others, try it, write how it ended with others, unpark what waited
 * for it. Everything written carries the claim's fencing number, so a worker that lost a run to another one (it stood
 * still, its lease ran out) changes nothing any more.
 */
import { failpoint, traced, type Clock, type Id, type SpanStart } from '@annex/kernel';
import { renewLeases } from './sql/claim.js';
import { claimDueRuns, claimSettings, type ClaimedRun, type DueAnswer, type DueAsk } from './sql/claim-due.js';
import type { AttemptOutcome, AttemptPort } from './attempt-port.js';
import { Ends, type EndsOptions } from './ends.js';

export interface AttemptsOptions extends EndsOptions {
  execute: AttemptPort;
  clock: Clock;
  ownerId: string;
  /** How long a claim holds without being renewed, in milliseconds. */
  leaseMs: number;
  /**
   * An attempt that has not answered by then is given up, in milliseconds; over every timeout that a handler may have.
   */
  attemptCeilingMs: number;
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
  /** Attempts after which the run waits for somebody outside. */
  waiting: number;
  handedBack: number;
  /** Ended after another worker had taken over: nothing was written. */
  fenced: number;
}

interface Active {
  run: ClaimedRun;
  /** By this process's clock; later it may be another worker's. */
  heldUntilMs: number;
  abort: AbortController;
  /** Gives the run up without its answer. */
  abandon: (why: 'handed back' | 'lost' | 'too long') => void;
}

type Ended = AttemptOutcome | 'handed back' | 'lost' | 'too long';

/** Runs that were claimed together, and what else the claim learnt. */
export interface Claim {
  answers: DueAnswer[];
  /** By this process's clock; later they may be another worker's. */
  heldUntilMs: number;
}

export interface StartOptions extends Pick<Claim, 'heldUntilMs'> {
  /** Waits for a place for the run; `undefined`: there is none soon. Call the answer to leave it. */
  enter: () => Promise<(() => void) | undefined>;
  /** Called once, when the handler has ended or the run was given up. */
  onLeft: () => void;
}

export class Attempts {
  readonly counts: AttemptCounts = {
    claimed: 0,
    succeeded: 0,
    failed: 0,
    retrying: 0,
    cancelled: 0,
    skipped: 0,
    waiting: 0,
    handedBack: 0,
    fenced: 0,
  };
  readonly #active = new Map<Id<'run'>, Active>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #ends: Ends;
  #isDraining = false;

  constructor(private readonly options: AttemptsOptions) {
    this.#ends = new Ends(options);
  }

  /** How many runs are under way. */
  get running(): number {
    return this.#active.size;
  }

  /** Claims due runs. Each that is answered is to be started at once. */
  async claim(asks: readonly DueAsk[]): Promise<Claim> {
    const { database, ownerId: owner, leaseMs } = this.options;
    const heldUntilMs = performance.now() + leaseMs;
    const answers = await database.platform((tx) => claimDueRuns(tx, asks, { owner, leaseMs }), {
      settings: claimSettings,
    });
    if (answers.some(({ runs }) => runs.length > 0)) failpoint('runs.claimed');
    return { answers, heldUntilMs };
  }

  /**
   * Sees a claimed run through to its end, as soon as it has a place. What breaks leaves the run as it is: its lease
   * runs out, and it starts again.
   */
  start(run: ClaimedRun, how: StartOptions): void {
    const seen = this.#attempt(run, how)
      .catch((thrown: unknown) => this.options.logger.warn({ err: thrown, run: run.id }, 'a run could not be finished'))
      .finally(() => this.#underWay.delete(seen));
    this.#underWay.add(seen);
  }

  /** Resolves when every run that was started has ended, and that is written or given up. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Extends the leases of everything under way, and ends what was cancelled or lost. */
  async renew(): Promise<void> {
    const active = [...this.#active.values()];
    if (active.length === 0) return;
    const held = active.map(({ run }) => ({ tenantId: run.tenantId, runId: run.id, claim: run.claim }));
    const heldUntilMs = performance.now() + this.options.leaseMs;
    const still = await this.options.database.platform((tx) => renewLeases(tx, held, this.options.leaseMs));
    for (const one of active) {
      const { run, abort, abandon } = one;
      const lease = still.get(run.id);
      if (lease !== undefined) one.heldUntilMs = heldUntilMs;
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

  async #attempt(run: ClaimedRun, { heldUntilMs, enter, onLeft }: StartOptions): Promise<void> {
    this.counts.claimed += 1;
    const abort = new AbortController();
    const given = Promise.withResolvers<Ended>();
    const active = { run, heldUntilMs, abort, abandon: given.resolve };
    const before = this.#active.get(run.id);
    before?.abort.abort(new Error('this run was lost and has been claimed again'));
    before?.abandon('lost');
    this.#active.set(run.id, active);
    try {
      const ended = await this.#inPlace(active, given.promise, { enter, onLeft });
      failpoint('attempt.tried');
      await this.#conclude(run, this.#isDraining && abort.signal.aborted ? unlessDone(ended) : ended);
      failpoint('attempt.finished');
    } finally {
      if (this.#active.get(run.id) === active) this.#active.delete(run.id);
    }
  }

  /** Tries a run in its place, and gives it up when it gets none. */
  async #inPlace(
    active: Active,
    given: Promise<Ended>,
    { enter, onLeft }: Omit<StartOptions, 'heldUntilMs'>,
  ): Promise<Ended> {
    let leave: (() => void) | undefined;
    try {
      leave = await enter();
      return leave ? await this.#tryInTime(active, given) : 'handed back';
    } finally {
      leave?.();
      onLeft();
    }
  }

  /** Tries a run that has its place, unless it was lost while it waited for it, or this process stood still. */
  async #tryInTime(active: Active, given: Promise<Ended>): Promise<Ended> {
    const { run, abort } = active;
    if (performance.now() > active.heldUntilMs) await this.renew();
    if (abort.signal.aborted) return Promise.race([given, Promise.resolve<Ended>('handed back')]);
    const ceiling = setTimeout(() => {
      abort.abort(new Error('the attempt took far too long'));
      active.abandon('too long');
    }, this.options.attemptCeilingMs);
    try {
      const startedAt = performance.now();
      const ended = await Promise.race([this.#try(run, abort.signal), given]);
      this.options.onTried(performance.now() - startedAt);
      return ended;
    } finally {
      clearTimeout(ceiling);
    }
  }

  async #try(run: ClaimedRun, signal: AbortSignal): Promise<AttemptOutcome> {
    try {
      return await traced(`run ${run.kind}`, spanOf(run), () => this.options.execute.runAttempt(run, signal));
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
    const { logger } = this.options;
    if (ended === 'lost') {
      this.counts.fenced += 1;
      return;
    }
    if (ended === 'handed back') {
      await this.#ends.handBack(run);
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
    const status = await this.#ends.write(run, ended);
    if (status === 'parked') this.counts.handedBack += 1;
    else this.counts[status === 'queued' ? 'waiting' : (status ?? 'fenced')] += 1;
  }
}

function spanOf({ tenantId, id, plugin, name, attempt, traceparent }: ClaimedRun): SpanStart {
  const attributes = {
    'annex.tenant': tenantId,
    'annex.run': id,
    'annex.plugin': plugin ?? '',
    'annex.handler': name,
    'annex.attempt': attempt,
  };
  return { kind: 'consumer', attributes, parent: traceparent ?? undefined };
}

/**
 * In a drain only a success counts; everything else was probably the drain's own doing and is tried again elsewhere.
 */
function unlessDone(ended: Ended): Ended {
  return typeof ended === 'object' && ended.status === 'succeeded' ? ended : ended === 'lost' ? ended : 'handed back';
}
