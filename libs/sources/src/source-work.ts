import type { Database } from '@annex/database';
import type { Loop } from '@annex/dispatch';
import type { Logger, Stoppable } from '@annex/kernel';
import { createPollTicker } from './poll-ticker.js';

/** What a worker does for sources: it starts the polls that are due. */
export class SourceWork implements Stoppable {
  readonly #polls: Loop;
  readonly #unlisten: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: { database: Database; logger: Logger }) {
    this.#polls = createPollTicker(options);
  }

  /** Begins, and hears of sources that changed. */
  async start(): Promise<void> {
    this.#unlisten.push(await this.options.database.listen('annex_sources', () => this.#polls.wake()));
    this.#polls.start();
  }

  /** Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const unlisten of this.#unlisten.splice(0)) unlisten();
      await this.#polls.stop();
    })();
    return this.#stopping;
  }
}
