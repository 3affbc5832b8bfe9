/**
 * Starts everything in the order in which it leans on each other, and stops it the other way round: folder, PostgreSQL,
 * schema, platform, API, worker, and in development the demo tenant.
 */
import { setTracer, tracing, type Stoppable } from '@annex/kernel';
import { writeMailbox } from '@annex/mail';
import { findEmbeddedCluster } from '@annex/database';
import { pino, type Logger } from 'pino';
import type { Settings } from './config.js';
import { takeDataFolder } from './data-folder.js';
import { migrateDatabase, openDatabase } from './database.js';
import { ensureDemo, hasDemo } from './demo.js';
import { listenForHealth } from './health-listener.js';
import { keptSecret, requireKeptKey } from './keys.js';
import { printPanel } from './panel.js';
import { apiOptions } from './api-options.js';
import { createPlatform, type Platform } from './platform.js';
import { requireFreePort } from './free-port.js';
import { StartRefused } from './start-refused.js';
import type { Undo } from './undo.js';

export interface RunningAnnex extends Stoppable {
  /** Where the API listens; `undefined` in the worker's role. */
  readonly url: string | undefined;
  /** Resolves with a sentence when something Annex cannot live without ended by itself. */
  readonly lost: Promise<string>;
}

/**
 * How long callers and load balancers have to see `/readyz` turn and go elsewhere before the port is closed, in
 * milliseconds; production only.
 */
const LEAVE_MS = 3000;

/**
 * What a log line says of an error; what else hangs on it (a whole connection, say) would fill the log and tell too
 * much.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...('code' in error && { code: error.code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}

/** Whether only this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Which trace a line belongs to, by the names that log collectors know. */
export function traceIds(): object {
  const [, trace, span] = tracing()?.active()?.traceparent.split('-') ?? [];
  return trace === undefined ? {} : { trace_id: trace, span_id: span };
}

/** Sends traces where the settings say so; the SDK is loaded only then. */
async function startTraces({ otlpEndpoint, role }: Settings, undo: Undo): Promise<void> {
  if (otlpEndpoint === undefined) return;
  const { startOpenTelemetry } = await import('./open-telemetry.js');
  const tracer = startOpenTelemetry({ endpoint: otlpEndpoint, role });
  const unset = setTracer(tracer);
  undo.push(() => {
    unset();
    return tracer.stop();
  });
}

/** Answers until everything else has stopped, so that a drain is seen. */
async function answerHealth({ metricsPort = 0, host }: Settings, platform: Platform, undo: Undo): Promise<void> {
  const { health, logger } = platform;
  const listener = await listenForHealth({ health, port: metricsPort, host, logger });
  undo.unshift(() => listener.stop());
  logger.info({ url: listener.url }, 'health and metrics');
}

function createLogger(settings: Settings): Logger {
  return pino(
    {
      level: settings.logLevel,
      base: { role: settings.role },
      serializers: { err: describeError },
      ...(settings.otlpEndpoint !== undefined && { mixin: traceIds }),
    },
    pino.destination({ fd: 2, sync: false }),
  );
}

/** Brings the operator's database up to date, and nothing else. */
export async function migrate(settings: Settings): Promise<void> {
  const logger = createLogger(settings);
  await migrateDatabase(settings, logger);
  logger.flush();
}

/** Undoes a start step by step; a step that fails keeps no other from being taken. */
async function undoCalmly(undo: Undo, logger: Logger): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (thrown) {
      logger.error({ err: thrown }, 'a part did not stop cleanly');
    }
  }
}

/** Takes the data folder, where something is kept in it. */
async function takeFolder(settings: Settings, undo: Undo): Promise<void> {
  const isEmbedded = settings.databaseUrl === undefined && settings.databaseLogins === undefined;
  const home = isEmbedded ? await findEmbeddedCluster(settings.dataDir) : undefined;
  if (home !== undefined && settings.masterKey === undefined) requireKeptKey(settings.dataDir, home);
  if (isEmbedded || !settings.production) undo.push(takeDataFolder(settings.dataDir, settings.role));
}

/** Everybody knows the demo tenant's password. */
function refuseOpenDemo({ host, dataDir }: Settings): void {
  if (isLoopback(host) || !hasDemo(dataDir)) return;
  throw new StartRefused(
    `HOST: ${host} would show the demo tenant, whose password everybody knows, to others. ` +
      'Keep 127.0.0.1, name another ANNEX_DATA_DIR, or set NODE_ENV=production.',
  );
}

/** Makes the demo tenant where only this machine reaches it, opens the platform and prints what to do with it. */
async function showDemo({
  settings,
  platform,
  url,
  open,
}: {
  settings: Settings;
  platform: Platform;
  url: string | undefined;
  open: () => void;
}): Promise<void> {
  if (!isLoopback(settings.host)) {
    platform.logger.warn(
      { host: settings.host },
      'no demo tenant is made: everybody knows its password, and HOST is not the loopback address',
    );
    return;
  }
  const demo = await ensureDemo({ platform, dataDir: settings.dataDir });
  open();
  if (url) printPanel({ url, demo, tier: platform.sandboxTier, keepsMail: settings.smtpUrl === undefined });
}

/** Starts Annex. Whatever had started is stopped again when a later step fails. */
export async function startAnnex(settings: Settings): Promise<RunningAnnex> {
  const logger = createLogger(settings);
  const undo: Undo = [];
  const stop = async () => {
    await undoCalmly(undo, logger);
    logger.flush();
  };
  const servesHttp = settings.role !== 'worker';
  const withDemo = !settings.production && settings.role === 'all';
  try {
    await startTraces(settings, undo);
    if (servesHttp) await requireFreePort(settings.port, settings.host);
    await takeFolder(settings, undo);
    const masterKey = settings.masterKey ?? Buffer.from(keptSecret(settings.dataDir, 'master-key'), 'hex');
    const database = await openDatabase(settings, masterKey, logger);
    undo.push(() => database.stop());
    if (withDemo) refuseOpenDemo(settings);
    const platform = await createPlatform({
      settings,
      logins: database.logins,
      listenUrl: database.listenUrl,
      logger,
      masterKey,
      jwtSecret: settings.jwtSecret ?? keptSecret(settings.dataDir, 'jwt-secret'),
    });
    undo.push(() => platform.stop());
    if (settings.smtpUrl !== undefined && !settings.mailFromGiven)
      logger.warn(
        { from: writeMailbox(settings.mailFrom) },
        'MAIL_FROM is not set: mail goes out in this name, which most mail servers refuse',
      );
    if (settings.admin) await platform.access.operators.ensure(settings.admin);

    // The callers and the background runs end side by side: both may need most of the time that a stop has.
    const serving: Stoppable[] = [];
    undo.push(async () => void (await Promise.all(serving.map((part) => part.stop()))));
    // Only what the role needs is loaded: a worker is up sooner, and smaller, without the framework of the API.
    if (settings.role !== 'api') {
      const { startWorker } = await import('@annex-app/worker');
      serving.push(await startWorker(platform));
    }
    if (settings.metricsPort !== undefined) await answerHealth(settings, platform, undo);
    const open = platform.holdReadiness();
    let url: string | undefined;
    if (servesHttp) {
      const { startApi } = await import('@annex-app/api');
      const api = await startApi(platform, apiOptions(settings));
      serving.push(api);
      undo.push(async () => {
        platform.unready();
        api.drain();
        if (settings.production) await new Promise((done) => setTimeout(done, LEAVE_MS));
      });
      url = api.url;
      platform.listensOn(api.url);
    }
    const { pluginsFile } = platform;
    if (pluginsFile && servesHttp) {
      // Those that can be asked keep to it: a worker has no numbers that anybody sees.
      await pluginsFile.look();
      pluginsFile.start();
      undo.push(() => pluginsFile.stop());
    }
    if (withDemo) await showDemo({ settings, platform, url, open });
    open();
    logger.info({ url, role: settings.role, sandbox: platform.sandboxTier }, 'ready');
    let stopping: Promise<void> | undefined;
    return { url, lost: database.lost, stop: () => (stopping ??= stop()) };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
