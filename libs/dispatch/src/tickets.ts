import { parseId, type Logger } from '@annex/kernel';
import type { Database } from '@annex/database';
import type { RunTicket } from '@annex/queue';
import { takeBack, type Attempts } from '@annex/runs';
import { Pace, Places } from './places.js';

export interface TicketsOptions {
  database: Database;
  attempts: Pick<Attempts, 'attempt'>;
  logger: Logger;
  /** Runs at once. */
  slots: number;
  /** Of the slots, those that tenants over their own share may not have. */
  reserved: number;
  /** Called when a slot became free. */
  onFree: () => void;
  /** Called when runs have become short (`true`) or long. */
  onPace: (isFast: boolean) => void;
}

/** How long a ticket waits here for a slot before another worker may have it. */
const patienceMs = 250;

/** What happens to a ticket from the queue: it gets a place, in which its run is tried, or goes back. */
export class Tickets {
  readonly #places: Places;
  readonly #pace = new Pace();

  constructor(private readonly options: TicketsOptions) {
    const { slots, reserved } = options;
    this.#places = new Places({ slots, lendable: Math.max(1, slots - reserved), patienceMs });
  }

  /** Whether runs are short now. */
  get isFast(): boolean {
    return this.#pace.isFast;
  }

  /** Works on one ticket; never throws. */
  async handle(ticket: RunTicket): Promise<void> {
    const { database, attempts, logger, onFree } = this.options;
    const tenantId = parseId('tenant', ticket.tenantId);
    const runId = parseId('run', ticket.runId);
    if (tenantId === undefined || runId === undefined || !Number.isInteger(ticket.claims)) {
      logger.error({ ticket: ticket.id }, 'a ticket in the queue was not made by Annex');
      return;
    }
    let leave: (() => void) | undefined;
    try {
      leave = await this.#places.enter(ticket.isLent ?? false);
      if (leave) return await attempts.attempt({ tenantId, runId, claims: ticket.claims }, leave);
      if (this.#pace.stalled()) this.options.onPace(false);
      await database.platform((tx) => takeBack(tx, [{ tenantId, runId, ticketId: ticket.id }]));
    } catch (thrown) {
      logger.warn({ err: thrown, run: runId }, 'a run could not be claimed or finished');
    } finally {
      leave?.();
      onFree();
    }
  }

  /** Notes how long a handler took, in milliseconds. */
  tried(tookMs: number): void {
    if (this.#pace.ran(tookMs)) this.options.onPace(this.#pace.isFast);
  }

  /** Gives no further place, and sends back whatever waits for one. */
  close(): void {
    this.#places.close();
  }
}
