/**
 * Two apis and two workers (or as many as asked for) as an operator runs them: each behind links of its own to
 * PostgreSQL and Redis, each started again when it ends, as a service manager does.
 */
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Failpoint } from '@annex/kernel';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import type { Order, Patch, Told } from './agent.js';
import { untested } from './mutants.js';
import { requirePatches } from './patches.js';

const agent = fileURLToPath(new URL('./agent.ts', import.meta.url));

export interface ClusterNode {
  name: string;
  role: 'api' | 'worker';
  /** Where an api listens, the same at each start. */
  url: string;
  postgres: TcpProxy;
  /** Where its tickets come from: Redis, or PostgreSQL once more. */
  queue: TcpProxy;
  /** The process that is up now. */
  process: AnnexProcess | undefined;
  /** Resolves with the process when one is up. */
  up(): Promise<AnnexProcess>;
  /** Ends it with a signal; resolves when it has ended. It is started again by itself. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Asks the process that is up for something (see agent.ts). */
  order(order: Order): void;
  /**
   * Resolves when the process that is up gets to a failpoint at which something was asked for, with `false` when it
   * ends before.
   */
  reaches(name: Failpoint): Promise<boolean>;
  /** From its next start on. Throws when one of them finds nothing to replace. */
  patchWith(patches: readonly Patch[]): void;
}

export interface ClusterOptions {
  redis: boolean;
  apis?: number;
  workers?: number;
  environment?: Record<string, string>;
  /** Replaced in every process. */
  patches?: readonly Patch[];
  /** Told of starts and ends, for the course of events. */
  tell?: (what: string) => void;
}

export interface Cluster {
  deployment: Deployment;
  apis: ClusterNode[];
  workers: ClusterNode[];
  nodes: ClusterNode[];
  /** The last words of each process that ended, for a test that fails. */
  lastWords(): string;
  stop(): Promise<void>;
}

/** What the nodes of one cluster share. */
interface Shared {
  deployment: Deployment;
  environment: Record<string, string>;
  patches: readonly Patch[];
  tell: (what: string) => void;
  undo: (() => Promise<void>)[];
  ended: { name: string; log: string }[];
  isStopping(): boolean;
}

/** What changes about a node from one of its processes to the next. */
interface Life {
  isUp: PromiseWithResolvers<AnnexProcess>;
  patches: readonly Patch[];
  /** Tells those who wait for a failpoint whether it was reached. */
  settle(isReached: boolean, which: (at: string) => boolean): void;
}

/** A node with links of its own, which is started again whenever it ends. */
async function makeNode(shared: Shared, role: 'api' | 'worker', name: string): Promise<ClusterNode> {
  const { deployment, undo } = shared;
  const postgres = await openTcpProxy(deployment.databaseUrl);
  const queue = deployment.redisUrl === undefined ? postgres : await openTcpProxy(deployment.redisUrl);
  undo.push(postgres.close, queue.close);
  const port = await freePort();
  const life: Life = { isUp: Promise.withResolvers(), patches: shared.patches, settle: () => undefined };
  const waiting = new Map<string, ((isReached: boolean) => void)[]>();
  life.settle = (isReached, which) => {
    for (const [at, all] of waiting) if (which(at)) for (const done of all.splice(0)) done(isReached);
  };
  const settings = (): Record<string, string> => ({
    ...shared.environment,
    DATABASE_URL: postgres.url,
    ...(deployment.redisUrl !== undefined && { REDIS_URL: queue.url }),
    PORT: String(port),
    FAULTS_PATCHES: JSON.stringify([...untested, ...life.patches]),
  });
  const node: ClusterNode = {
    name,
    role,
    url: `http://127.0.0.1:${port}`,
    postgres,
    queue,
    process: undefined,
    up: () => life.isUp.promise,
    async end(signal) {
      const process = await life.isUp.promise;
      process.signal(signal);
      return process.ended;
    },
    order: (order) => node.process?.tell(order),
    reaches: (at) => new Promise((done) => waiting.set(at, [...(waiting.get(at) ?? []), done])),
    patchWith(next) {
      requirePatches(next);
      life.patches = next;
    },
  };
  const kept = keep(shared, node, life, settings);
  undo.push(() => kept);
  return node;
}

/** Starts a node's process again and again, until the cluster stops. */
async function keep(
  shared: Shared,
  node: ClusterNode,
  life: Life,
  settings: () => Record<string, string>,
): Promise<void> {
  const { name } = node;
  while (!shared.isStopping()) {
    try {
      const pending = new Set(life.patches.map(({ module, from }) => `${module} ${from}`));
      const process = await shared.deployment.start(node.role, {
        environment: settings(),
        preload: agent,
        onMessage(message) {
          const told = message as Told;
          if ('reached' in told) life.settle(true, (at) => at === told.reached);
          else pending.delete(`${told.patched.module} ${told.patched.from}`);
        },
      });
      for (let tries = 0; pending.size > 0 && tries < 50; tries += 1)
        await new Promise((done) => setTimeout(done, 100));
      if (pending.size > 0) {
        // It will not be there at the next start either: whoever waits for the node hears of it.
        life.isUp.promise.catch(() => undefined);
        life.isUp.reject(new Error(`${name} does not load what is to be replaced: ${[...pending].join(', ')}`));
        process.signal('SIGKILL');
        return;
      }
      node.process = process;
      life.isUp.resolve(process);
      shared.tell(`${name} is up`);
      const how = await process.ended;
      shared.ended.push({ name, log: process.log() });
      shared.tell(`${name} ended with ${how.code ?? how.signal ?? ''}`);
    } catch (thrown) {
      shared.ended.push({ name, log: String(thrown) });
      shared.tell(`${name} could not be started`);
      await new Promise((done) => setTimeout(done, 500));
    }
    if (node.process) life.isUp = Promise.withResolvers();
    node.process = undefined;
    life.settle(false, () => true);
  }
}

export async function startCluster({
  redis,
  apis = 2,
  workers = 2,
  environment = {},
  patches = [],
  tell = () => undefined,
}: ClusterOptions): Promise<Cluster> {
  requirePatches([...untested, ...patches]);
  const deployment = await startDeployment({ redis });
  const undo: (() => Promise<void>)[] = [];
  const ended: { name: string; log: string }[] = [];
  let isStopping = false;

  const shared: Shared = { deployment, environment, patches, tell, undo, ended, isStopping: () => isStopping };
  const make = (role: 'api' | 'worker', count: number): Promise<ClusterNode[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => makeNode(shared, role, `${role} ${index + 1}`)));
  const [allApis, allWorkers] = await Promise.all([make('api', apis), make('worker', workers)]);
  const nodes = [...allApis, ...allWorkers];
  const stop = async (): Promise<void> => {
    isStopping = true;
    await deployment.stop();
    for (const step of undo.splice(0)) await step();
  };
  try {
    await Promise.all(nodes.map((node) => node.up()));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    deployment,
    apis: allApis,
    workers: allWorkers,
    nodes,
    lastWords: () =>
      [...ended, ...nodes.map(({ name, process }) => ({ name, log: process?.log() ?? '' }))]
        .map(({ name, log }) => `--- ${name}\n${log.slice(-3000)}`)
        .join('\n'),
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
