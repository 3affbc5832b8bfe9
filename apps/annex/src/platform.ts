/**
 * Joins the libraries: each names the small port it needs, and here they meet. The one place that knows all of them.
 */
import { hkdfSync } from 'node:crypto';
import { Access } from '@annex/access';
import { Dispatcher } from '@annex/dispatch';
import { emitEvent, enqueueRun, Events, Runs, startJob, type AttemptPort, type FailingPlugin } from '@annex/runs';
import { createEgress } from '@annex/egress';
import { Execution, sandboxHostMethods } from '@annex/execution';
import { Files, openStore, startSweeper } from '@annex/files';
import { findInstallation, Installations } from '@annex/installations';
import { createSmtp, Mailer } from '@annex/mail';
import { messageOf, newUuid, SECOND, systemClock, type Clock, type Stoppable } from '@annex/kernel';
import { effectiveLimits, manifestCeilings } from '@annex/limits';
import { checkViews, Tables, type CheckedView, type MappedView } from '@annex/tables';
import { saveQuotaLimits } from '@annex/quotas';
import type { Database } from '@annex/database';
import { type DatabaseLogins } from '@annex/database';
import { createLlm } from '@annex/llm';
import { createQueue, type Queue } from '@annex/queue';
import {
  createCompiler,
  createSandbox,
  sandboxTier,
  type KillReport,
  type SandboxStats,
  type SandboxTier,
} from '@annex/sandbox';
import { TemplateRenderer } from '@annex/templates';
import { createKeyring, growingMasker, Maskers, masterKey as asMasterKey, Vault } from '@annex/vault';
import {
  connectPackageWebhooks,
  Deliverer,
  deliveryWaitMs,
  InboundHooks,
  restPackageWebhooks,
  sendPackageWebhook,
  Webhooks,
} from '@annex/webhooks';
import type { Logger } from 'pino';
import { CLOCK_WARNING_MS, clockOffsetMs } from './clock-offset.js';
import type { Settings } from './config.js';
import { connect } from './connect.js';
import { createHealth, type PlatformHealth } from './health.js';
import { StartRefused } from './start-refused.js';

export interface PlatformOptions {
  settings: Settings;
  logins: DatabaseLogins;
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
  health: PlatformHealth;
  installations: Installations;
  logger: Logger;
  runs: Runs;
  tables: Tables;
  vault: Vault;
  webhooks: Webhooks;
  hooks: InboundHooks;
  /** Keys of what is kept to know a request again, the present one first. */
  fingerprintKeys: readonly Buffer[];
  sandboxTier: SandboxTier;
  /** What the executors of this process do now. */
  sandboxStats(): SandboxStats;
  /** Readiness off until the answered function is called: something has still to be made. */
  holdReadiness(): () => void;
  /** Readiness off, so that nobody sends more. */
  unready(): void;
}

/** Makes and starts the platform. What had started is stopped again when a later part fails. */
export async function createPlatform({
  settings,
  logins,
  logger,
  masterKey,
  jwtSecret,
}: PlatformOptions): Promise<Platform> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const database = await connect({
      logins,
      logger,
      poolSize: 12,
      platformPoolSize: 6,
      applicationName: `annex-${settings.role}`,
    });
    undo.push(() => database.close());
    await database.platform((tx) => saveQuotaLimits(tx, settings.quotas));
    const clock = systemClock;
    const kills: { handle?: (report: KillReport) => void } = {};
    // Both of what follows stand behind the same walls, so these are settled before either.
    const walls = {
      users: settings.sandboxUsers,
      cgroup: settings.sandboxCgroup,
      withoutKernelRules: settings.sandboxKernelRules === 'off',
    };
    const tier = await sandboxTier(walls);
    // Beside the sandbox, which takes longer. Workers take no packages.
    const starting = createCompiler({ logger, blank: settings.role === 'worker' ? 0 : 1 });
    undo.push(async () => (await starting.catch(() => undefined))?.stop());
    const sandbox = await createSandbox({
      hostMethods: [...sandboxHostMethods],
      isolation: settings.executorIsolation,
      usualMemoryMb: effectiveLimits('route', {}, settings.runCeilings).memoryMb,
      ...walls,
      requireTier: settings.sandboxRequires,
      logger,
      onKill: (report) => kills.handle?.(report),
    });
    undo.push(() => sandbox.stop());
    const compiler = await starting;

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
    const access = Access.create({
      database,
      emit: emitEvent,
      clock,
      logger,
      jwtSecret,
      oidc: settings.oidc,
      baseDomain: settings.baseDomain,
      tenantGraceDays: settings.tenantGraceDays,
    });
    await access.start();
    undo.push(() => access.stop());
    const installations = new Installations({
      database,
      sandbox,
      compiler,
      vault,
      webhooks: { connect: connectPackageWebhooks, rest: restPackageWebhooks },
      emit: emitEvent,
      enqueueRun,
      evict: (prefix) => sandbox.evict(prefix),
      clock,
      logger,
      limits: { ...manifestCeilings(settings.runCeilings), minIntervalS: settings.minIntervalS },
    });
    undo.push(() => installations.stop());
    kills.handle = (report) =>
      void installations
        .recordKill(report)
        .catch((thrown: unknown) => logger.error({ err: thrown }, 'a kill could not be recorded'));

    const queue = createQueue(
      settings.redisUrl
        ? { backend: 'redis', url: settings.redisUrl, logger }
        : { backend: 'postgres', url: requireQueueLogin(logins), logger },
    );
    undo.push(() => queue.close());
    if (settings.redisUrl && settings.role !== 'api') await requireRedis(queue, settings.redisUrl);
    const store = await openStore(settings.filesAt);
    const files = new Files({
      database,
      store,
      emit: emitEvent,
      clock,
      logger,
      limits: settings.fileLimits,
      linkSecret: jwtSecret,
      publicUrl: settings.publicUrl,
    });
    undo.push(() => files.close());
    await requireStore(files, store.description);
    if (settings.role !== 'api') {
      const sweeper = await startSweeper({ database, store, logger });
      undo.push(() => sweeper.stop());
    }
    const tables = new Tables({
      database,
      clock,
      limits: settings.tableLimits,
      views: await requireViews(database, settings.tableViews),
    });
    const egress = createEgress({ allowPrivate: settings.egressAllowPrivate });
    egress.start();
    // Places of its own: what plugins ask for may take long, and deliveries are not to wait for it.
    const webhookEgress = createEgress({ allowPrivate: settings.egressAllowPrivate, maxWaitMs: deliveryWaitMs });
    const maskers = new Maskers();
    const templates = new TemplateRenderer();
    undo.push(() => templates.stop());
    const mail = new Mailer({
      database,
      transport: settings.smtpUrl === undefined ? undefined : createSmtp(settings.smtpUrl),
      from: settings.mailFrom,
      keptBytes: settings.quotas.kept_mail_bytes ?? Number.MAX_SAFE_INTEGER,
      clock,
      logger,
    });
    undo.push(() => mail.close());
    const execution = new Execution({
      database,
      sandbox,
      secrets: vault,
      createMasker: growingMasker,
      egress,
      llm: createLlm({
        operator: settings.llm,
        readTenantSettings: (tenantId, names) => vault.readForTenant(tenantId, names),
        // Places of its own: models answer slowly, and webhooks and plugins' calls are not to wait for them.
        egress: createEgress({ allowPrivate: settings.egressAllowPrivate, longAtOnce: 48, longAtOncePerTenant: 16 }),
        operatorEgress: createEgress({
          allowPrivate: settings.llm.baseUrl === undefined ? [] : [authorityOf(settings.llm.baseUrl)],
          longAtOnce: 48,
          longAtOncePerTenant: 16,
        }),
        maskerOf: (values) => maskers.of(values),
        database,
        clock,
        dailyTokens: settings.llmDailyTokens,
      }),
      emit: emitEvent,
      startJob: (tx, { runId, installationId, job, payload, depth }) =>
        startJob(tx, { runId, installation: installationId, job: job.name, payload, depth, isEffect: true }),
      sendWebhook: sendPackageWebhook,
      files,
      templates,
      mail,
      tables,
      ceilings: settings.runCeilings,
      clock,
      logger,
    });
    const deliverer = new Deliverer({
      database,
      secrets: vault,
      egress: webhookEgress,
      transforms: execution,
      maskerOf: (values) => maskers.of(values),
      emit: emitEvent,
      clock,
      logger,
    });
    const dispatcher = new Dispatcher({
      database,
      queue,
      execute: attemptPort(execution, deliverer),
      onFailing: disableFailing(installations, settings.disableAfterFailures),
      onEnded: (run, status) => execution.countRun(run, status),
      clock,
      logger,
      ownerId: newUuid(),
    });
    await execution.start();
    undo.push(() => execution.stop());
    const runs = new Runs({ database, logger });
    await runs.start();
    undo.push(() => runs.stop());

    const health = createHealth({ database, sandbox, tier, execution, dispatcher, logger });
    const events = new Events({ database });
    const webhooks = new Webhooks({
      database,
      secrets: vault,
      egress: webhookEgress,
      installations: execution.snapshots,
      emit: emitEvent,
      clock,
      logger,
    });
    const hooks = new InboundHooks({ database, secrets: vault, emit: emitEvent, clock, logger });
    return {
      access,
      database,
      dispatcher,
      events,
      execution,
      files,
      mail,
      runs,
      tables,
      health,
      installations,
      logger,
      vault,
      webhooks,
      hooks,
      fingerprintKeys: [masterKey, ...settings.oldMasterKeys].map((key) =>
        Buffer.from(hkdfSync('sha256', key, '', 'annex request fingerprints', 32)),
      ),
      sandboxTier: tier,
      sandboxStats: () => sandbox.stats(),
      holdReadiness: () => health.hold(),
      unready: () => health.close(),
      stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** Handlers run in the sandbox; a run of kind `webhook` sends a delivery. */
function attemptPort(execution: Execution, deliverer: { runAttempt: AttemptPort['runAttempt'] }): AttemptPort {
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
    const why = `${failedRuns} runs in a row failed for good, the last one with ${error.code}: ${error.message.slice(0, 300)}`;
    await installations.disableFailing(
      tenantId,
      installationId,
      `${why}. What happens for it is kept and runs when it is enabled again; dead letters can be replayed then.`,
    );
  };
}

/** With another master key than before every secret would fail when it is needed; that is said at start. */
async function requireMasterKey(vault: Vault): Promise<void> {
  const [other] = await vault.foreignKeys();
  if (other === undefined) return;
  throw new StartRefused(
    `ANNEX_MASTER_KEY: the secrets of ${other.tenants === 1 ? '1 tenant' : `${other.tenants} tenants`} are sealed with another master key (${other.id}) than the settings hold (${vault.masterKeyIds.join(', ')}). Put that key back; or, to change keys, name it in ANNEX_MASTER_KEY_OLD for one start. Without a setting the key is the file master-key in ANNEX_DATA_DIR.`,
  );
}

/** Schedules and leases go by the database's clock, tokens and links by this host's. */
async function warnOfClock({
  database,
  clock,
  logger,
}: {
  database: Database;
  clock: Clock;
  logger: Logger;
}): Promise<void> {
  const offsetMs = await clockOffsetMs(database, clock);
  if (Math.abs(offsetMs) <= CLOCK_WARNING_MS) return;
  logger.warn(
    { offset_s: Math.round(offsetMs / SECOND) },
    `the clock of the database is ${Math.round(Math.abs(offsetMs) / SECOND)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} this host's: schedules, sessions and links end at other times than they say. Let both follow NTP.`,
  );
}

function requireQueueLogin({ queue }: DatabaseLogins): string {
  if (queue === undefined)
    throw new StartRefused('DATABASE_QUEUE_URL: set it too, or REDIS_URL: the queue lives in one of the two.');
  return queue;
}

/** Later Redis may come and go; a worker that cannot reach it when it starts was probably given the wrong address. */
async function requireRedis(queue: Queue, url: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await queue.ping();
    } catch (thrown) {
      if (Date.now() > deadline)
        throw new StartRefused(
          `REDIS_URL: Redis at ${new URL(url).host} cannot be used: ${messageOf(thrown)}. Check that it runs, and the password.`,
        );
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

/** A view that is not as the operator says would fail each plugin that asks for it, so nothing starts until all are. */
async function requireViews(
  database: Database,
  wanted: Readonly<Record<string, MappedView>>,
): Promise<ReadonlyMap<string, CheckedView>> {
  const { views, problems } = await database.platform((tx) => checkViews(tx, wanted));
  if (problems.length > 0)
    throw new StartRefused(problems.map((problem) => `ANNEX_TABLES: ${problem}`).join('\nannex: '));
  return views;
}

/** A store that cannot be used when Annex starts was probably named wrongly; later it may come and go. */
async function requireStore(files: Files, description: string): Promise<void> {
  try {
    await files.check();
  } catch (thrown) {
    throw new StartRefused(
      `FILES_URL: the file store ${description} cannot be used: ${messageOf(thrown)}. Check that it is there, and that Annex may write to it.`,
    );
  }
}

/** Host and port of a URL, the port always named. */
function authorityOf(text: string): string {
  const { hostname, port, protocol } = new URL(text);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}
