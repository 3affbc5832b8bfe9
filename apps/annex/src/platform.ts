/**
 * Joins the libraries: each names the small port it needs, and here they meet. The one place that knows all of them.
 */
import { hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Access, systemPrincipal } from '@annex/access';
import { PackageCatalogue, type PackagePolicy, type TrustedKeys } from '@annex/catalogue';
import { TenantArchives } from '@annex/archives';
import { loadConnector } from '@annex/connectors';
import type { Database, DatabaseLogins } from '@annex/database';
import { Dispatcher } from '@annex/dispatch';
import { createEgress } from '@annex/egress';
import { askHealth, Execution } from '@annex/execution';
import type { Files } from '@annex/files';
import {
  findInstallation,
  Installations,
  DueHealthChecks,
  Quarantines,
  tellChange,
  UnfinishedPlugins,
} from '@annex/installations';
import { newUuid, parseId, SECOND, systemClock, type Stoppable, isAnnexError } from '@annex/kernel';
import { manifestCeilings, webhookLimits } from '@annex/limits';
import { connectedSourceTypes } from '@annex/manifest';
import type { Mailer, PlatformMailer } from '@annex/mail';
import { Alerts, connectPackageMappings, Mappings, restPackageMappings } from '@annex/mappings';
import { Notices, NoticeWork } from '@annex/notices';
import { saveQuotaLimits } from '@annex/quotas';
import { emitEvent, enqueueRun, Events, Runs, startJob, type AttemptPort, type FailingPlugin } from '@annex/runs';
import { Operations, ProcessReports } from '@annex/operations';
import { layersOf, type Sandbox, type SandboxStats, type SandboxTier } from '@annex/sandbox';
import {
  connectDeclaredSources,
  connectionSettings,
  PollRuns,
  Receiving,
  restPackageSources,
  Sources,
  SourceWork,
} from '@annex/sources';
import { EtcdMirrors, packageWatches, SettingsTree, SettingWatches, WatchReader } from '@annex/settings';
import { SavedViews } from '@annex/saved-views';
import { Spend } from '@annex/spend';
import { Tables } from '@annex/tables';
import { TemplateRenderer } from '@annex/templates';
import { createKeyring, growingMasker, Maskers, masterKey as asMasterKey, Vault } from '@annex/vault';
import {
  Agents,
  connectPackageWebhooks,
  Deliverer,
  InboundHooks,
  restPackageWebhooks,
  sendPackageWebhook,
  Webhooks,
} from '@annex/webhooks';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import { connect } from './connect-database.js';
import { startExecutors, type Executors } from './sandbox-and-compiler.js';
import type { PluginsFileParts } from './plugins-file/apply-plugins-file.js';
import { PluginsFile } from './plugins-file/plugins-file.js';
import type { PlatformContext } from './platform-context.js';
import { certificateLooks } from './doctor/certificate-looks.js';
import { databaseLooks } from './doctor/database-looks.js';
import { diskLooks } from './doctor/disk-looks.js';
import { settingsLook } from './doctor/settings-looks.js';
import { workLooks } from './doctor/work-looks.js';
import { createHealth, type PlatformHealth } from './health.js';
import { openPackageTrust } from './package-catalogue.js';
import { openModels } from './language-models.js';
import { requireMasterKey, requireViews, warnOfClock } from './start-checks.js';
import type { Queue } from '@annex/queue';
import { openFiles, openMail, openQueue } from './queue-files-and-mail.js';
import { undoAll, type Undo } from './undo.js';
import { version } from './version.js';

export interface PlatformOptions {
  settings: Settings;
  logins: DatabaseLogins;
  /** The application's login past a pooler to which the others lead; default: there is none. */
  listenUrl?: string | undefined;
  logger: Logger;
  masterKey: Buffer;
  jwtSecret: string;
}

export interface Platform extends Stoppable {
  access: Access;
  database: Database;
  dispatcher: Dispatcher;
  events: Events;
  execution: Execution;
  files: Files;
  mail: Mailer;
  mappings: Mappings;
  alerts: Alerts;
  catalogue: PackageCatalogue;
  trustedKeys: TrustedKeys;
  health: PlatformHealth;
  installations: Installations;
  /** `undefined`: the operator has none. */
  pluginsFile: PluginsFile | undefined;
  logger: Logger;
  runs: Runs;
  tables: Tables;
  vault: Vault;
  webhooks: Webhooks;
  agents: Agents;
  hooks: InboundHooks;
  sources: Sources;
  settingsTree: SettingsTree;
  watches: WatchReader;
  settingWatches: SettingWatches;
  etcdMirrors: EtcdMirrors;
  receiving: Receiving;
  sourceWork: SourceWork;
  operations: Operations;
  notices: Notices;
  spend: Spend;
  savedViews: SavedViews;
  quarantines: Quarantines;
  archives: TenantArchives;
  noticeWork: NoticeWork;
  /** Keys of what is kept to know a request again, the present one first. */
  fingerprintKeys: readonly Buffer[];
  sandboxTier: SandboxTier;
  /** Says where links to files and in mails lead, where no setting does. */
  listensOn(url: string): void;
  /** What the executors of this process do now. */
  sandboxStats(): SandboxStats;
  /** Readiness off until the answered function is called: something has still to be made. */
  holdReadiness(): () => void;
  /** Readiness off, so that nobody sends more. */
  unready(): void;
}

/** Makes and starts the platform. What had started is stopped again when a later part fails. */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const undo: Undo = [];
  const stop = (): Promise<void> => undoAll(undo);
  try {
    return { ...(await startParts(options, undo)), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function startParts(
  { settings, logins, listenUrl, logger, masterKey, jwtSecret }: PlatformOptions,
  undo: Undo,
): Promise<Omit<Platform, 'stop'>> {
  const database = await openPools({ settings, logins, listenUrl, logger });
  undo.push(() => database.close());
  await database.platform((tx) => saveQuotaLimits(tx, settings.quotas));
  const context: PlatformContext = { settings, database, clock: systemClock, logger, undo };
  const executors = await startExecutors(settings, logger, undo);
  const vault = await openVault(context, masterKey);
  const { mail, platformMail } = openMail(context);
  const access = await openAccess(context, jwtSecret, platformMail);
  const trust = openPackageTrust(context);
  const installations = openInstallations(context, executors, { vault, judge: trust.policy });
  const queue = await openQueue(context, logins);
  const files = await openFiles(context, jwtSecret);
  const views = await requireViews(database, settings.tableViews);
  const tables = new Tables({ database, clock: context.clock, limits: settings.tableLimits, views });
  const { sandbox, tier } = executors;
  const maskers = new Maskers();
  const templates = new TemplateRenderer();
  undo.push(() => templates.stop());
  const execution = openExecution(context, { sandbox, vault, maskers, files, mail, tables, templates });
  const { deliverer, webhooks, agents, hooks } = openWebhooks(context, { vault, maskers, execution, templates });
  const settingParts = { ...openSettings(context, access), quarantines: openQuarantines(context, installations) };
  const dispatcher = openDispatcher(context, { queue, execution, installations, deliverer, ...settingParts });
  const sources = openSources(context, { vault, maskers, execution });
  const notices = openNotices(context, { vault, mail: platformMail });
  await execution.start();
  undo.push(() => execution.stop());
  const runs = new Runs({ database, logger });
  await runs.start();
  undo.push(() => runs.stop());
  const pluginsFile = openPluginsFile(settings, { access, execution, installations, vault, logger });
  const health = createHealth({
    ...{ database, sandbox, tier, execution, dispatcher, pluginsFile, logger },
    sourceWork: sources.sourceWork,
    mirrors: settings.etcd?.mirrors ?? [],
  });
  startReports(context, { executors, dispatcher, sourceWork: sources.sourceWork });
  return {
    access,
    database,
    dispatcher,
    events: new Events({ database, reservedEvents: settings.reservedEvents }),
    execution,
    files,
    mail,
    mappings: new Mappings({ database, reservedEvents: settings.reservedEvents }),
    alerts: new Alerts({ database }),
    ...settingParts,
    catalogue: new PackageCatalogue(installations, trust.catalogue),
    trustedKeys: trust.trustedKeys,
    listensOn(url) {
      files.listensOn(url);
      platformMail.listensOn(url);
    },
    ...{ runs, tables, health, pluginsFile, installations, logger, vault, webhooks, agents, hooks },
    operations: openOperations(context, { logins, queue, files }),
    ...{ ...sources, ...notices },
    spend: new Spend({ database }),
    savedViews: new SavedViews({ database }),
    archives: new TenantArchives({ ...shared(context), vault, files, version, spoolDir: settings.dataDir }),
    fingerprintKeys: fingerprintKeys([masterKey, ...settings.oldMasterKeys]),
    sandboxTier: tier,
    sandboxStats: () => sandbox.stats(),
    holdReadiness: () => health.hold(),
    unready: () => health.close(),
  };
}

/** What operators see, and what the doctor looks at. */
function openOperations(
  { settings, database }: PlatformContext,
  { logins, queue, files }: { logins: DatabaseLogins; queue: Queue; files: Files },
): Operations {
  return new Operations({
    database,
    settings: settings.shown,
    looks: (processes) => [
      ...databaseLooks({ database, logins }),
      ...workLooks({ database, queue, processes }),
      ...diskLooks(settings, files),
      settingsLook(settings, processes),
      ...certificateLooks(settings),
    ],
  });
}

/** Of each master key the one by which a request is known again. */
function fingerprintKeys(masterKeys: readonly Buffer[]): Buffer[] {
  return masterKeys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'annex request fingerprints', 32)));
}

/** `undefined`: the operator has no such file. */
function openPluginsFile(
  { pluginsFile }: Settings,
  parts: PluginsFileParts & { logger: Logger },
): PluginsFile | undefined {
  return pluginsFile && new PluginsFile({ ...pluginsFile, ...parts });
}

/** The tenants' settings: the tree, the plugins that hear of it, and what comes from an etcd. */
function openSettings(
  { settings: { etcd }, database, logger }: PlatformContext,
  access: Access,
): Pick<Platform, 'settingsTree' | 'watches' | 'settingWatches' | 'etcdMirrors'> {
  return {
    settingsTree: new SettingsTree({ database }),
    watches: new WatchReader({ database }),
    settingWatches: new SettingWatches({ database, tell: tellChange, logger }),
    etcdMirrors: new EtcdMirrors({
      ...{ database, logger, ownerId: newUuid() },
      address: {
        hosts: [],
        ...etcd?.address,
        ...(etcd?.caFile !== undefined && { rootCertificate: readFileSync(etcd.caFile) }),
      },
      mirrors: etcd?.mirrors ?? [],
      findTenant: async (slug) => {
        const found = access.resolveTenant(systemPrincipal, { slugHeader: slug }, 'etcd');
        return found.then(
          ({ tenant }) => tenant.id,
          (thrown: unknown) => {
            if (isAnnexError(thrown) && thrown.kind.status < 500) return undefined;
            throw thrown;
          },
        );
      },
    }),
  };
}

/** Tells the other processes every few seconds what this one does. */
function startReports(
  { settings, database, logger, undo }: PlatformContext,
  { executors: { sandbox, tier }, dispatcher, sourceWork }: ReportedParts,
): void {
  const reports = new ProcessReports({
    ...{ database, logger, version },
    role: settings.role,
    read() {
      const { executors, blankReady, starts, kills, waiting } = sandbox.stats();
      const { slots, running } = dispatcher.stats();
      return {
        rss_bytes: process.memoryUsage.rss(),
        confinement: { tier: tier.tier, layers: layersOf(tier) },
        executors: executors.map(({ pid, tenantId, lane, rssBytes, isolates, runs, ageMs }) => ({
          ...{ pid, lane, isolates, runs },
          tenant_id: (tenantId === null ? undefined : parseId('tenant', tenantId)) ?? null,
          rss_bytes: rssBytes,
          age_s: Math.round(ageMs / SECOND),
        })),
        blank_ready: blankReady,
        executor_starts: starts,
        executor_kills: kills,
        waiting,
        dispatch: settings.role === 'api' ? null : { slots, running },
        source_connections: sourceWork.connections,
      };
    },
  });
  reports.start();
  undo.push(() => reports.stop());
}

interface ReportedParts {
  executors: Executors;
  dispatcher: Dispatcher;
  sourceWork: SourceWork;
}

/** What most parts are made with. */
function shared({ database, clock, logger }: PlatformContext): Pick<PlatformContext, 'database' | 'clock' | 'logger'> {
  return { database, clock, logger };
}

function openPools({
  settings,
  logins,
  listenUrl,
  logger,
}: Pick<PlatformOptions, 'settings' | 'logins' | 'listenUrl' | 'logger'>): Promise<Database> {
  return connect({
    logins,
    listenUrl,
    logger,
    poolSize: 12,
    platformPoolSize: 6,
    applicationName: `annex-${settings.role}`,
  });
}

async function openVault(context: PlatformContext, masterKey: Buffer): Promise<Vault> {
  const { settings, database, clock, logger, undo } = context;
  const vault = new Vault({
    database,
    findInstallation,
    keyring: createKeyring({ current: asMasterKey(masterKey), old: settings.oldMasterKeys.map(asMasterKey) }),
    clock,
  });
  await vault.start();
  undo.push(() => vault.stop());
  await requireMasterKey(vault);
  await warnOfClock({ database, clock, logger });
  // Keys that a former master key wraps are wrapped anew, so that the former one can be given up after one start.
  if (settings.oldMasterKeys.length > 0)
    logger.info({ rewrapped: await vault.rewrap() }, 'data keys were wrapped with the current master key');
  return vault;
}

async function openAccess(context: PlatformContext, jwtSecret: string, mail: PlatformMailer): Promise<Access> {
  const { settings, undo } = context;
  const access = Access.create({
    ...shared(context),
    emit: emitEvent,
    mail,
    jwtSecret,
    oldJwtSecrets: settings.oldJwtSecrets,
    oidc: settings.oidc,
    baseDomain: settings.baseDomain,
    tenantGraceDays: settings.tenantGraceDays,
  });
  await access.start();
  undo.push(() => access.stop());
  return access;
}

function openInstallations(
  context: PlatformContext,
  { sandbox, compiler, tellKills }: Executors,
  { vault, judge }: { vault: Vault; judge: PackagePolicy },
): Installations {
  const { settings, logger, undo } = context;
  const installations = new Installations({
    ...shared(context),
    sandbox,
    compiler,
    vault,
    judge,
    webhooks: { connect: connectPackageWebhooks, rest: restPackageWebhooks },
    mappings: { connect: connectPackageMappings, rest: restPackageMappings },
    sources: { connect: connectDeclaredSources, rest: restPackageSources },
    settings: packageWatches,
    emit: emitEvent,
    enqueueRun,
    evict: (prefix) => sandbox.evict(prefix),
    limits: {
      ...manifestCeilings(settings.runCeilings),
      minIntervalS: settings.minIntervalS,
      reservedEvents: settings.reservedEvents,
    },
  });
  undo.push(() => installations.stop());
  tellKills(
    (report) =>
      void installations
        .recordKill(report)
        .catch((thrown: unknown) => logger.error({ err: thrown }, 'a kill could not be recorded')),
  );
  return installations;
}

interface ExecutionParts {
  sandbox: Sandbox;
  vault: Vault;
  maskers: Maskers;
  files: Files;
  mail: Mailer;
  tables: Tables;
  templates: TemplateRenderer;
}

function openExecution(context: PlatformContext, { vault, maskers, ...parts }: ExecutionParts): Execution {
  const egress = createEgress({ allowPrivate: context.settings.egressAllowPrivate });
  egress.start();
  return new Execution({
    ...shared(context),
    ...parts,
    secrets: vault,
    createMasker: growingMasker,
    egress,
    llm: openModels(context, vault, maskers),
    emit: emitEvent,
    startJob: (tx, { installationId, job, ...start }) =>
      startJob(tx, { ...start, installation: installationId, job: job.name, isEffect: true }),
    sendWebhook: sendPackageWebhook,
    sources: new PollRuns({
      database: context.database,
      emit: emitEvent,
      reservedEvents: context.settings.reservedEvents,
    }),
    ceilings: context.settings.runCeilings,
    reservedEvents: context.settings.reservedEvents,
  });
}

interface WebhookParts {
  deliverer: Pick<AttemptPort, 'runAttempt'>;
  webhooks: Webhooks;
  agents: Agents;
  hooks: InboundHooks;
}

function openWebhooks(
  context: PlatformContext,
  {
    vault,
    maskers,
    execution,
    templates,
  }: { vault: Vault; maskers: Maskers; execution: Execution; templates: TemplateRenderer },
): WebhookParts {
  // Places of its own: what plugins ask for may take long, and deliveries are not to wait for it.
  const egress = createEgress({ allowPrivate: context.settings.egressAllowPrivate, maxWaitMs: webhookLimits.waitMs });
  const parts = { ...shared(context), secrets: vault, egress, emit: emitEvent };
  const deliverer = new Deliverer({
    ...parts,
    transforms: execution,
    texts: templates,
    models: execution,
    maskerOf: (values) => maskers.of(values),
    onSecretsUsed: ({ tenantId, installationId }, names) => execution.usedSecrets(tenantId, installationId, names),
  });
  return {
    deliverer,
    agents: new Agents({
      ...parts,
      installations: execution.snapshots,
      forget: (run, signal) => deliverer.forgetQuestion(run, signal),
    }),
    webhooks: new Webhooks({ ...parts, installations: execution.snapshots }),
    hooks: new InboundHooks({ ...shared(context), secrets: vault, emit: emitEvent }),
  };
}

function openSources(
  context: PlatformContext,
  { vault, maskers, execution }: { vault: Vault; maskers: Maskers; execution: Execution },
): Pick<Platform, 'sources' | 'receiving' | 'sourceWork'> {
  const { settings } = context;
  const { reservedEvents } = settings;
  const prepare = connectionSettings({
    secrets: vault,
    snapshots: execution.snapshots,
    egress: createEgress({ allowPrivate: settings.egressAllowPrivate }),
    maskerOf: (values) => maskers.of(values),
    onSecretsUsed: (tenantId, installationId, names) => execution.usedSecrets(tenantId, installationId, names),
  });
  const parts = { ...shared(context), execution, emit: emitEvent, reservedEvents, loadConnector, prepare };
  return {
    sources: new Sources(parts),
    receiving: new Receiving({
      ...parts,
      readSecret: async (tenantId, installationId, name) =>
        installationId === null
          ? (await vault.readForTenant(tenantId, [name])).get(name)?.value
          : (await vault.readForRun(tenantId, installationId, [name])).get(name),
    }),
    sourceWork: new SourceWork({
      ...parts,
      types: [...connectedSourceTypes],
      ownerId: newUuid(),
    }),
  };
}

function openNotices(
  context: PlatformContext,
  { vault, mail }: { vault: Vault; mail: PlatformMailer },
): Pick<Platform, 'notices' | 'noticeWork'> {
  const { egressAllowPrivate, operatorNotices: operators, noticeLookMs: lookMs } = context.settings;
  const egress = createEgress({ allowPrivate: egressAllowPrivate, maxWaitMs: webhookLimits.waitMs });
  const parts = { ...shared(context), egress, mail, secrets: vault };
  return { notices: new Notices(parts), noticeWork: new NoticeWork({ ...parts, operators, lookMs }) };
}

interface DispatcherParts {
  queue: Queue;
  execution: Execution;
  installations: Installations;
  quarantines: Quarantines;
  deliverer: WebhookParts['deliverer'];
  settingWatches: SettingWatches;
}

function openQuarantines(context: PlatformContext, installations: Installations): Quarantines {
  return new Quarantines({
    ...shared(context),
    stop: (tenantId, installationId) => installations.stopQuarantined(tenantId, installationId),
  });
}

function openDispatcher(
  context: PlatformContext,
  { queue, execution, installations, deliverer, settingWatches, quarantines }: DispatcherParts,
): Dispatcher {
  const unfinished = new UnfinishedPlugins({
    ...shared(context),
    settleStart: (tenantId, installationId) => installations.settleStart(tenantId, installationId),
    finishUninstall: (tenantId, installationId) => installations.finishUninstall(tenantId, installationId),
  });
  return new Dispatcher({
    ...shared(context),
    queue,
    execute: attemptPort(execution, deliverer),
    onFailing: disableFailing(installations, context.settings.disableAfterFailures),
    health: new DueHealthChecks({
      ...shared(context),
      check: ({ tenantId, installationId }) => askHealth(execution, tenantId, installationId),
      record: (due, said) => installations.recordHealth(due, said),
    }),
    onReconciled: async () => {
      await unfinished.settleAll();
      await quarantines.enforce();
    },
    onEnded: (run, status) => {
      execution.countRun(run, status);
      if (run.kind === 'lifecycle' && run.name === 'init' && run.installationId)
        void unfinished.settle(run.tenantId, run.installationId);
      if (run.kind === 'lifecycle' && run.name === 'config_change' && run.installationId)
        void settingWatches.settle(run.tenantId, run.installationId);
    },
    ownerId: newUuid(),
  });
}

/** Handlers run in the sandbox; a run of kind `webhook` sends a delivery. */
function attemptPort(execution: Execution, deliverer: WebhookParts['deliverer']): AttemptPort {
  return {
    runAttempt: (run, signal) => {
      const { installationId } = run;
      return run.kind === 'webhook' || installationId === null
        ? deliverer.runAttempt(run, signal)
        : execution.runAttempt({ ...run, installationId }, signal);
    },
  };
}

/** Disables a plugin of which `afterRuns` runs in a row failed for good; 0: never. */
function disableFailing(installations: Installations, afterRuns: number): (failing: FailingPlugin) => Promise<void> {
  return async ({ tenantId, installationId, failedRuns, error }) => {
    if (afterRuns === 0 || failedRuns < afterRuns) return;
    const last = `${error.code}: ${error.message.slice(0, 300)}`;
    const why = `${failedRuns} runs in a row failed for good, the last one with ${last}`;
    await installations.disableFailing(
      tenantId,
      installationId,
      `${why}. What happens for it is kept and runs when it is enabled again; dead letters can be replayed then.`,
    );
  };
}
