import type { Database } from '@annex/database';
import type { Loop } from '@annex/dispatch';
import type { Logger, Stoppable } from '@annex/kernel';
import { Connections, type ConnectionsOptions } from './connections.js';
import { createPollTicker } from './poll-ticker.js';

/** What a worker does for sources: it starts the polls that are due, and holds connections. */
export class SourceWork implements Stoppable {
  readonly #polls: Loop;
  readonly #connections: Connections;
  readonly #unlisten: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: { database: Database; logger: Logger } & ConnectionsOptions) {
    this.#polls = createPollTicker(options);
    this.#connections = new Connections(options);
  }

  /** How many connections are held here. */
  get connections(): number {
    return this.#connections.count;
  }

  /** Begins, and hears of sources that changed. */
  async start(): Promise<void> {
    this.#unlisten.push(
      await this.options.database.listen('annex_sources', () => {
        this.#polls.wake();
        this.#connections.wake();
      }),
    );
    this.#polls.start();
    this.#connections.start();
  }

  /** Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const unlisten of this.#unlisten.splice(0)) unlisten();
      await Promise.all([this.#polls.stop(), this.#connections.stop()]);
    })();
    return this.#stopping;
  }
}
