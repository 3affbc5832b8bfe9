/** Goes on with plugins whose start or end was begun by a process that is not there any more. */
import type { Database } from '@annex/database';
import { idFromUuid, type Id, type Logger } from '@annex/kernel';
import { withoutOpenLifecycleRun } from '@annex/runs';
import { listUnfinished, type UnfinishedState } from './rows/installations.js';

export interface UnfinishedPluginsOptions {
  database: Pick<Database, 'platform'>;
  /** Goes on with one plugin that is starting, or has a release that shall take over. */
  settleStart(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void>;
  /** Goes on with one plugin that is uninstalling. */
  finishUninstall(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void>;
  logger: Logger;
}

/** Plugins that are read at once. */
const pageSize = 100;
/** After this an uninstallation was cut off, in milliseconds: no call waits so long for a plugin's goodbye. */
const cutOffMs = 60_000;

export class UnfinishedPlugins {
  constructor(private readonly options: UnfinishedPluginsOptions) {}

  /** Goes on with every plugin that waits for nobody. One that cannot be helped is tried again by the next round. */
  async settleAll(): Promise<void> {
    for (const state of ['starting', 'upgrading'] as const)
      await this.#each({ state, handler: 'init', restedMs: 0 }, (tenantId, id) => this.settle(tenantId, id));
    await this.#each({ state: 'uninstalling', handler: 'uninstall', restedMs: cutOffMs }, (tenantId, id) =>
      this.#try(tenantId, id, () => this.options.finishUninstall(tenantId, id)),
    );
  }

  /**
   * Goes on with one plugin that starts or is upgraded. Never rejects: what fails is logged, and done by the next
   * round.
   */
  settle(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void> {
    return this.#try(tenantId, installationId, () => this.options.settleStart(tenantId, installationId));
  }

  /** Those of a state that have rested in it, page by page: many that wait for their handlers hide nobody. */
  async #each(
    { state, handler, restedMs }: { state: UnfinishedState; handler: string; restedMs: number },
    goOn: (tenantId: Id<'tenant'>, installationId: Id<'installation'>) => Promise<void>,
  ): Promise<void> {
    for (let after: string | null = null; ;) {
      const { rows, due } = await this.options.database.platform(async (tx) => {
        const rows = await listUnfinished(tx, { state, restedMs, after, limit: pageSize });
        return { rows, due: await withoutOpenLifecycleRun(tx, rows, handler) };
      });
      for (const { tenant_id: tenant, id } of due)
        await goOn(idFromUuid('tenant', tenant), idFromUuid('installation', id));
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.id ?? null;
    }
  }

  async #try(tenantId: Id<'tenant'>, installationId: Id<'installation'>, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.options.logger.warn({ err: thrown, tenantId, installationId }, 'a plugin could not be gone on with yet');
    }
  }
}
