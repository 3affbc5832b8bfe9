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

  const makeNode = async (role: 'api' | 'worker', name: string): Promise<ClusterNode> => {
    const postgres = await openTcpProxy(deployment.databaseUrl);
    const queue = deployment.redisUrl === undefined ? postgres : await openTcpProxy(deployment.redisUrl);
    undo.push(postgres.close, queue.close);
    const port = await freePort();
    let isUp = Promise.withResolvers<AnnexProcess>();
    let ownPatches = patches;
    const pending = new Set<string>();
    const waiting = new Map<string, ((isReached: boolean) => void)[]>();
    const settle = (isReached: boolean, which: (at: string) => boolean): void => {
      for (const [at, all] of waiting) if (which(at)) for (const done of all.splice(0)) done(isReached);
    };
    const settings = (): Record<string, string> => ({
      ...environment,
      DATABASE_URL: postgres.url,
      ...(deployment.redisUrl !== undefined && { REDIS_URL: queue.url }),
      PORT: String(port),
      FAULTS_PATCHES: JSON.stringify([...untested, ...ownPatches]),
    });
    const node: ClusterNode = {
      name,
      role,
      url: `http://127.0.0.1:${port}`,
      postgres,
      queue,
      process: undefined,
      up: () => isUp.promise,
      async end(signal) {
        const process = await isUp.promise;
        process.signal(signal);
        return process.ended;
      },
      order: (order) => node.process?.tell(order),
      reaches: (at) => new Promise((done) => waiting.set(at, [...(waiting.get(at) ?? []), done])),
      patchWith(next) {
        requirePatches(next);
        ownPatches = next;
      },
    };
    const keep = async (): Promise<void> => {
      while (!isStopping) {
        try {
          for (const { module, from } of ownPatches) pending.add(`${module} ${from}`);
          const process = await deployment.start(role, {
            environment: settings(),
            preload: agent,
            onMessage(message) {
              const told = message as Told;
              if ('reached' in told) settle(true, (at) => at === told.reached);
              else pending.delete(`${told.patched.module} ${told.patched.from}`);
            },
          });
          for (let tries = 0; pending.size > 0 && tries < 50; tries += 1)
            await new Promise((done) => setTimeout(done, 100));
          if (pending.size > 0) {
            // It will not be there at the next start either: whoever waits for the node hears of it.
            isUp.promise.catch(() => undefined);
            isUp.reject(new Error(`${name} does not load what is to be replaced: ${[...pending].join(', ')}`));
            process.signal('SIGKILL');
            return;
          }
          node.process = process;
          isUp.resolve(process);
          tell(`${name} is up`);
          const how = await process.ended;
          ended.push({ name, log: process.log() });
          tell(`${name} ended with ${how.code ?? how.signal ?? ''}`);
        } catch (thrown) {
          ended.push({ name, log: String(thrown) });
          tell(`${name} could not be started`);
          await new Promise((done) => setTimeout(done, 500));
        }
        if (node.process) isUp = Promise.withResolvers();
        node.process = undefined;
        settle(false, () => true);
      }
    };
    const kept = keep();
    undo.push(() => kept);
    return node;
  };
  const make = (role: 'api' | 'worker', count: number): Promise<ClusterNode[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => makeNode(role, `${role} ${index + 1}`)));
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
