/**
 * A small cluster with the workload on it, for scenarios that make one fault at one moment and look at what follows.
 */
import { install } from '../support/deployment.js';
import { makeClient, until, type Client } from '../support/annex.js';
import type { Patch } from './agent.js';
import { judge, type Fault, type Operation, type Verdict } from './checker.js';
import { startCluster, type Cluster } from './cluster.js';
import { readEffects, readRuns, readTicks, untilSettled } from './history.js';
import { openSink, type Sink } from './sink.js';
import { handlers, stages, workload } from './workload.js';

export interface BedOptions {
  backend: 'redis' | 'postgres';
  workers: number;
  ticks?: boolean;
  /** What is replaced in every process from its first start on. */
  patches?: readonly Patch[];
}

export interface Bed {
  cluster: Cluster;
  sink: Sink;
  client: Client;
  slug: string;
  /** Sends an event whose handler works for `ms` milliseconds; resolves when it is acknowledged. */
  ask(key: string, ms?: number): Promise<void>;
  /** Asks for the job under an Idempotency-Key, again and again until it is acknowledged. */
  askJob(key: string): Promise<void>;
  /** Resolves when a piece of work has been done to its end. */
  done(key: string): Promise<void>;
  /** Names a fault for the judgement: from now until its answer is called. */
  fault(name: string): () => void;
  /** Waits until everything has ended or nothing has moved for `patienceMs`, and judges. */
  settle(patienceMs: number): Promise<Verdict>;
  ticks(): ReturnType<typeof readTicks>;
}

/** Starts a cluster and plays on it; `makeBed` gives a tenant with the workload, as many as asked for. */
export async function withCluster<T>(
  { backend, workers, ticks = false, patches = [] }: BedOptions,
  play: (cluster: Cluster, makeBed: () => Promise<Bed>) => Promise<T>,
): Promise<T> {
  const sinks: Sink[] = [];
  const course: string[] = [];
  const cluster = await startCluster({
    redis: backend === 'redis',
    apis: 1,
    workers,
    patches,
    environment: { ANNEX_EGRESS_ALLOW_PRIVATE: '127.0.0.0/8' },
    tell: (what) => void course.push(`${new Date().toISOString()} ${what}`),
  });
  try {
    return await play(cluster, async () => {
      const sink = await openSink();
      sinks.push(sink);
      return makeBed(cluster, sink, ticks);
    });
  } catch (thrown) {
    process.stderr.write(`${course.join('\n')}\n${cluster.lastWords()}\n`);
    throw thrown;
  } finally {
    await cluster.stop();
    for (const sink of sinks) await sink.close();
  }
}

async function makeBed(cluster: Cluster, sink: Sink, ticks: boolean): Promise<Bed> {
  const { sql } = cluster.deployment;
  const [api] = cluster.apis;
  if (api === undefined) throw new Error('there is no api');
  const tenant = await cluster.deployment.makeTenant(await api.up());
  const client = makeClient(api.url, tenant.client(await api.up()).token, tenant.slug);
  await install(client, workload(sink, { ticks }));
  const operations: Operation[] = [];
  const faults: Fault[] = [];
  const begin = (key: string, kind: Operation['kind']): Operation => {
    const operation: Operation = { key, kind, isAcknowledged: false };
    operations.push(operation);
    return operation;
  };
  return {
    cluster,
    sink,
    client,
    slug: tenant.slug,
    async ask(key, ms = 50) {
      const operation = begin(key, 'event');
      const answer = await client.post('/api/events', { id: key, type: 'work.asked', data: { key, ms } });
      if (answer.status !== 202) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`);
      operation.isAcknowledged = true;
    },
    async askJob(key) {
      const operation = begin(key, 'job');
      const post = (): Promise<number> =>
        client
          .post('/api/plugins/work/jobs/chore/run-now', { payload: { key, ms: 50 } }, { 'idempotency-key': key })
          .then(
            ({ status }) => status,
            () => 0,
          );
      await until(post, (status) => status === 202);
      operation.isAcknowledged = true;
    },
    done: async (key) => void (await until(async () => sink.seen('follow').has(key), Boolean)),
    fault(name) {
      const fault: Fault = { name, fromMs: Date.now(), toMs: Infinity };
      faults.push(fault);
      return () => {
        fault.toMs = Date.now();
      };
    },
    async settle(patienceMs) {
      await untilSettled(sql, [tenant.slug], patienceMs);
      return judge({
        operations,
        effects: await readEffects(sql, [tenant.slug]),
        sends: sink.sends,
        stages,
        runs: await readRuns(sql, [tenant.slug], handlers),
        faults,
      });
    },
    ticks: () => readTicks(sql, [tenant.slug]),
  };
}
