/** What is done to Annex itself while its sources give events; what is done to the origins is theirs (`origins.ts`). */
import type { Failpoint } from '@annex/kernel';
import type { Cluster, ClusterNode } from './cluster.js';
import { pause, stand } from './origins.js';
import { pick } from './seeded.js';

/** Answers `false` when it came to nothing. */
export type Inject = (cluster: Cluster, random: () => number) => Promise<boolean | void>;

async function kill(nodes: readonly ClusterNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.end('SIGKILL')));
  await Promise.all(nodes.map((node) => node.up()));
}

/** Kills whichever of them gets to a failpoint first. */
export async function killAt(nodes: readonly ClusterNode[], at: Failpoint, withinMs = 20_000): Promise<boolean> {
  const late = new Promise<undefined>((done) => setTimeout(done, withinMs, undefined));
  await Promise.all(nodes.map((node) => node.up()));
  const reached = nodes.map(async (node) => {
    const isReached = node.reaches(at);
    const process = node.process;
    node.order({ at, do: 'kill' });
    return (await isReached) && process ? process : new Promise<never>(() => undefined);
  });
  const first = await Promise.race([...reached, late]);
  for (const node of nodes) node.order({ at, do: 'pass' });
  await first?.ended;
  await Promise.all(nodes.map((node) => node.up()));
  return first !== undefined;
}

export const processFaults: Readonly<Record<string, Inject>> = {
  'a worker is killed': (cluster, random) => kill([pick(cluster.workers, random)]),
  'both workers are killed': (cluster) => kill(cluster.workers),
  'a worker is killed before a batch is committed': (cluster) => killAt(cluster.workers, 'source.written'),
  'a worker is killed before a batch is acknowledged': (cluster) => killAt(cluster.workers, 'source.committed'),
  'a worker is killed before it asks an agent': (cluster) => killAt(cluster.workers, 'agent.asking'),
  'a worker is killed when an agent has answered': (cluster) => killAt(cluster.workers, 'agent.asked'),
  'an api is killed before what it received is committed': (cluster) => killAt(cluster.apis, 'source.written'),
  'an api is killed': (cluster, random) => kill([pick(cluster.apis, random)]),
  // They keep their connections; the other one takes them, and what these have in hand is refused when they wake.
  'a worker stands still past its leases': (cluster, random) => standStill([pick(cluster.workers, random)]),
  'both workers stand still past their leases': (cluster) => standStill(cluster.workers),
};

async function standStill(nodes: readonly ClusterNode[]): Promise<void> {
  const processes = await Promise.all(nodes.map((node) => node.up()));
  await stand(5000, (signal) => {
    for (const process of processes) process.signal(signal);
  });
}

export const linkFaults: Readonly<Record<string, Inject>> = {
  'PostgreSQL crashes': (cluster) => cluster.deployment.restartPostgres(),
  'PostgreSQL stands still': (cluster) => stand(2000, cluster.deployment.signalPostgres),
  async 'connections to PostgreSQL are cut off'(cluster, random) {
    const { postgres } = pick(cluster.nodes, random);
    await postgres.cut();
    await pause(500);
    await postgres.restore();
  },
  async 'a partition from PostgreSQL'(cluster, random) {
    const { postgres } = pick(cluster.nodes, random);
    postgres.swallow({ newOnes: true });
    await pause(4000);
    postgres.heal();
  },
  async 'a link of 200 ms to PostgreSQL'(cluster, random) {
    const { postgres } = pick(cluster.nodes, random);
    postgres.slow({ delayMs: 200 });
    await pause(3000);
    postgres.slow();
  },
};
