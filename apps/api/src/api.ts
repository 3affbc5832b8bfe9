import 'reflect-metadata';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import multipart from '@fastify/multipart';
import { Access } from '@annex/access';
import { TenantArchives } from '@annex/archives';
import { Events, Runs } from '@annex/runs';
import { Execution } from '@annex/execution';
import { Files } from '@annex/files';
import { Mailer } from '@annex/mail';
import { PackageCatalogue, TrustedKeys } from '@annex/catalogue';
import { Alerts, Mappings } from '@annex/mappings';
import { Installations, Quarantines } from '@annex/installations';
import { newId, tracing, type Logger, type Stoppable } from '@annex/kernel';
import { doorLimits, maxRequestBytes, restLimits, tenantLimits } from '@annex/limits';
import { Database } from '@annex/database';
import { Operations } from '@annex/operations';
import { SettingsTree, WatchReader } from '@annex/settings';
import { Notices } from '@annex/notices';
import { Sources, type Receiving } from '@annex/sources';
import { SavedViews } from '@annex/saved-views';
import { Spend } from '@annex/spend';
import { Tables } from '@annex/tables';
import { Vault } from '@annex/vault';
import { Agents, InboundHooks, Webhooks } from '@annex/webhooks';
import type { FastifyInstance } from 'fastify';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { addConsole } from './console/console.js';
import { controllers } from './controllers/controllers.js';
import { doorOf, HEALTH, type Health } from './controllers/health.controller.js';
import { PUBLIC_URL } from './controllers/portal.controller.js';
import { begunOf } from './ext/begun.js';
import { plausibleHost } from './ext/connection.js';
import { addExtDoor } from './ext/door.js';
import { standBefore } from './ext/fast-door.js';
import { InFlight } from './ext/in-flight.js';
import { addHooksDoor } from './ext/hooks-door.js';
import { allowApiOrigins } from './http/api-cors.js';
import { BodyMemory, BodyReader } from './http/body-reader.js';
import { CallBudget, EventBudget } from './http/call-budget.js';
import { admitBeforeBodies, CallerGuard } from './http/authentication.js';
import { CLOSING } from './http/closing.js';
import { limitConnections, type ConnectionLimits } from './http/connections.js';
import { apiErrors } from './http/errors.js';
import { waitWithContinue } from './http/expect-continue.js';
import { Fingerprints } from './http/fingerprints.js';
import { streamFileBodies } from './http/file-body.js';
import { parseJsonBodies } from './http/json-body.js';
import { KnownRoutes } from './http/known-routes.js';
import { IdempotencyInterceptor } from './http/idempotency.js';
import { ProblemFilter } from './http/problem-filter.js';
import { Problems } from './http/problem.js';
import { protocolErrors } from './http/protocol-errors.js';
import { Refusals } from './http/refusals.js';
import { traceRequests } from './http/traced-requests.js';
import { limitUploads } from './http/upload.js';
import { readEndpoints } from './http/endpoints.js';
import { invitationPage } from './pages/invitation.js';
import { addPage } from './pages/page.js';
import { passwordResetPage } from './pages/password-reset.js';
import { serveOpenApi } from './openapi/document.js';

/** What the API stands on. The program that starts it makes these and owns them. */
export interface ApiServices {
  access: Access;
  database: Database;
  events: Events;
  execution: Execution;
  files: Files;
  mail: Mailer;
  mappings: Mappings;
  catalogue: PackageCatalogue;
  trustedKeys: TrustedKeys;
  alerts: Alerts;
  health: Health;
  installations: Installations;
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
  operations: Operations;
  notices: Notices;
  spend: Spend;
  savedViews: SavedViews;
  quarantines: Quarantines;
  archives: TenantArchives;
  receiving: Receiving;
  /** Keys of what is kept to know a request again (Idempotency-Key): the present one first. */
  fingerprintKeys: readonly Buffer[];
}

export interface ApiOptions extends ConnectionLimits {
  port: number;
  host: string;
  /** Bytes of a request body to REST and `/ext`. Default 1 MiB; uploads have their own limit. */
  bodyLimit?: number;
  /** Bytes of a request body to `/ext`, where that is less. Default 1 MiB. */
  routeBodyLimit?: number;
  /**
   * Addresses (IP or CIDR) of proxies whose `X-Forwarded-*` say who calls, by which host and protocol. Default: none is
   * believed.
   */
  trustProxy?: readonly string[];
  /** Calls of one tenant's plugins under way at once. Default 200. */
  inFlightPerTenant?: number;
  /** Origins whose pages may call `/api`, as `CorsPolicy.origins`; `*` among them: all. Default: none. */
  corsOrigins?: readonly string[];
  /** Points a minute that one tenant's costly calls may use; 0: without limit. Default 12,000. */
  tenantCallPoints?: number;
  /** Points a minute that the large events of one tenant may use; 0: without limit. Default 12,000. */
  tenantEventPoints?: number;
  /** Bytes of bodies that may be in memory at once, in all. Default 256 MiB. */
  bodyMemoryBytes?: number;
  /** Origins whose pages may embed portals. Default: none. */
  portalOrigins?: readonly string[];
  /** Where people reach the server, for links; without a slash at its end. Default: links are paths. */
  publicUrl?: string | undefined;
  /** Folder of the built console. Default: none, and no page is served. */
  consoleDir?: string;
  /** Adds hooks of its own to the server before it has routes, as tests do. Default: none. */
  extend?: (server: FastifyInstance) => void;
  /** Answers warm calls before the framework sees them; `false`: every call goes the long way. Default true. */
  shortWay?: boolean;
}

export interface RunningApi extends Stoppable {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * Still answers everything, but asks callers to leave: each answer ends its connection, so that none is cut in the
   * middle of a request.
   */
  drain(): void;
}

const CLOSE_LIMIT_MS = 12_000;

@Module({})
class ApiModule {}

interface ModuleParts {
  closing: AbortSignal;
  routes: KnownRoutes;
  problems: Problems;
  publicUrl: string | undefined;
}

function apiModule(services: ApiServices, { closing, routes, problems, publicUrl }: ModuleParts): DynamicModule {
  return {
    module: ApiModule,
    controllers,
    providers: [
      { provide: Access, useValue: services.access },
      { provide: Database, useValue: services.database },
      { provide: Events, useValue: services.events },
      { provide: Runs, useValue: services.runs },
      { provide: Tables, useValue: services.tables },
      { provide: Execution, useValue: services.execution },
      { provide: Files, useValue: services.files },
      { provide: Mailer, useValue: services.mail },
      { provide: Mappings, useValue: services.mappings },
      { provide: Alerts, useValue: services.alerts },
      { provide: PackageCatalogue, useValue: services.catalogue },
      { provide: TrustedKeys, useValue: services.trustedKeys },
      { provide: Installations, useValue: services.installations },
      { provide: Vault, useValue: services.vault },
      { provide: Webhooks, useValue: services.webhooks },
      { provide: Agents, useValue: services.agents },
      { provide: InboundHooks, useValue: services.hooks },
      { provide: Sources, useValue: services.sources },
      { provide: SettingsTree, useValue: services.settingsTree },
      { provide: WatchReader, useValue: services.watches },
      { provide: Operations, useValue: services.operations },
      { provide: Notices, useValue: services.notices },
      { provide: Spend, useValue: services.spend },
      { provide: SavedViews, useValue: services.savedViews },
      { provide: TenantArchives, useValue: services.archives },
      { provide: Quarantines, useValue: services.quarantines },
      { provide: HEALTH, useValue: services.health },
      { provide: PUBLIC_URL, useValue: publicUrl },
      { provide: CLOSING, useValue: closing },
      { provide: APP_FILTER, useValue: new ProblemFilter(problems, routes) },
      { provide: APP_GUARD, useFactory: (reflector: Reflector) => new CallerGuard(reflector), inject: [Reflector] },
      {
        provide: APP_INTERCEPTOR,
        useFactory: (reflector: Reflector) =>
          new IdempotencyInterceptor(services.database, reflector, new Fingerprints(services.fingerprintKeys)),
        inject: [Reflector],
      },
    ],
  };
}

type AdapterOptions = ConstructorParameters<typeof FastifyAdapter>[0];

/** The limits of a door that anybody may knock at. */
function adapterOptions({
  bodyLimit,
  trustProxy,
  problems,
}: {
  bodyLimit: number;
  trustProxy: readonly string[];
  problems: Problems;
}): AdapterOptions {
  return {
    bodyLimit,
    genReqId: (request) => begunOf(request as IncomingMessage)?.requestId ?? newId('request'),
    requestIdHeader: false,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    forceCloseConnections: 'idle',
    // For the whole of a request, body included: whoever drips one in holds nothing for longer.
    requestTimeout: restLimits.requestMs,
    http: { headersTimeout: restLimits.headersMs, connectionsCheckingInterval: restLimits.headersMs / 4 },
    ...protocolErrors(problems),
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true },
  } as AdapterOptions;
}

function countAnswers(server: FastifyInstance, health: ApiServices['health']): void {
  if (!health.answered) return;
  server.addHook('onResponse', (request, reply, done) => {
    health.answered?.({
      door: doorOf(request.url),
      method: request.method,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    });
    done();
  });
}

/** Gives each answer its request's id, keeps caches off what is one tenant's, and refuses hosts that are none. */
function markAnswers(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    // Tokens, secrets and one tenant's data are nothing for caches; what may be kept says so itself.
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
    done(
      plausibleHost.test(request.host)
        ? undefined
        : apiErrors.error('BAD_REQUEST', 'The Host header is not a host name or address with an optional port.'),
    );
  });
}

function abortBeforeClose(server: FastifyInstance, closing: AbortController): void {
  server.addHook('preClose', (done) => {
    closing.abort();
    done();
  });
}

function rememberRoutes(server: FastifyInstance, routes: KnownRoutes, bodyLimit: number): void {
  server.addHook('onRoute', (route) => {
    routes.add(route);
    const { maxBodyBytes } = route.config ?? {};
    if (maxBodyBytes !== undefined) route.bodyLimit = Math.min(maxBodyBytes, bodyLimit);
  });
}

interface DoorOptions {
  problems: Problems;
  routeBodyLimit: number;
  hookBodyLimit: number;
  bodies: BodyReader;
  inFlight: InFlight;
  closing: AbortSignal;
}

/** The doors of plugins: `/ext` and `/hooks`. */
async function addDoors(server: FastifyInstance, services: ApiServices, options: DoorOptions): Promise<void> {
  const { problems, bodies, inFlight, closing } = options;
  await addExtDoor(server, {
    access: services.access,
    execution: services.execution,
    readSecret: async (tenantId, installationId, name) =>
      (await services.vault.readForRun(tenantId, installationId, [name])).get(name),
    readFile: (tenantId, releaseId, path) => services.installations.files(tenantId, releaseId, path),
    problems,
    bodyLimit: options.routeBodyLimit,
    bodies,
    inFlight,
    closing,
  });
  await addHooksDoor(server, {
    access: services.access,
    hooks: services.hooks,
    receiving: services.receiving,
    problems,
    bodyLimit: options.hookBodyLimit,
    bodies,
  });
}

/** Counts each answer, and marks it as what it is. */
function watchAnswers(server: FastifyInstance, health: ApiServices['health']): void {
  countAnswers(server, health);
  markAnswers(server);
}

/** Bodies that are files: forms, and streams of bytes. */
async function takeFiles(server: FastifyInstance): Promise<void> {
  await server.register(multipart);
  streamFileBodies(server);
}

/** What people and programs read: pages that mails lead to, and the description of the API. */
function addPages(app: NestFastifyApplication, server: FastifyInstance): void {
  for (const page of [invitationPage, passwordResetPage]) addPage(server, page);
  serveOpenApi(app);
}

/** Makes the application without listening, so that tests and the OpenAPI check can have it too. */
export async function createApi(
  services: ApiServices,
  {
    bodyLimit = maxRequestBytes,
    routeBodyLimit = maxRequestBytes,
    inFlightPerTenant = tenantLimits.routeCallsInFlight,
    trustProxy = [],
    corsOrigins = [],
    bodyMemoryBytes,
    tenantCallPoints,
    tenantEventPoints,
    consoleDir,
    portalOrigins = [],
    publicUrl,
    extend,
    shortWay = true,
    connections = doorLimits.connections,
    connectionsPerAddress = doorLimits.connectionsPerAddress,
  }: Partial<ApiOptions> = {},
): Promise<NestFastifyApplication> {
  const closing = new AbortController();
  const routes = new KnownRoutes();
  const problems = new Problems(services.logger, new Refusals());
  const app = await NestFactory.create<NestFastifyApplication>(
    apiModule(services, { closing: closing.signal, routes, problems, publicUrl }),
    new FastifyAdapter(adapterOptions({ bodyLimit, trustProxy, problems })),
    { logger: false, bodyParser: false },
  );
  const server = app.getHttpAdapter().getInstance();
  const memory = new BodyMemory(bodyMemoryBytes);
  const bodies = new BodyReader(memory);
  limitConnections(server.server as Server, { connections, connectionsPerAddress }, trustProxy);
  waitWithContinue(server.server as Server);
  const budgets = { calls: new CallBudget(tenantCallPoints), events: new EventBudget(tenantEventPoints) };
  parseJsonBodies(server, bodies, budgets);
  await takeFiles(server);
  traceRequests(server);
  extend?.(server);
  rememberRoutes(server, routes, bodyLimit);
  abortBeforeClose(server, closing);
  watchAnswers(server, services.health);
  if (consoleDir !== undefined) await addConsole(server, { folder: consoleDir, problems, portalOrigins });
  allowApiOrigins(server, corsOrigins);
  admitBeforeBodies(server, { access: services.access, routes, budgets });
  limitUploads(server, memory);
  const inFlight = new InFlight(inFlightPerTenant);
  await addDoors(server, services, {
    problems,
    routeBodyLimit: Math.min(bodyLimit, routeBodyLimit),
    hookBodyLimit: Math.min(bodyLimit, maxRequestBytes),
    bodies,
    inFlight,
    closing: closing.signal,
  });
  addPages(app, server);
  await app.init();
  readEndpoints(app);
  await server.ready();
  // The long way is the one that is traced.
  if (shortWay && tracing() === undefined)
    standBefore(server.server as Server, {
      access: services.access,
      execution: services.execution,
      inFlight,
      answered: services.health.answered?.bind(services.health),
      hasProxies: trustProxy.length > 0,
      closing: closing.signal,
    });
  return app;
}

/** Starts the API. Rejects when the port is taken. */
export async function startApi(services: ApiServices, options: ApiOptions): Promise<RunningApi> {
  const app = await createApi(services, options);
  try {
    await app.listen(options.port, options.host);
  } catch (thrown) {
    await app.close();
    throw thrown;
  }
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  let stopping: Promise<void> | undefined;
  return {
    url,
    drain: () =>
      void app
        .getHttpServer()
        .prependListener(
          'request',
          (_request: IncomingMessage, response: ServerResponse) => void response.setHeader('connection', 'close'),
        ),
    stop: () => (stopping ??= close(app)),
  };
}

/** Closes when the calls under way have ended; one that does not end, because its caller does not read, is cut off. */
async function close(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await app.close().finally(() => clearTimeout(limit));
}
