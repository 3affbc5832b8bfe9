/**
 * A storm of faults over a cluster at work, and the judgement afterwards. The same seed makes the same faults in the
 * same order.
 */
import { expect, type TestContext } from 'vitest';
import { install } from '../support/deployment.js';
import { makeClient, until, type Client } from '../support/annex.js';
import { judge, judgeTicks, type Fault } from './checker.js';
import { startCluster, type Cluster } from './cluster.js';
import { faultKinds, type FaultContext, type FaultKind, type FaultLane } from './faults.js';
import { readEffects, readRuns, readTicks, untilSettled } from './history.js';
import { report } from './report.js';
import { pick, seeded, shuffle } from './seeded.js';
import { isTold } from './settings.js';
import { openSink, type Sink } from './sink.js';
import { handlers, stages, startLoad, workload, type Load } from './workload.js';

export interface StormOptions {
  backend: 'redis' | 'postgres';
  seed: number;
  /** How often every fault comes round. */
  rounds: number;
  onTestFailed: TestContext['onTestFailed'];
}

const customersCount = 3;
/** Nothing has moved for so long, in milliseconds: what is open then is lost. */
const patienceMs = 90_000;

/** The faults of one lane in the order of the seed. */
export function schedule(
  lane: FaultLane,
  { backend, seed, rounds }: Pick<StormOptions, 'backend' | 'seed' | 'rounds'>,
): FaultKind[] {
  const random = seeded(seed * 7919 + (lane === 'links' ? 1 : 0));
  const kinds = faultKinds.filter((kind) => kind.lane === lane && (kind.backend ?? backend) === backend);
  const isMine = ({ turn }: FaultKind, round: number): boolean =>
    turn === undefined || (turn + round + seed + (backend === 'redis' ? 1 : 0)) % 2 === 0;
  const inRound = (round: number): FaultKind[] =>
    kinds.filter((kind) => isMine(kind, round)).flatMap((kind) => Array.from({ length: kind.times ?? 1 }, () => kind));
  return Array.from({ length: rounds }, (_, round) => shuffle(inRound(round), random)).flat();
}

/** Makes the faults of one lane, one after the other, until all were made or the storm is over. */
async function runLane(
  which: FaultLane,
  {
    options,
    context,
    load,
    faults,
    over,
    tell,
  }: {
    options: StormOptions;
    context: Omit<FaultContext, 'random'>;
    load: Load;
    faults: Fault[];
    over: AbortSignal;
    tell: (what: string) => void;
  },
): Promise<void> {
  const random = seeded(options.seed * 104_729 + (which === 'links' ? 1 : 0));
  for (const kind of schedule(which, options)) {
    // A fault counts only while something is under way.
    await until(
      async () => load.open(),
      (open) => open >= 2 || over.aborted,
    );
    if (over.aborted) return;
    tell(kind.name);
    const fault: Fault = { name: kind.name, fromMs: Date.now(), toMs: Infinity };
    faults.push(fault);
    const came = await kind.inject({ ...context, random });
    fault.toMs = Date.now();
    if (came === false) {
      faults.splice(faults.indexOf(fault), 1);
      tell(`${kind.name}: came to nothing`);
    } else tell(`${kind.name}: over`);
  }
}

/** Prints what came of the storm, and fails where something was lost or done twice. */
async function expectKept({
  options,
  began,
  cluster,
  slugs,
  sink,
  load,
  faults,
  open,
  sentInCalm,
  twiceInCalm,
}: {
  options: StormOptions;
  began: number;
  cluster: Cluster;
  slugs: string[];
  sink: Sink;
  load: Load;
  faults: Fault[];
  open: Awaited<ReturnType<typeof untilSettled>>;
  sentInCalm: number;
  twiceInCalm: number;
}): Promise<void> {
  const { backend, seed } = options;
  const { sql } = cluster.deployment;
  const runs = await readRuns(sql, slugs, handlers);
  const verdict = judge({
    operations: load.operations,
    effects: await readEffects(sql, slugs),
    sends: sink.sends,
    stages,
    runs,
    faults,
  });
  const ticks = await readTicks(sql, slugs);
  const wrongTicks = judgeTicks(ticks, new Map(slugs.map((slug) => [`${slug}/tick`, { everyMs: 1000, skips: [] }])));
  report(`faults, queue on ${backend}, seed ${seed}: ${((Date.now() - began) / 1000).toFixed(0)} s`, {
    faults: faults.length,
    ...Object.fromEntries(
      Object.entries(verdict).map(([name, value]) => [name, Array.isArray(value) ? value.length : value]),
    ),
    'runs that were taken more than once': runs.filter(({ claims }) => claims > 1).length,
    'sends in calm': sentInCalm,
    'duplicate sends in calm': twiceInCalm,
    ticks: ticks.length,
    'wrong ticks': wrongTicks.length,
    answers: [...load.answers]
      .sort(([one], [other]) => one - other)
      .map(([status, times]) => `${status}×${times}`)
      .join(' '),
  });
  expect({ open, twiceInCalm, wrongTicks }).toEqual({ open: [], twiceInCalm: 0, wrongTicks: [] });
  expect(verdict).toMatchObject({
    lost: [],
    duplicatedEffects: [],
    unexpectedEffects: [],
    unexplainedSends: [],
    unfinished: [],
  });
  // The storm was one: work went on, and was hit.
  expect(verdict.acknowledged).toBeGreaterThan(50);
  const planned = schedule('processes', options).length + schedule('links', options).length;
  expect(faults.length).toBeGreaterThanOrEqual(planned - 3 * options.rounds);
  expect(faults.length).toBeGreaterThanOrEqual(30);
  expect(runs.filter(({ claims }) => claims > 1).length).toBeGreaterThan(3);
}

/** Answers how many faults were made. */
export async function storm(options: StormOptions): Promise<number> {
  const { backend, seed, onTestFailed } = options;
  const began = Date.now();
  const told: string[] = [];
  const tell = (what: string): void => {
    const line = `${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`;
    told.push(line);
    if (isTold) process.stderr.write(`${backend} ${line}\n`);
  };
  const sink = await openSink();
  const cluster = await startCluster({
    redis: backend === 'redis',
    environment: { ANNEX_EGRESS_ALLOW_PRIVATE: sink.address },
    tell,
  });
  onTestFailed(() => void process.stderr.write(`${told.join('\n')}\n${cluster.lastWords()}\n`));
  const over = new AbortController();
  try {
    const { deployment } = cluster;
    const api = await pick(cluster.apis, seeded(seed)).up();
    const tenants = await Promise.all(Array.from({ length: customersCount + 1 }, () => deployment.makeTenant(api)));
    const clients = tenants.map((tenant) => tenant.client(api));
    const [poisoned, ...working] = clients as [Client, ...Client[]];
    for (const client of working) await install(client, workload(sink));
    await install(poisoned, poison);
    const slugs = tenants.slice(1).map(({ slug }) => slug);
    const customers = working.map(({ token }, index) => ({ token, slug: slugs[index] ?? '' }));

    // Without faults first: then nothing may be sent twice at all.
    const load = startLoad({ apis: cluster.apis, customers, sink, seed });
    await until(
      async () => sink.seen('follow').size,
      (count) => count >= 20,
    );
    const sentInCalm = sink.sends.length;
    const twiceInCalm = sentInCalm - new Set(sink.sends.map(({ stage, key }) => `${stage} ${key}`)).size;

    const faults: Fault[] = [];
    const context = makeContext({
      cluster,
      slugs,
      poisoned: (number) =>
        makeClient(cluster.apis[number % cluster.apis.length]?.url ?? '', poisoned.token, tenants[0]?.slug),
      over: over.signal,
    });
    const lane = (which: FaultLane): Promise<void> =>
      runLane(which, { options, context, load, faults, over: over.signal, tell });
    try {
      await Promise.all([lane('processes'), lane('links')]);
    } finally {
      over.abort();
      await load.stop();
    }
    tell('the load ends');
    await Promise.all(cluster.nodes.map((node) => node.up()));
    for (const { slug, token } of customers)
      await pauseTicks(cluster.apis.map(({ url }) => makeClient(url, token, slug)));
    tell('calm');
    const open = await untilSettled(deployment.sql, slugs, patienceMs);
    tell('settled');

    await expectKept({ options, began, cluster, slugs, sink, load, faults, open, sentInCalm, twiceInCalm });
    return faults.length;
  } finally {
    over.abort();
    await cluster.stop();
    await sink.close();
  }
}

/** Neither its event loop nor a signal of V8 ends this; only the end of its process does. */
const poison = {
  manifest: { slug: 'poison', jobs: [{ name: 'bomb', overlap: 'allow', timeout_ms: 1000 }] },
  code: `
    import { job } from '@annex/sdk';
    job('bomb', () => [].indexOf.call({ length: 2 ** 53 - 1 } as any, 1 as never));
  `,
};

function makeContext({
  cluster,
  slugs,
  poisoned,
  over,
}: {
  cluster: FaultContext['cluster'];
  slugs: string[];
  poisoned: (number: number) => Client;
  over: AbortSignal;
}): Omit<FaultContext, 'random'> {
  const { sql } = cluster.deployment;
  return {
    cluster,
    over,
    held: () =>
      until(
        () =>
          sql<{ id: string; claims: number }>(
            `select id, claims from runs where status = 'running'
               and tenant_id in (select id from tenants where slug = any($1))`,
            [slugs],
          ),
        (held) => held.length >= 2 || over.aborted,
      ),
    async released(held) {
      await until(
        () =>
          sql(
            `select r.id from runs r join unnest($1::uuid[], $2::int[]) as h (id, claims) on h.id = r.id
             where r.claims = h.claims and r.status = 'running'`,
            [held.map(({ id }) => id), held.map(({ claims }) => claims)],
          ),
        (still) => still.length === 0,
      );
    },
    async poison() {
      let turn = 0;
      const post = (path: string): Promise<number> =>
        poisoned((turn += 1))
          .post(path, {})
          .then(
            ({ status }) => status,
            () => 0,
          );
      await until(
        async () => {
          const status = await post('/api/plugins/poison/jobs/bomb/run-now');
          // It killed so many that it was suspended; an admin who knows no better enables it again.
          if (status === 409) await post('/api/plugins/poison/enable');
          return status;
        },
        (status) => status === 202 || over.aborted,
      );
    },
  };
}

async function pauseTicks(clients: readonly Client[]): Promise<void> {
  let turn = 0;
  await until(
    async () => {
      const client = clients[(turn += 1) % clients.length];
      return client?.patch('/api/plugins/work/jobs/tick', { paused: true }).then(
        ({ status }) => status,
        () => 0,
      );
    },
    (status) => status === 200,
  );
}
