import { eventSources, type PlatformEventName } from '@annex/events';
import { AnnexError, didYouMean, quote, type Actor, type Id, type Json } from '@annex/kernel';
import { contractVersion, defaultManifestLimits } from '@annex/manifest';
import { appendAudit } from '@annex/audit';
import { findInstallation, isLockTimeout, listInstallations, lockInstallations } from './rows/installations.js';
import { findRelease } from './rows/releases.js';
import type { InstallationRow } from './rows/installation-row.js';
import type { ReleaseRow } from './rows/release-row.js';
import { takePlaceInTurn, tellParked, type RunPolicy } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import type { PackageVouch } from '@annex/signing';
import { installationErrors } from './errors.js';
import { lifecycleRuns, sourceStops, type LifecycleName } from './handlers.js';
import type { InstallationsOptions } from './ports.js';
import { eventPlugin, viewPlugins, type PluginView } from './views.js';

/** An installation and its active release. */
export interface Subject {
  installation: InstallationRow;
  release: ReleaseRow;
}

/**
 * What every operation on a tenant's plugins needs: transactions of the right kind, and the same way of leaving a
 * trace.
 */
export class InstallationsContext {
  readonly limits;
  readonly hostVersion: string;
  readonly keepReleases: number;

  constructor(readonly options: InstallationsOptions) {
    this.limits = options.limits ?? defaultManifestLimits;
    this.hostVersion = options.hostVersion ?? contractVersion;
    this.keepReleases = options.keepReleases ?? 50;
  }

  now(): Date {
    return new Date(this.options.clock.now());
  }

  /** Who vouches for an archive. Throws what refuses it. */
  async judge(sha256: string, signature: string | undefined): Promise<PackageVouch | null> {
    return (await this.options.judge?.judge({ sha256, signature })) ?? null;
  }

  /** Runs `work` in a transaction that changes nothing of plugins. */
  read<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(tenantId).transaction(work);
  }

  /**
   * Runs `work` in a transaction that is the only one to change this tenant's plugins. Throws `PLUGINS_BUSY` when its
   * turn does not come.
   */
  async change<T>(tenantId: Id<'tenant'>, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.options.database.forTenant(tenantId).transaction(async (tx) => {
        await lockInstallations(tx);
        return work(tx);
      });
    } catch (thrown) {
      if (!isLockTimeout(thrown)) throw thrown;
      throw installationErrors.error(
        'PLUGINS_BUSY',
        'Other changes to the plugins of this tenant have been under way for 10 s. Try again in a moment.',
        { retryAfterS: 5, cause: thrown },
      );
    }
  }

  /**
   * The installation that a caller names by id or slug. Throws `PLUGIN_NOT_FOUND`, with a suggestion out of the same
   * tenant.
   */
  async require(tx: TenantTransaction, idOrSlug: string): Promise<Subject> {
    const installation = await findInstallation(tx, idOrSlug);
    const release = installation?.releaseId ? await findRelease(tx, installation.releaseId) : null;
    if (installation && release) return { installation, release };
    const others = await listInstallations(tx, { limit: 200, after: null });
    const hint = didYouMean(
      idOrSlug,
      others.map((other) => other.slug),
    );
    throw installationErrors.error(
      'PLUGIN_NOT_FOUND',
      `This tenant has no plugin ${quote(idOrSlug, 70)}.${hint} GET /api/plugins/ lists them.`,
    );
  }

  async view(tx: TenantTransaction, installation: InstallationRow): Promise<PluginView> {
    const [view] = await viewPlugins(tx, this.options.vault, [installation]);
    if (!view) throw new Error(`installation ${installation.id} has no release`);
    return view;
  }

  /** Adds the audit row of a change to an installation. */
  async record(
    tx: TenantTransaction,
    author: Actor,
    { installation, release }: Subject,
    action: string,
    detail: Record<string, Json> = {},
  ): Promise<void> {
    await appendAudit(tx, {
      actor: author.actor,
      action,
      target: installation.id,
      detail: { slug: installation.slug, version: release.version, ...detail },
      ...(author.requestId !== undefined && { requestId: author.requestId }),
    });
  }

  /**
   * Emits one of the platform's own events about a plugin. A full queue must not keep an admin from stopping the very
   * plugin that fills it: then the event is kept without deliveries and can be replayed.
   */
  async announce(
    tx: TenantTransaction,
    type: PlatformEventName,
    { installation, release }: Subject,
    more: Record<string, Json> = {},
  ): Promise<void> {
    const data = { plugin: eventPlugin(installation, release), ...more };
    try {
      await this.options.emit(tx, {
        type,
        source: eventSources.platform,
        subject: installation.slug,
        data,
        time: this.now().toISOString(),
      });
    } catch (thrown) {
      if (!(thrown instanceof AnnexError) || thrown.code !== 'QUEUE_FULL') throw thrown;
      this.options.logger.warn(
        { tenantId: tx.tenantId, type, plugin: installation.slug },
        'an event about a plugin got no deliveries: the tenant’s queue is full',
      );
    }
  }

  /** Queues the lifecycle handlers of one moment. */
  async fire(
    tx: TenantTransaction,
    { installation, release }: Subject,
    name: LifecycleName,
    payload?: Json,
  ): Promise<void> {
    for (const run of lifecycleRuns(installation, release, name, payload)) await this.options.enqueueRun(tx, run);
  }

  /** Queues the `stop` of each source that has one. */
  async stopSources(tx: TenantTransaction, { installation, release }: Subject): Promise<void> {
    for (const run of sourceStops(installation, release)) await this.options.enqueueRun(tx, run);
  }

  /**
   * As {@link fire}, but one after the other, in the order in which they were queued: each is parked, and unparked when
   * none of the installation's earlier ones is unfinished.
   */
  async fireInTurn(
    tx: TenantTransaction,
    { installation, release }: Subject,
    name: LifecycleName,
    payload?: Json,
    policy: RunPolicy = {},
  ): Promise<void> {
    for (const run of lifecycleRuns(installation, release, name, payload)) {
      const parked = { ...run, policy: { ...run.policy, ...policy }, waitingFor: 'overlap' } as const;
      await takePlaceInTurn(tx, await this.options.enqueueRun(tx, parked));
      await tellParked(tx, { installationId: installation.id, name });
    }
  }

  /**
   * Tells every process to forget what it caches of the tenant's plugins and its warm isolates of `id`, after the
   * commit.
   */
  async invalidate(tx: TenantTransaction, id: Id<'installation'>): Promise<void> {
    await tx.changed('plugins');
    await this.dropIsolates(tx, id);
  }

  /** Tells every process to forget its warm isolates of `id`, after the commit: its next run begins afresh. */
  async dropIsolates(tx: TenantTransaction, id: Id<'installation'>): Promise<void> {
    await tx.changed(`isolates/${id}`);
    tx.afterCommit(() => this.options.evict?.(id));
  }
}
