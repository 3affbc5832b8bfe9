/** Joins the libraries: each names the small port it needs, and here they meet. The one place that knows all of them. */
import { Access } from '@annex/access';
import { Dispatcher, Events, Runs, startJob } from '@annex/dispatch';
import { createEgress } from '@annex/egress';
import { Execution, sandboxHostMethods } from '@annex/execution';
import { Installations } from '@annex/installations';
import { messageOf, newUuid, systemClock, type Stoppable } from '@annex/kernel';
import { defaultManifestLimits } from '@annex/manifest';
import { Database, emitEvent, enqueueRun } from '@annex/persistence';
import { createQueue, type Queue } from '@annex/queue';
import { createSandbox, sandboxTier, type KillReport, type SandboxStats, type SandboxTier } from '@annex/sandbox';
import { createKeyring, createMasker, masterKey as asMasterKey, Vault } from '@annex/vault';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import { createHealth, type PlatformHealth } from './health.js';
import { StartRefused } from './start-refused.js';

export interface PlatformOptions {
  settings: Settings;
  databaseUrl: string;
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
  health: PlatformHealth;
  installations: Installations;
  logger: Logger;
  runs: Runs;
  vault: Vault;
  sandboxTier: SandboxTier;
  /** What the executors of this process do now. */
  sandboxStats(): SandboxStats;
  /** Readiness off, so that nobody sends more. */
  unready(): void;
}

/** Makes and starts the platform. What had started is stopped again when a later part fails. */
export async function createPlatform({ settings, databaseUrl, logger, masterKey, jwtSecret }: PlatformOptions): Promise<Platform> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const database = await Database.open({ url: databaseUrl, logger, poolSize: 12, platformPoolSize: 6, applicationName: `annex-${settings.role}` });
    undo.push(() => database.close());
    const clock = systemClock;
    const kills: { handle?: (report: KillReport) => void } = {};
    const sandbox = await createSandbox({
      hostMethods: [...sandboxHostMethods],
      isolation: settings.executorIsolation,
      logger,
      onKill: (report) => kills.handle?.(report),
    });
    undo.push(() => sandbox.stop());

    const vault = new Vault({ database, keyring: createKeyring({ current: asMasterKey(masterKey), old: settings.oldMasterKeys.map(asMasterKey) }), clock });
    await vault.start();
    undo.push(() => vault.stop());
    // Keys that a former master key wraps are wrapped anew, so that the former one can be given up after one start.
    if (settings.oldMasterKeys.length > 0) logger.info({ rewrapped: await vault.rewrap() }, 'data keys were wrapped with the current master key');
    const access = Access.create({ database, emit: emitEvent, clock, logger, jwtSecret, oidc: settings.oidc, baseDomain: settings.baseDomain });
    await access.start();
    undo.push(() => access.stop());
    const installations = new Installations({
      database,
      sandbox,
      vault,
      emit: emitEvent,
      enqueueRun,
      evict: (prefix) => sandbox.evict(prefix),
      clock,
      logger,
      limits: { ...defaultManifestLimits, minIntervalS: settings.minIntervalS },
    });
    undo.push(() => installations.stop());
    kills.handle = (report) => void installations.recordKill(report).catch((thrown: unknown) => logger.error({ err: thrown }, 'a kill could not be recorded'));

    const queue = createQueue(settings.redisUrl ? { backend: 'redis', url: settings.redisUrl, logger } : { backend: 'postgres', url: databaseUrl, logger });
    undo.push(() => queue.close());
    if (settings.redisUrl && settings.role !== 'api') await requireRedis(queue, settings.redisUrl);
    const execution = new Execution({
      database,
      sandbox,
      secrets: vault,
      createMasker,
      egress: createEgress({ allowPrivate: settings.egressAllowPrivate }),
      emit: emitEvent,
      startJob: (tx, { runId, installationId, job, payload, depth }) => startJob(tx, { runId, installation: installationId, job: job.name, payload, depth }),
      clock,
      logger,
    });
    const dispatcher = new Dispatcher({ database, queue, execute: execution, clock, logger, ownerId: newUuid() });
    await execution.start();
    undo.push(() => execution.stop());
    const runs = new Runs({ database, logger });
    await runs.start();
    undo.push(() => runs.stop());

    const tier = await sandboxTier();
    const health = createHealth({ database, sandbox, execution, logger });
    const events = new Events({ database });
    return { access, database, dispatcher, events, execution, runs, health, installations, logger, vault, sandboxTier: tier, sandboxStats: () => sandbox.stats(), unready: () => health.close(), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** Later Redis may come and go; a worker that cannot reach it when it starts was probably given the wrong address. */
async function requireRedis(queue: Queue, url: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await queue.ping();
    } catch (thrown) {
      if (Date.now() > deadline) throw new StartRefused(`REDIS_URL: Redis at ${new URL(url).host} cannot be used: ${messageOf(thrown)}. Check that it runs, and the password.`);
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}
