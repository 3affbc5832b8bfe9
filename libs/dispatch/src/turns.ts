/**
 * Who starts next: deficit round robin over the tenants that have due runs, kept in each worker. PostgreSQL is only
 * asked for so many runs of each tenant, and answers how many are under way everywhere, so several workers need no
 * agreement.
 *
 * In three ranks: first tenants below their own cap, then those below an even share of this worker's places, then
 * whoever has more to do. Within a rank each tenant gets its weight a round. Beyond that, some places are kept for
 * tenants that have nothing under way at all: such a run starts at once, however long those of the others take.
 */
import { tenantLimits } from '@annex/limits';
import type { Id } from '@annex/kernel';
import type { DueAnswer, DueAsk, DueTenant } from '@annex/runs';

/** How much may be claimed now. */
export interface Room {
  /** Runs of any tenant. */
  any: number;
  /** Further ones, one a tenant, of those that have nothing under way. */
  newcomers: number;
}

/** Tenants that one claim looks at; the others come with the next. */
const maxTenants = 256;
/** Runs that one claim takes. */
export const maxClaimed = 32;

interface Turn extends DueTenant {
  /** Runs that it may start before it is another one's turn. */
  deficit: number;
  /** Its runs that are under way in other workers, as far as is known. */
  elsewhere: number;
  /** Somebody told of more since it was asked for last. */
  isTold: boolean;
}

export class Turns {
  /** In the order of their turns. */
  #turns = new Map<Id<'tenant'>, Turn>();
  /** Runs under way in this worker. */
  readonly #here = new Map<Id<'tenant'>, number>();

  /** `places`: runs of this worker that may be under way at once. */
  constructor(private readonly places: number) {}

  /** Whether nobody is known to have due runs. */
  get isEmpty(): boolean {
    return this.#turns.size === 0;
  }

  /** Whether one of the first has nothing under way, as far as is known. */
  get hasNewcomer(): boolean {
    return this.#turns
      .values()
      .take(maxTenants)
      .some((turn) => this.#isNewcomer(turn));
  }

  /** Somebody says that a tenant has due runs. */
  told(tenantId: Id<'tenant'>): void {
    const turn = this.#turns.get(tenantId);
    if (turn) turn.isTold = true;
    // Its weight and cap come with the first answer.
    else this.#add({ tenantId, weight: 1, cap: tenantLimits.backgroundRunsAtOnce }, true);
  }

  /** These tenants were seen to have due runs. */
  seen(tenants: readonly DueTenant[]): void {
    for (const tenant of tenants) {
      const turn = this.#turns.get(tenant.tenantId);
      if (turn) Object.assign(turn, tenant);
      else this.#add(tenant, false);
    }
  }

  /** Forgets who has due runs. */
  clear(): void {
    this.#turns.clear();
  }

  /** A run of the tenant is under way from now on, or no more. */
  began(tenantId: Id<'tenant'>): void {
    this.#here.set(tenantId, (this.#here.get(tenantId) ?? 0) + 1);
  }
  ended(tenantId: Id<'tenant'>): void {
    const left = (this.#here.get(tenantId) ?? 0) - 1;
    if (left > 0) this.#here.set(tenantId, left);
    else this.#here.delete(tenantId);
  }

  /** Of whom to claim how many. Takes their turns: each is to be answered, or told again. */
  next({ any, newcomers }: Room): DueAsk[] {
    const turns = [...this.#turns.values().take(maxTenants)];
    const given = new Map<Turn, number>();
    const weights = turns.reduce((sum, { weight }) => sum + weight, 0);
    const rank = (turn: Turn): number => {
      const here = (this.#here.get(turn.tenantId) ?? 0) + (given.get(turn) ?? 0);
      if (here + turn.elsewhere < turn.cap) return 0;
      return here < (this.places * turn.weight) / weights ? 1 : 2;
    };
    let left = Math.min(any, maxClaimed);
    for (const one of [0, 1, 2]) left = giveRounds(turns, { left, given, mayTake: (turn) => rank(turn) === one });
    const kept = turns.filter((turn) => !given.has(turn) && this.#isNewcomer(turn)).slice(0, Math.max(0, newcomers));
    for (const turn of [...given.keys(), ...kept]) {
      turn.isTold = false;
      // Whoever has not had all of its round goes on with it.
      if (turn.deficit >= 1 && given.has(turn)) continue;
      this.#turns.delete(turn.tenantId);
      this.#turns.set(turn.tenantId, turn);
    }
    return [
      ...[...given].map(([{ tenantId }, atMost]) => ({ tenantId, atMost, onlyIfIdle: false })),
      ...kept.map(({ tenantId }) => ({ tenantId, atMost: 1, onlyIfIdle: true })),
    ];
  }

  /** What the asks were answered. A tenant that had fewer than were asked for has no more, unless it was told of. */
  answered(asks: readonly DueAsk[], answers: readonly DueAnswer[]): void {
    const found = new Map(answers.map((answer) => [answer.tenantId, answer]));
    for (const { tenantId, atMost, onlyIfIdle } of asks) {
      const turn = this.#turns.get(tenantId);
      const answer = found.get(tenantId);
      if (!turn) continue;
      if (answer) {
        const { weight, cap, running } = answer;
        Object.assign(turn, { weight, cap, elsewhere: Math.max(0, running - (this.#here.get(tenantId) ?? 0)) });
      }
      const isRefused = answer !== undefined && onlyIfIdle && answer.running > 0;
      const isSpent = answer === undefined || (answer.found < atMost && !isRefused);
      if (isSpent && !turn.isTold) this.#turns.delete(tenantId);
    }
  }

  /** The asks got no answer: whoever was asked for may still have due runs. */
  unanswered(asks: readonly DueAsk[]): void {
    for (const { tenantId } of asks) this.told(tenantId);
  }

  #isNewcomer({ tenantId, elsewhere }: Turn): boolean {
    return elsewhere === 0 && !this.#here.has(tenantId);
  }

  #add(tenant: DueTenant, isTold: boolean): void {
    this.#turns.set(tenant.tenantId, { ...tenant, deficit: 0, elsewhere: 0, isTold });
  }
}

/** Deficit round robin (Shreedhar and Varghese, 1995) with runs that all cost one. Answers what is left. */
function giveRounds(
  turns: readonly Turn[],
  { left, given, mayTake }: { left: number; given: Map<Turn, number>; mayTake: (turn: Turn) => boolean },
): number {
  for (let isGiving = true; isGiving && left > 0;) {
    isGiving = false;
    for (const turn of turns) {
      if (left === 0) break;
      if (!mayTake(turn)) continue;
      if (turn.deficit < 1) turn.deficit += turn.weight;
      for (; left > 0 && turn.deficit >= 1 && mayTake(turn); left -= 1) {
        turn.deficit -= 1;
        given.set(turn, (given.get(turn) ?? 0) + 1);
        isGiving = true;
      }
    }
  }
  return left;
}
