/** What installations ask of settings: who watches which keys, and what nobody took. */
import type { Database, TenantTransaction } from '@annex/database';
import { findInstallation } from '@annex/installations';
import { quote, type Id, type TenantActor } from '@annex/kernel';
import { settingErrors } from './errors.js';
import { connectWatch, findWatch, listRefused, restWatch } from './rows/setting-watches.js';
import type { RefusedSetting } from './rows/setting-watch-row.js';
import { readHead } from './rows/settings.js';

/** `@annex/installations`' port. */
export const packageWatches = {
  connect: connectWatch,
  rest: restWatch,
  async refused(
    tx: TenantTransaction,
    installations: readonly Id<'installation'>[],
  ): Promise<ReadonlyMap<Id<'installation'>, { reason: string; since: string }>> {
    const rows = await listRefused(tx, installations);
    return new Map(rows.map(({ installationId, refused }) => [installationId, summary(refused)]));
  },
};

function summary(refused: readonly RefusedSetting[]): { reason: string; since: string } {
  const last = refused.at(-1);
  const others = refused.length > 1 ? ` and ${refused.length - 1} more` : '';
  return {
    reason:
      `it refused the setting ${quote(last?.key ?? '')}${others}, the last with ${last?.code}: ` +
      `${(last?.message ?? '').slice(0, 200)}`,
    since: refused[0]?.at ?? '',
  };
}

/** How far a plugin has heard, on the wire. */
export interface WatchView {
  patterns: string[];
  /** All up to here was told. */
  revision: number;
  /** What the tree is at. */
  head: number;
  /** `false`: it is off, and hears of nothing. */
  active: boolean;
  /** Every key was told since it was enabled. */
  synced: boolean;
  /** What is being told now. */
  pending: { key: string; revision: number } | null;
  refused: RefusedSetting[];
}

/** Answers how far plugins have heard. */
export class WatchReader {
  constructor(private readonly options: { database: Pick<Database, 'forTenant'> }) {}

  /** Throws `WATCH_NOT_FOUND`. `idOrSlug`: of the installation. */
  get(caller: TenantActor, idOrSlug: string): Promise<WatchView> {
    return this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const installation = await findInstallation(tx, idOrSlug);
      const watch = installation && (await findWatch(tx, installation.id));
      if (!watch)
        throw settingErrors.error(
          'WATCH_NOT_FOUND',
          `No plugin ${quote(idOrSlug, 70)} of this tenant watches settings. A plugin that says "watch" in ` +
            'plugin.json does, from when it is first enabled.',
        );
      const { pendingKey: key, pendingRevision: revision } = watch;
      return {
        patterns: watch.patterns,
        revision: watch.position,
        head: await readHead(tx),
        active: watch.active,
        synced: watch.position >= watch.syncUntil,
        pending: key === null || revision === null ? null : { key, revision },
        refused: watch.refused,
      };
    });
  }
}
