import { slugPattern } from '@annex/host-api';
import {
  didYouMean,
  mapPage,
  pageOf,
  parseId,
  quote,
  readCursor,
  textCursor,
  type Actor,
  type Id,
  type JsonObject,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import type { PackageReport } from '@annex/manifest';
import { findRelease, listReleases } from './rows/releases.js';
import { findReleaseReach } from './rows/release-reach.js';
import { lastPermissionUses } from './rows/permission-uses.js';
import { findInstallation, listInstallations } from './rows/installations.js';
import { readReleaseFile } from './rows/blobs.js';
import { listInstalledReleases, type InstalledRelease } from './rows/installed.js';
import { listTenantJobs } from './rows/tenant-jobs.js';
import type { TenantTransaction } from '@annex/database';
import type { KillReport } from '@annex/sandbox';
import type { PackageVouch } from '@annex/signing';
import { CheckGate } from './check-gate.js';
import { InstallationsContext, type Subject } from './context.js';
import { declaredSecrets, type DeclaredSecret } from './declared-secrets.js';
import { installationErrors, refuseCursor } from './errors.js';
import { reportPermissions, type GrantInput, type PermissionsReport } from './grants.js';
import { viewReport, type PackageReportView } from './package-report.js';
import {
  diffReleases,
  directionOf,
  readReleaseDetail,
  type ReleaseDetail,
  type ReleaseDiff,
} from './release-detail.js';
import type { InstallationsCaller, InstallationsOptions } from './ports.js';
import { findMissing, isNothingMissing, missingFaults, type MissingRequirements } from './requirements.js';
import type { HealthSaid } from './health.js';
import { recordCheck } from './record-check.js';
import type { PluginLogLevel } from './log-levels.js';
import type { DueCheck } from './rows/plugin-checks.js';
import { readPluginsHealth, type PluginsHealth } from './plugins-health.js';
import { listConfigRevisions } from './rows/config-revisions.js';
import { changeJob, previewSchedule, type JobChange } from './changing-jobs.js';
import { viewJobTimes, type JobTimesView, type SchedulePreviewView, type TimeSpan } from './job-times.js';
import {
  patchedConfig,
  readNumberedConfig,
  replaceConfig,
  replaceGrants,
  rollBackConfig,
  setLogLevel,
  setRecording,
  type ConfigTerms,
  type NumberedConfig,
} from './settings.js';
import {
  billKill,
  disableFailing,
  disablePlugin,
  enablePlugin,
  grantMore,
  isOn,
  reloadPlugin,
  suspendPlugin,
  switchOn,
  type LeaveTerms,
} from './switching.js';
import { cancelUnderWay } from '@annex/runs';
import { findQuarantine } from './rows/quarantines.js';
import { settleStart } from './starting.js';
import { settleUpgrade } from './upgrading.js';
import { giveUpUpgrade } from './giving-up.js';
import { beginUninstall, finishUninstall, sayGoodbye, uninstallPlugin, waitForGoodbye } from './uninstalling.js';
import {
  activateRelease,
  archiveSha256,
  checkArchive,
  requireSound,
  stayWith,
  storeUpload,
  type SoundReport,
  type StoredUpload,
} from './uploading.js';
import {
  viewConfigRevision,
  viewJobs,
  viewPlugins,
  viewRelease,
  viewTenantJobs,
  type ConfigRevisionView,
  type JobView,
  type PluginView,
  type ReleaseView,
  type TenantJobView,
} from './views.js';

/** What an upload is to do beyond storing the package. */
export interface UploadTerms {
  /** Enable the plugin with it. Default: no. */
  enable?: boolean | undefined;
  grant?: GrantInput | undefined;
  /** Make it the active release. Default: yes. */
  activate?: boolean | undefined;
  /** The package's signature, as `annex sign` writes it. */
  signature?: string | undefined;
  /** Who vouches for it, found out already; `null`: it is Annex's own. Default: the judge is asked. */
  vouch?: PackageVouch | null | undefined;
}

export interface UploadResult {
  /** A release was added. `false`: the same bytes had been uploaded before. */
  created: boolean;
  plugin: PluginView;
  /** The release of these bytes. */
  uploaded: ReleaseView;
  /** Oddities that do not hold it up: of the package, unless its bytes were known, and `DOWNGRADE`. */
  warnings: { pointer: string; code: string; detail: string }[];
  /** What kept `enable` from enabling; empty when nothing did, or nobody asked. */
  blocked: { pointer: string; code: string; detail: string }[];
}

/**
 * The plugins of tenants: upload, enable, upgrade, configure, uninstall. Every change is one transaction with its audit
 * row and event, and one change to a tenant's plugins is made at a time. Everything answered is in the API's wire form.
 */
export class Installations {
  readonly #context: InstallationsContext;
  // Each check has processes of its own, which yield to this one: many tenants' slow packages must be under way before
  // another's has to wait.
  readonly #gate = new CheckGate({ atOnce: 8, atOncePerTenant: 2, waitingPerTenant: 10 });
  readonly #killsUnderWay = new Set<Promise<void>>();

  constructor(options: InstallationsOptions) {
    this.#context = new InstallationsContext(options);
  }

  /** Checks a package and stores nothing. `tenantId`: whose turn it takes. */
  async validate(bytes: Uint8Array, tenantId = 'nobody'): Promise<PackageReportView> {
    const report = await this.#gate.run(tenantId, () => checkArchive(this.#context, bytes));
    return viewReport(report, archiveSha256(bytes));
  }

  /**
   * Installs a package, or upgrades the plugin whose slug it carries; live at once if that was enabled, unless
   * `activate` is false: then {@link activate} makes it live later. `grant` and `enable` need the role `admin`. When
   * something is missing for `enable`, the release is stored all the same and `blocked` says what: a secret can only be
   * set once there is a plugin to have it. Throws `PACKAGE_INVALID`, `GRANT_INVALID`, `UPGRADE_BLOCKED`,
   * `ROLE_REQUIRED`, `RATE_LIMITED`, `OVERLOADED`, `COMPILER_LOST`, and what the judge throws.
   */
  async upload(
    caller: InstallationsCaller,
    bytes: Uint8Array,
    { enable = false, grant, activate = true, signature, vouch: known }: UploadTerms = {},
  ): Promise<UploadResult> {
    const context = this.#context;
    const grants = grant === 'all' || (grant !== undefined && grant.length > 0);
    if ((enable || grants) && caller.role !== 'admin' && caller.role !== 'owner') {
      throw installationErrors.error(
        'ROLE_REQUIRED',
        `Enabling and granting with an upload needs the role admin; yours is ${caller.role}. Upload without them ` +
          'and let an admin enable the plugin.',
      );
    }
    const archive = archiveSha256(bytes);
    const vouch = known === undefined ? await context.judge(archive, signature) : known;
    const store = (report?: SoundReport): Promise<UploadResult | undefined> =>
      context.change(caller.tenant.id, async (tx) => {
        const stored = await storeUpload(context, tx, caller, { archive, report, activate, vouch });
        if (!stored) return undefined;
        const done = await this.#settle(tx, caller, stored, { enable, grant });
        return {
          created: stored.created,
          plugin: await context.view(tx, done.installation),
          uploaded: viewRelease(stored.uploaded, done.installation.releaseId),
          warnings: [...(report?.warnings ?? []), ...downgradeOf(stored)],
          blocked: done.blocked,
        };
      });
    const again = await store();
    if (again) return again;
    const report: PackageReport = await this.#gate.run(caller.tenant.id, () => checkArchive(context, bytes));
    requireSound(report);
    const stored = await store(report);
    if (!stored) throw new Error('a checked package was not stored');
    return stored;
  }

  async #settle(
    tx: TenantTransaction,
    author: Actor,
    subject: Subject,
    { enable, grant }: { enable: boolean; grant: GrantInput | undefined },
  ): Promise<{ installation: Subject['installation']; blocked: UploadResult['blocked'] }> {
    const context = this.#context;
    const installation =
      grant === undefined ? subject.installation : await grantMore(context, tx, author, subject, grant);
    if (!enable || isOn(installation.status)) return { installation, blocked: [] };
    const missing: MissingRequirements = await findMissing(tx, context.options.vault, installation, subject.release);
    if (!isNothingMissing(missing)) return { installation, blocked: missingFaults(missing, installation.slug) };
    return { installation: await switchOn(context, tx, author, { ...subject, installation }), blocked: [] };
  }

  /** The tenant's plugins in order of slug. Throws `CURSOR_INVALID`. */
  async list(caller: InstallationsCaller, page: PageRequest): Promise<Page<PluginView>> {
    const after = readCursor(page.cursor, readSlugCursor, refuseCursor) ?? null;
    return this.#context.read(caller.tenant.id, async (tx) => {
      const rows = await listInstallations(tx, { limit: page.limit + 1, after });
      const shown = pageOf(rows, page, ({ slug }) => textCursor.write(slug));
      return { ...shown, items: await viewPlugins(tx, this.#context.options.vault, shown.items) };
    });
  }

  /** The active release of each of a tenant's plugins. */
  installed(tenantId: Id<'tenant'>): Promise<InstalledRelease[]> {
    return this.#context.read(tenantId, listInstalledReleases);
  }

  /** One plugin by id or slug. Throws `PLUGIN_NOT_FOUND`, as everything below does. */
  get(caller: InstallationsCaller, idOrSlug: string): Promise<PluginView> {
    return this.#read(caller, idOrSlug, async (tx, { installation }) => this.#context.view(tx, installation));
  }

  /**
   * Uninstalls a plugin and erases all it kept; the history of its runs stays as long as others'. An enabled one is
   * disabled first; its `onShutdown` and then its `onUninstall` run while its data is still there. Throws
   * `PLUGIN_NEEDED` when enabled plugins depend on it, unless `force` or `cascade`.
   */
  async delete(caller: InstallationsCaller, idOrSlug: string, terms: LeaveTerms = {}): Promise<void> {
    const context = this.#context;
    const leaving = await this.#change(caller, idOrSlug, async (tx, subject) =>
      (await beginUninstall(context, tx, caller, subject, terms)) ? subject.installation.id : undefined,
    );
    if (leaving) {
      await waitForGoodbye(context, caller.tenant.id, leaving, 'shutdown');
      if (await this.#change(caller, leaving, (tx, subject) => sayGoodbye(context, tx, subject)))
        await waitForGoodbye(context, caller.tenant.id, leaving, 'uninstall');
    }
    // By its id: while it was waited for, another one may have taken the name.
    return this.#change(caller, leaving ?? idOrSlug, (tx, subject) =>
      uninstallPlugin(context, tx, caller, subject, terms),
    );
  }

  /** Enables a plugin. Throws `REQUIREMENTS_MISSING` with everything that is missing, or `GRANT_INVALID`. */
  enable(
    caller: InstallationsCaller,
    idOrSlug: string,
    { grant }: { grant?: GrantInput | undefined } = {},
  ): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) =>
      this.#context.view(tx, await enablePlugin(this.#context, tx, caller, subject, grant)),
    );
  }

  /** Goes on with a plugin that starts or is upgraded; one that does neither, or is gone: nothing changes. */
  settleStart(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void> {
    return this.#context.change(tenantId, async (tx) => {
      if (!(await findInstallation(tx, installationId))) return;
      const subject = await this.#context.require(tx, installationId);
      await settleStart(this.#context, tx, subject);
      await settleUpgrade(this.#context, tx, subject);
    });
  }

  /** Goes on with an uninstallation that was cut off; a plugin that is not uninstalling, or gone: nothing changes. */
  finishUninstall(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<void> {
    return this.#context.change(tenantId, async (tx) => {
      if (await findInstallation(tx, installationId))
        await finishUninstall(this.#context, tx, await this.#context.require(tx, installationId));
    });
  }

  /** Disables a plugin. Throws `PLUGIN_NEEDED` when enabled plugins depend on it, unless `force` or `cascade`. */
  disable(caller: InstallationsCaller, idOrSlug: string, terms: LeaveTerms = {}): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) =>
      this.#context.view(tx, await disablePlugin(this.#context, tx, caller, subject, terms)),
    );
  }

  /** Throws warm isolates away and calls `onReload`. Throws `PLUGIN_DISABLED` unless the plugin is enabled. */
  reload(caller: InstallationsCaller, idOrSlug: string): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) => {
      await reloadPlugin(this.#context, tx, caller, subject);
      return this.#context.view(tx, subject.installation);
    });
  }

  /** A plugin's releases, newest first. Throws `CURSOR_INVALID`. */
  async releases(caller: InstallationsCaller, idOrSlug: string, page: PageRequest): Promise<Page<ReleaseView>> {
    const before = readCursor(page.cursor, readReleaseCursor, refuseCursor) ?? null;
    return this.#read(caller, idOrSlug, async (tx, { installation }) => {
      const rows = await listReleases(tx, installation.id, { limit: page.limit + 1, before });
      return mapPage(
        pageOf(rows, page, ({ id }) => textCursor.write(id)),
        (row) => viewRelease(row, installation.releaseId),
      );
    });
  }

  /**
   * One release with its manifest, what it brings, and its files. `release`: an id, a version, or `active`. Throws
   * `RELEASE_NOT_FOUND`, `VERSION_AMBIGUOUS`.
   */
  release(caller: InstallationsCaller, idOrSlug: string, release: string): Promise<ReleaseDetail> {
    return this.#read(caller, idOrSlug, async (tx, subject) =>
      readReleaseDetail(tx, subject.installation, await this.#findTarget(tx, subject, release)),
    );
  }

  /** What another release would change. `from`: an id, a version, or `active`. Throws as {@link release}. */
  diff(
    caller: InstallationsCaller,
    idOrSlug: string,
    { from, to }: { from: string; to: string },
  ): Promise<ReleaseDiff> {
    return this.#read(caller, idOrSlug, async (tx, subject) =>
      diffReleases(tx, subject.installation, {
        from: await this.#findTarget(tx, subject, from),
        to: await this.#findTarget(tx, subject, to),
      }),
    );
  }

  /** Makes any stored release the active one, as an upload of its bytes would. Throws as {@link rollback}. */
  activate(caller: InstallationsCaller, idOrSlug: string, release: string): Promise<PluginView> {
    return this.rollback(caller, idOrSlug, { version: release });
  }

  /**
   * Makes an earlier release the active one. `version`: a version, or a release's id where several carry the same
   * version (else `VERSION_AMBIGUOUS` names them). The active release: it stays, and an upgrade that is under way is
   * given up. Throws `RELEASE_NOT_FOUND`, `UPGRADE_BLOCKED`.
   */
  rollback(caller: InstallationsCaller, idOrSlug: string, { version }: { version: string }): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) => {
      const target = await this.#findTarget(tx, subject, version);
      if (target.id === subject.release.id) return this.#context.view(tx, await stayWith(this.#context, tx, subject));
      const { installation } = await activateRelease(this.#context, tx, caller, {
        installation: subject.installation,
        release: target,
        previous: subject.release,
        action: target.id > subject.release.id ? 'plugin.upgraded' : 'plugin.rolled_back',
      });
      return this.#context.view(tx, installation);
    });
  }

  async #findTarget(
    tx: TenantTransaction,
    { installation, release }: Subject,
    version: string,
  ): Promise<Subject['release']> {
    if (version === 'active') return release;
    const id = parseId('release', version);
    const named = id === undefined ? undefined : await findRelease(tx, id);
    if (named?.installationId === installation.id) return named;
    // No version holds what PostgreSQL cannot.
    const candidates =
      id === undefined && !version.includes('\0')
        ? await listReleases(tx, installation.id, { limit: 50, version: version.slice(0, 200) })
        : [];
    const [only, second] = candidates;
    if (!only) {
      const known = [...new Set((await listReleases(tx, installation.id, { limit: 50 })).map((each) => each.version))];
      throw installationErrors.error(
        'RELEASE_NOT_FOUND',
        `${installation.slug} has no release ${quote(version, 70)}.${didYouMean(version, known)} It has ` +
          `${known.join(', ').slice(0, 500)}.`,
      );
    }
    if (second) {
      const ids = candidates.map((each) => each.id);
      throw installationErrors.error(
        'VERSION_AMBIGUOUS',
        `${installation.slug} has ${candidates.length} releases ${version}. Send one of their ids as version: ` +
          `${ids.join(', ').slice(0, 600)}.`,
        {
          extra: { releases: candidates.map((each) => viewRelease(each, installation.releaseId)) },
        },
      );
    }
    const found = only.id === release.id ? release : await findRelease(tx, only.id);
    if (!found) throw new Error(`release ${only.id} went while it was locked`);
    return found;
  }

  /**
   * What the plugin asks for, what is granted, what is pending, with the texts people need to decide, what its code
   * uses and when it last did.
   */
  permissions(caller: InstallationsCaller, idOrSlug: string): Promise<PermissionsReport> {
    return this.#read(caller, idOrSlug, (tx, { installation, release }) =>
      this.#reportPermissions(tx, installation, release),
    );
  }

  /** Makes exactly these permissions the granted ones. Throws `GRANT_INVALID`. */
  setPermissions(
    caller: InstallationsCaller,
    idOrSlug: string,
    { granted }: { granted: readonly string[] },
  ): Promise<PermissionsReport> {
    return this.#change(caller, idOrSlug, async (tx, subject) => {
      const installation = await replaceGrants(this.#context, tx, caller, subject, granted);
      return this.#reportPermissions(tx, installation, subject.release);
    });
  }

  async #reportPermissions(
    tx: TenantTransaction,
    { id, granted }: Subject['installation'],
    { id: releaseId, manifest }: Subject['release'],
  ): Promise<PermissionsReport> {
    return reportPermissions(id, manifest, granted, {
      reach: await findReleaseReach(tx, releaseId),
      lastUses: await lastPermissionUses(tx, id),
    });
  }

  /** The secrets that the active release names: which are set, by whom, and when they were last used. */
  secrets(caller: InstallationsCaller, idOrSlug: string): Promise<DeclaredSecret[]> {
    return this.#read(caller, idOrSlug, (tx, subject) => declaredSecrets(tx, this.#context.options.vault, subject));
  }

  /** Changes what of the plugin's lines is kept. */
  setLogLevel(caller: InstallationsCaller, idOrSlug: string, logLevel: PluginLogLevel): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) =>
      this.#context.view(tx, await setLogLevel(this.#context, tx, caller, subject, logLevel)),
    );
  }

  /** Has what the plugin's runs ask of the host kept, for so many minutes from now; 0: no more. */
  setRecording(caller: InstallationsCaller, idOrSlug: string, minutes: number): Promise<PluginView> {
    return this.#change(caller, idOrSlug, async (tx, subject) =>
      this.#context.view(tx, await setRecording(this.#context, tx, caller, subject, minutes)),
    );
  }

  /** The settings as the plugin sees them, defaults filled in, with the number of their revision. */
  getConfig(caller: InstallationsCaller, idOrSlug: string): Promise<NumberedConfig> {
    return this.#read(caller, idOrSlug, readNumberedConfig);
  }

  /**
   * Replaces the settings and answers them with defaults filled in. Throws `CONFIG_INVALID`, `CONFIG_TOO_LARGE`,
   * `CONFIG_CHANGED`.
   */
  putConfig(
    caller: InstallationsCaller,
    idOrSlug: string,
    config: JsonObject,
    terms?: ConfigTerms,
  ): Promise<NumberedConfig> {
    return this.#change(caller, idOrSlug, (tx, subject) =>
      replaceConfig(this.#context, tx, caller, subject, config, terms),
    );
  }

  /** Changes some settings (RFC 7396 merge patch). Throws as {@link putConfig}. */
  patchConfig(
    caller: InstallationsCaller,
    idOrSlug: string,
    patch: JsonObject,
    terms?: ConfigTerms,
  ): Promise<NumberedConfig> {
    return this.#change(caller, idOrSlug, (tx, subject) =>
      replaceConfig(this.#context, tx, caller, subject, patchedConfig(subject, patch), terms),
    );
  }

  /** Brings the settings of an earlier revision back. Throws `REVISION_NOT_FOUND`, and as {@link putConfig}. */
  rollBackConfig(
    caller: InstallationsCaller,
    idOrSlug: string,
    terms: { revision: number; ifRevision?: number | undefined },
  ): Promise<NumberedConfig> {
    return this.#change(caller, idOrSlug, (tx, subject) => rollBackConfig(this.#context, tx, caller, subject, terms));
  }

  /** Who changed which settings when, newest first. Throws `CURSOR_INVALID`. */
  configRevisions(caller: InstallationsCaller, idOrSlug: string, page: PageRequest): Promise<Page<ConfigRevisionView>> {
    const before = readCursor(page.cursor, readRevisionCursor, refuseCursor) ?? null;
    return this.#read(caller, idOrSlug, async (tx, { installation }) => {
      const rows = await listConfigRevisions(tx, installation.id, { limit: page.limit + 1, before });
      return mapPage(
        pageOf(rows, page, ({ revision }) => textCursor.write(String(revision))),
        viewConfigRevision,
      );
    });
  }

  /** The jobs of the active release with their next ten runs; one page. */
  jobs(caller: InstallationsCaller, idOrSlug: string): Promise<Page<JobView>> {
    return this.#read(caller, idOrSlug, async (tx, { installation, release }) => ({
      items: await viewJobs(tx, installation, release, this.#context.options.clock.now()),
      next_cursor: null,
    }));
  }

  /** The jobs of all the tenant's plugins, in order of slug and place in the manifest. Throws `CURSOR_INVALID`. */
  async tenantJobs(caller: InstallationsCaller, page: PageRequest): Promise<Page<TenantJobView>> {
    const after = readCursor(page.cursor, readJobCursor, refuseCursor) ?? null;
    return this.#context.read(caller.tenant.id, async (tx) => {
      const rows = await listTenantJobs(tx, { limit: page.limit + 1, after });
      const shown = pageOf(rows, page, ({ slug, place }) => textCursor.write(`${slug}/${place}`));
      return { ...shown, items: await viewTenantJobs(tx, shown.items) };
    });
  }

  /**
   * When the jobs that have a schedule run within a span of time, in order of slug and place in the manifest: a page
   * may hold fewer. Throws `CURSOR_INVALID`.
   */
  async jobTimes(caller: InstallationsCaller, page: PageRequest, span: TimeSpan): Promise<Page<JobTimesView>> {
    const after = readCursor(page.cursor, readJobCursor, refuseCursor) ?? null;
    return this.#context.read(caller.tenant.id, async (tx) => {
      const rows = await listTenantJobs(tx, { limit: page.limit + 1, after });
      const shown = pageOf(rows, page, ({ slug, place }) => textCursor.write(`${slug}/${place}`));
      return { ...shown, items: await viewJobTimes(tx, shown.items, span) };
    });
  }

  /**
   * When a job would run with another schedule or zone; nothing is saved. Throws `JOB_NOT_FOUND`, `SCHEDULE_INVALID`.
   */
  previewSchedule(
    caller: InstallationsCaller,
    idOrSlug: string,
    change: Omit<JobChange, 'paused'> & { name: string },
  ): Promise<SchedulePreviewView> {
    return this.#read(caller, idOrSlug, (tx, subject) => previewSchedule(this.#context, tx, subject, change));
  }

  /** Pauses or resumes a job, or gives it another schedule or zone. Throws `JOB_NOT_FOUND`, `SCHEDULE_INVALID`. */
  patchJob(caller: InstallationsCaller, idOrSlug: string, name: string, change: JobChange): Promise<JobView> {
    return this.#change(caller, idOrSlug, async (tx, subject) => {
      await changeJob(this.#context, tx, caller, subject, name, change);
      const view = (await viewJobs(tx, subject.installation, subject.release, this.#context.options.clock.now())).find(
        (job) => job.name === name,
      );
      if (!view) throw new Error(`job ${name} went while it was changed`);
      return view;
    });
  }

  /**
   * Stops an enabled plugin that harms the platform until an admin enables it again. Answers whether it did. `reason`
   * is shown to people.
   */
  suspend(tenantId: Id<'tenant'>, installationId: Id<'installation'>, reason: string): Promise<boolean> {
    return this.#context.change(tenantId, async (tx) =>
      suspendPlugin(this.#context, tx, await this.#context.require(tx, installationId), reason),
    );
  }

  /**
   * Stops a plugin that is quarantined, and cancels its runs under way. Answers whether it did: one that may run, or is
   * off, stays as it is.
   */
  stopQuarantined(tenantId: Id<'tenant'>, installationId: Id<'installation'>): Promise<boolean> {
    const context = this.#context;
    return context.change(tenantId, async (tx) => {
      const subject = await context.require(tx, installationId);
      const { slug } = subject.installation;
      const found = await findQuarantine(tx, { slug, sha256: subject.release.sha256 });
      if (!found && (await this.#giveUpQuarantined(tx, subject))) return true;
      if (!found || !(await suspendPlugin(context, tx, subject, `Quarantined by operators: ${found.reason}`)))
        return false;
      await cancelUnderWay(tx, installationId);
      return true;
    });
  }

  /** Ends an upgrade to a release that nobody may run. Answers whether there was one. */
  async #giveUpQuarantined(tx: TenantTransaction, subject: Subject): Promise<boolean> {
    const { slug, nextReleaseId } = subject.installation;
    const next = nextReleaseId && (await findRelease(tx, nextReleaseId));
    const found = next && (await findQuarantine(tx, { slug, sha256: next.sha256 }));
    if (!found) return false;
    await giveUpUpgrade(this.#context, tx, subject, { reason: `Quarantined by operators: ${found.reason}` });
    return true;
  }

  /**
   * Disables an enabled plugin that fails again and again, until somebody enables it. Answers whether it did. `reason`
   * is shown to people.
   */
  disableFailing(tenantId: Id<'tenant'>, installationId: Id<'installation'>, reason: string): Promise<boolean> {
    return this.#context.change(tenantId, async (tx) =>
      disableFailing(this.#context, tx, await this.#context.require(tx, installationId), reason),
    );
  }

  /**
   * Writes down what a scheduled health check said; tells people when the plugin became unhealthy or recovered. One
   * that was uninstalled or disabled meanwhile: nothing changes.
   */
  recordHealth({ tenantId, installationId }: DueCheck, said: HealthSaid): Promise<void> {
    return this.#context.read(tenantId, (tx) => recordCheck(this.#context, tx, installationId, said));
  }

  /** The health of all the tenant's plugins, as checks and failing runs show it, the worst of them first. */
  health(caller: InstallationsCaller): Promise<PluginsHealth> {
    return this.#context.read(caller.tenant.id, (tx) => readPluginsHealth(tx, this.#context.options.settings));
  }

  /**
   * Bills a plugin for an executor that had to be killed because of it; three within five minutes suspend it. Made to
   * be the sandbox's
   * `onKill`: it never throws and never rejects, what fails is logged.
   */
  recordKill(report: KillReport): Promise<void> {
    const done = this.#recordKill(report).finally(() => this.#killsUnderWay.delete(done));
    this.#killsUnderWay.add(done);
    return done;
  }

  async #recordKill(report: KillReport): Promise<void> {
    const { logger } = this.#context.options;
    const tenantId = parseId('tenant', report.tenantId);
    const installationId = parseId('installation', report.installationId);
    // An entry that was tried out at upload belongs to no installation yet.
    if (tenantId === undefined || installationId === undefined) return;
    try {
      const suspended = await this.#context.change(tenantId, (tx) =>
        billKill(this.#context, tx, { ...report, installationId }),
      );
      logger.warn(
        { tenantId, installationId, reason: report.reason, suspended },
        suspended ? 'a plugin was suspended' : 'a plugin made an executor be killed',
      );
    } catch (thrown) {
      logger.error({ err: thrown, tenantId, installationId }, 'a kill could not be recorded');
    }
  }

  /** Resolves when every kill reported so far is recorded. Call before closing the database; safe to call twice. */
  async stop(): Promise<void> {
    await Promise.all(this.#killsUnderWay);
  }

  /**
   * A file of a release below `static/`, or `undefined`. `path` is compared with the names of the package and never
   * touches a disk.
   */
  async files(
    tenantId: Id<'tenant'>,
    releaseId: Id<'release'>,
    path: string,
  ): Promise<{ bytes: Uint8Array; sha256: string } | undefined> {
    if (!path.startsWith('static/') || path.length > 1024 || path.includes('\0')) return undefined;
    return this.#context.read(tenantId, (tx) => readReleaseFile(tx, releaseId, path));
  }

  #read<T>(
    caller: InstallationsCaller,
    idOrSlug: string,
    work: (tx: TenantTransaction, subject: Subject) => Promise<T>,
  ): Promise<T> {
    return this.#context.read(caller.tenant.id, async (tx) => work(tx, await this.#context.require(tx, idOrSlug)));
  }

  #change<T>(
    caller: InstallationsCaller,
    idOrSlug: string,
    work: (tx: TenantTransaction, subject: Subject) => Promise<T>,
  ): Promise<T> {
    return this.#context.change(caller.tenant.id, async (tx) => work(tx, await this.#context.require(tx, idOrSlug)));
  }
}

/** An upload may be meant to go back; whoever did not mean it should know. */
function downgradeOf({ previous, uploaded }: StoredUpload): UploadResult['warnings'] {
  if (previous === null || directionOf(previous.version, uploaded.version) !== 'downgrade') return [];
  const detail =
    `${uploaded.version} is older than ${previous.version}, which was active until now. POST ` +
    `/api/plugins/:id/rollback with ${previous.id} as version brings that back.`;
  return [{ pointer: '/version', code: 'DOWNGRADE', detail }];
}

function readSlugCursor(cursor: string): string | undefined {
  const slug = textCursor.read(cursor);
  return slug !== undefined && slugPattern.test(slug) ? slug : undefined;
}

function readReleaseCursor(cursor: string): Id<'release'> | undefined {
  return parseId('release', textCursor.read(cursor) ?? '');
}

function readRevisionCursor(cursor: string): number | undefined {
  const text = textCursor.read(cursor) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function readJobCursor(cursor: string): { slug: string; place: number } | undefined {
  const [, slug = '', place] = /^(.+)\/(\d{1,9})$/.exec(textCursor.read(cursor) ?? '') ?? [];
  return slugPattern.test(slug) ? { slug, place: Number(place) } : undefined;
}
