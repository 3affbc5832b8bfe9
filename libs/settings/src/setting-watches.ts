/** What a worker does for plugins that watch settings. Every worker has one of these and none leads. */
import type { Database } from '@annex/database';
import { Loop } from '@annex/dispatch';
import type { Id, Logger, Stoppable } from '@annex/kernel';
import { listDueWatches } from './rows/setting-watches.js';
import { settleWatch, type TellPlugin } from './settle-watch.js';

export interface SettingWatchesOptions {
  database: Database;
  tell: TellPlugin;
  logger: Logger;
}

/** Watches that one round goes on with. */
const perRound = 200;

export class SettingWatches implements Stoppable {
  readonly #loop: Loop;
  readonly #unlisten: (() => void)[] = [];

  constructor(private readonly options: SettingWatchesOptions) {
    const { logger } = options;
    this.#loop = new Loop({ name: 'setting watches', everyMs: 1000, gapMs: 20, logger, work: () => this.#look() });
  }

  /** Begins, and hears of trees that changed. */
  async start(): Promise<void> {
    this.#unlisten.push(await this.options.database.listen('annex_settings', () => this.#loop.wake()));
    this.#loop.start();
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    await this.#loop.stop();
  }

  /** Goes on with one plugin. Never rejects: what fails is logged, and done by the next round. */
  async settle(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void> {
    try {
      await this.#settle(tenantId, installationId);
    } catch (thrown) {
      this.options.logger.warn({ err: thrown, tenantId, installationId }, 'a plugin could not be told of settings yet');
    }
  }

  #settle(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void> {
    const { database, tell } = this.options;
    return database.forTenant(tenantId).transaction((tx) => settleWatch(tx, installationId, tell));
  }

  async #look(): Promise<number | undefined> {
    const due = await this.options.database.platform((tx) => listDueWatches(tx, perRound));
    for (const { tenantId, installationId } of due) await this.settle(tenantId, installationId);
    return due.length === perRound ? 0 : undefined;
  }
}
