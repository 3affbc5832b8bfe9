/**
 * What a worker does with a permit: as long as runs are due and it has room, it claims them, as many at once as fit,
 * and starts them. The permit goes back into the queue's hands when nothing is due any more, or after a second, so that
 * the queue has its say in who goes on. Room is counted by runs and not by permits: what one run leaves is taken by the
 * next, whatever the others that were claimed with it do.
 */
import { failpoint, type Id, type Logger } from '@annex/kernel';
import { claimSettings, listDueTenants, type Attempts, type Claim, type DueAsk } from '@annex/runs';
import type { Database } from '@annex/database';
import { Pace, Places } from './places.js';
import { maxClaimed, Turns, type Room } from './turns.js';

export interface PermitsOptions {
  database: Database;
  attempts: Pick<Attempts, 'claim' | 'start' | 'running'>;
  logger: Logger;
  /** Runs at once. */
  slots: number;
  /** Of the slots, those in which only runs of tenants start that had nothing under way. */
  reserved: number;
  /** Called when more runs are due than there is room for here, or than this permit is good for. */
  onMore: () => void;
}

/** How long a permit is kept while runs are due, in milliseconds. */
const holdMs = 1000;
/** How long a claimed run waits here for a place before another worker may have it, in milliseconds. */
const patienceMs = 250;
/** How long a worker that could claim nothing takes no further permit, in milliseconds. */
const leastPauseMs = 250;
const mostPauseMs = 5000;
/** Tenants that one look at what is due reads. */
const tenantsAtOnce = 256;

export class Permits {
  readonly #places: Places;
  readonly #pace = new Pace();
  readonly #turns: Turns;
  /** Runs claimed that have not left. */
  #open = 0;
  #isHeld = false;
  #isClosed = false;
  /** Permits in a row of which nothing could be made. */
  #failures = 0;
  #changed = Promise.withResolvers<void>();
  /** Where the next look goes on; `undefined`: at the beginning. */
  #cursor: Id<'tenant'> | undefined;

  constructor(private readonly options: PermitsOptions) {
    const { slots, reserved } = options;
    this.#places = new Places({ slots, reserved, patienceMs });
    this.#turns = new Turns(slots - reserved);
  }

  /** Whether this worker has a permit. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Somebody says that a tenant has due runs. */
  told(tenantId: Id<'tenant'>): void {
    this.#turns.told(tenantId);
    this.#change();
  }

  /** Works with one permit until it goes back; never throws. */
  async handle(): Promise<void> {
    failpoint('permit.received');
    this.#isHeld = true;
    try {
      await this.#useUp(performance.now() + holdMs);
      this.#failures = 0;
    } catch (thrown) {
      this.#failures += 1;
      this.options.logger.warn({ err: thrown }, 'due runs could not be claimed yet; another permit will come');
    } finally {
      this.#isHeld = false;
    }
    if (this.#failures > 0) await this.#standBack();
  }

  /**
   * Leaves permits to the others for a while. A worker without its database is done with each at once, and so would get
   * one after the other, and the others none.
   */
  async #standBack(): Promise<void> {
    this.options.onMore();
    await new Promise((done) => setTimeout(done, leastPauseMs));
    if (!this.#isClosed) await this.#changeWithin(Math.min(leastPauseMs * 2 ** this.#failures, mostPauseMs));
  }

  /**
   * Looks who has due runs, the next so many tenants, and answers whether anybody has. What was only heard of is
   * forgotten while this worker has no permit: others have done it by now.
   */
  async look(): Promise<boolean> {
    const after = this.#cursor;
    // Before the look: what is told of meanwhile may have been committed too late for it.
    if (!this.#isHeld) this.#turns.clear();
    const { tenants, next } = await this.options.database.platform(
      (tx) => listDueTenants(tx, { after, limit: tenantsAtOnce }),
      { durable: false, settings: claimSettings },
    );
    this.#cursor = next;
    this.#turns.seen(tenants);
    if (tenants.length > 0) this.#change();
    return tenants.length > 0;
  }

  /** Notes how long a handler took, in milliseconds. */
  tried(tookMs: number): void {
    this.#pace.ran(tookMs);
  }

  /** Claims nothing any more, and sends back what waits for a place. */
  close(): void {
    this.#isClosed = true;
    this.#places.close();
    this.#change();
  }

  async #useUp(untilMs: number): Promise<void> {
    let isOffered = false;
    const offer = (): void => {
      if (!isOffered) this.options.onMore();
      isOffered = true;
    };
    if (this.#turns.isEmpty) await this.look();
    while (!this.#isClosed && !this.#turns.isEmpty) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return offer();
      const asks = this.#isWorthIt() ? this.#turns.next(this.#room()) : [];
      if (asks.length > 0) {
        await this.#claim(asks);
        // More tenants may be due than one look reads.
        if (this.#turns.isEmpty && this.#cursor !== undefined) await this.look();
      } else {
        // Another worker may have room.
        offer();
        await this.#changeWithin(leftMs);
      }
    }
  }

  async #claim(asks: DueAsk[]): Promise<void> {
    const { attempts } = this.options;
    let claim: Claim;
    try {
      claim = await attempts.claim(asks);
    } catch (thrown) {
      this.#turns.unanswered(asks);
      throw thrown;
    }
    this.#turns.answered(asks, claim.answers);
    for (const { running, runs } of claim.answers) {
      for (const [index, run] of runs.entries()) {
        this.#turns.began(run.tenantId);
        this.#open += 1;
        const isNewcomer = running === 0 && index === 0;
        attempts.start(run, {
          heldUntilMs: claim.heldUntilMs,
          enter: () => this.#enter(isNewcomer),
          onLeft: () => this.#left(run.tenantId),
        });
      }
    }
  }

  async #enter(isNewcomer: boolean): Promise<(() => void) | undefined> {
    const leave = await this.#places.enter(isNewcomer);
    // What is claimed ahead waits too long: runs are not short any more.
    if (!leave) this.#pace.stalled();
    return leave;
  }

  #left(tenantId: Id<'tenant'>): void {
    this.#turns.ended(tenantId);
    this.#open -= 1;
    this.#change();
  }

  /**
   * How much may be claimed. Short runs are claimed ahead of the places, so that a place is taken again at once; ends
   * that are not written yet bound it too.
   */
  #room(): Room {
    const { slots, reserved, attempts } = this.options;
    const ahead = this.#pace.isFast ? maxClaimed : 0;
    const unwritten = slots * 4 + maxClaimed - attempts.running;
    const all = Math.min(slots + ahead - this.#open, unwritten);
    const any = Math.max(0, Math.min(all, slots - reserved + ahead - this.#open));
    return { any, newcomers: Math.max(0, all - any) };
  }

  /** Few large claims cost less than many small ones: while short runs wait for their places, others may wait too. */
  #isWorthIt(): boolean {
    const { any, newcomers } = this.#room();
    const enough = Math.min(this.options.slots, maxClaimed);
    return !this.#pace.isFast || any >= enough || (newcomers > 0 && this.#turns.hasNewcomer);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #changeWithin(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#change(), ms);
    try {
      await this.#changed.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
