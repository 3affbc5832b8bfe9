/** Every fault that the suite knows. Each begins, lasts, and ends with everything it touched whole again. */
import { failpoints, type Failpoint } from '@annex/kernel';
import { killQuietly } from '../support/deployment.js';
import type { Cluster, ClusterNode } from './cluster.js';
import { pick } from './seeded.js';

export interface FaultContext {
  cluster: Cluster;
  random: () => number;
  /** Runs that are under way, as PostgreSQL knows them. */
  held(): Promise<{ id: string; claims: number }[]>;
  /** Resolves when none of these claims holds any more. */
  released(held: readonly { id: string; claims: number }[]): Promise<void>;
  /** Asks for a job that kills its executor. */
  poison(): Promise<void>;
  /** Another process of the cluster shall be left alone until this one is whole again; answers its own undo. */
  over: AbortSignal;
}

/** Two lanes of faults go on side by side: one hits processes, one hits what stands between them. */
export type FaultLane = 'processes' | 'links';

export interface FaultKind {
  name: string;
  lane: FaultLane;
  /** How often it stands in one round. Default 1. */
  times?: number;
  /** One of many of a kind: the two backends share them in one round, and swap in the next. */
  turn?: number;
  /** Only with this backend. */
  backend?: 'redis' | 'postgres';
  /** Answers `false` when it came to nothing. */
  inject(context: FaultContext): Promise<boolean | void>;
}

const seconds = (s: number): Promise<void> => new Promise((done) => setTimeout(done, s * 1000));

/** Ends a process and waits until the next one is up. */
async function kill(node: ClusterNode): Promise<void> {
  await node.end('SIGKILL');
  await node.up();
}

/** Kills a process where it gets to a failpoint; comes to nothing when it does not get there in time. */
async function killAt(name: Failpoint, { cluster, random, over }: FaultContext): Promise<boolean> {
  const isApis = name.startsWith('emit.') || name.startsWith('request.');
  const node = pick(isApis ? cluster.apis : cluster.workers, random);
  const process = await node.up();
  const reached = node.reaches(name);
  node.order({ at: name, do: 'kill' });
  // Nobody takes runs back unless somebody lost them.
  if (name === 'reconcile.expired') {
    for (const other of cluster.workers) if (other !== node) await other.end('SIGKILL');
  }
  const inTime = await Promise.race([
    reached,
    seconds(60).then(() => false),
    new Promise<false>((done) => over.addEventListener('abort', () => done(false))),
  ]);
  if (!inTime) {
    node.order({ at: name, do: 'pass' });
    return false;
  }
  await process.ended;
  await Promise.all(cluster.nodes.map((one) => one.up()));
  return true;
}

/**
 * Stands still until others have taken over what was under way, then goes on as if nothing had happened: its late ends
 * must not count.
 */
async function freeze(node: ClusterNode, { held, released }: FaultContext): Promise<void> {
  const process = await node.up();
  const before = await held();
  process.signal('SIGSTOP');
  try {
    // What it held it loses within a lease and a round of the reconciler; others may have to wait for PostgreSQL.
    await Promise.all([seconds(15), Promise.race([released(before), seconds(40)])]);
  } finally {
    process.signal('SIGCONT');
  }
}

const linksOf = (node: ClusterNode): ClusterNode['postgres'][] => [...new Set([node.postgres, node.queue])];

export const faultKinds: readonly FaultKind[] = [
  {
    name: 'a worker is killed',
    lane: 'processes',
    inject: ({ cluster, random }) => kill(pick(cluster.workers, random)),
  },
  { name: 'an api is killed', lane: 'processes', inject: ({ cluster, random }) => kill(pick(cluster.apis, random)) },
  {
    name: 'executors are killed',
    lane: 'processes',
    times: 3,
    async inject({ cluster, random }) {
      const pids = cluster.workers.flatMap(({ process }) => process?.executors() ?? []);
      for (const pid of pids) if (random() < 0.7) killQuietly(pid);
      await seconds(1);
    },
  },
  // Those of agents and sources have suites of their own: nothing here gets there.
  ...failpoints
    .filter((name) => !/^(agent|source)\./.test(name))
    .map((name, turn): FaultKind => ({
      name: `a process is killed at ${name}`,
      lane: 'processes',
      turn,
      inject: (context) => killAt(name, context),
    })),
  {
    name: 'a worker stands still past its leases',
    lane: 'processes',
    inject: (context) => freeze(pick(context.cluster.workers, context.random), context),
  },
  {
    name: 'an api stands still',
    lane: 'processes',
    async inject({ cluster, random }) {
      const process = await pick(cluster.apis, random).up();
      process.signal('SIGSTOP');
      await seconds(3);
      process.signal('SIGCONT');
    },
  },
  {
    name: 'an event loop is blocked',
    lane: 'processes',
    async inject({ cluster, random }) {
      const node = pick(cluster.nodes, random);
      await node.up();
      node.order({ do: 'block', ms: 2500 });
      await seconds(3);
    },
  },
  {
    name: 'a job kills its executor',
    lane: 'processes',
    times: 2,
    inject: ({ poison }) => poison(),
  },
  {
    name: 'every process is replaced in turn',
    lane: 'processes',
    async inject({ cluster }) {
      for (const node of cluster.nodes) {
        await node.end('SIGTERM');
        await node.up();
      }
    },
  },

  {
    name: 'PostgreSQL crashes',
    lane: 'links',
    times: 3,
    inject: ({ cluster }) => cluster.deployment.restartPostgres(),
  },
  ...[5, 30].map((s): FaultKind => ({
    name: `PostgreSQL is away for ${s} s`,
    lane: 'links',
    async inject({ cluster, over }) {
      await cluster.deployment.crashPostgres();
      await Promise.race([seconds(s), new Promise((done) => over.addEventListener('abort', done))]);
      await cluster.deployment.startPostgres();
    },
  })),
  {
    name: 'Redis crashes',
    lane: 'links',
    backend: 'redis',
    times: 2,
    inject: ({ cluster }) => cluster.deployment.restartRedis(),
  },
  {
    name: 'Redis is away for 5 s',
    lane: 'links',
    backend: 'redis',
    async inject({ cluster }) {
      await cluster.deployment.killRedis();
      await seconds(5);
      await cluster.deployment.startRedis();
    },
  },
  {
    name: 'Redis forgets everything',
    lane: 'links',
    backend: 'redis',
    times: 3,
    inject: ({ cluster }) => cluster.deployment.flushRedis(),
  },
  {
    name: 'the queue forgets everything',
    lane: 'links',
    backend: 'postgres',
    times: 3,
    inject: async ({ cluster }) => void (await cluster.deployment.sql('delete from bullmq.job')),
  },
  {
    name: 'half-open connections',
    lane: 'links',
    async inject({ cluster, random }) {
      const links = linksOf(pick(cluster.nodes, random));
      const swallowed = random() < 0.5 ? links : [pick(links, random)];
      for (const link of swallowed) link.swallow();
      await seconds(20);
      for (const link of swallowed) link.heal();
    },
  },
  {
    name: 'a partition',
    lane: 'links',
    times: 2,
    async inject({ cluster, random }) {
      const links = linksOf(pick(cluster.nodes, random));
      for (const link of links) link.swallow({ newOnes: true });
      await seconds(6);
      for (const link of links) link.heal();
    },
  },
  {
    name: 'connections are cut off',
    lane: 'links',
    times: 2,
    async inject({ cluster, random }) {
      const links = linksOf(pick(cluster.nodes, random));
      for (const link of links) await link.cut();
      await seconds(1);
      for (const link of links) await link.restore();
    },
  },
  ...[{ delayMs: 200 }, { bytesPerSecond: 64 * 1024 }].map((how): FaultKind => ({
    name: `a link of ${'delayMs' in how ? '200 ms' : '64 kB/s'}`,
    lane: 'links',
    times: 2,
    async inject({ cluster, random }) {
      const links = linksOf(pick(cluster.nodes, random));
      for (const link of links) link.slow(how);
      await seconds(5);
      for (const link of links) link.slow();
    },
  })),
];
