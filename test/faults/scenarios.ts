/**
 * One scenario for each safeguard: the one fault at the one moment for which it is there. With the safeguard the
 * verdict is clean; with the mutant that lacks it the same scenario must go red.
 */
import type { Patch } from './agent.js';
import { withCluster, type Bed, type BedOptions } from './bed.js';
import { judgeTicks } from './checker.js';
import type { ClusterNode } from './cluster.js';
import { readRuns } from './history.js';
import { mutants, tempos } from './mutants.js';
import { report } from './report.js';
import { handlers } from './workload.js';

export interface Scenario {
  mutant: keyof typeof mutants;
  name: string;
  workers: number;
  ticks?: boolean;
  /**
   * The same rules with shorter times, for Annex and mutant alike; or another safeguard taken out, which would do the
   * work of this one.
   */
  tempo: readonly Patch[];
  /** The short run plays it with the first of them, the long run with each. */
  backends: readonly BedOptions['backend'][];
  /**
   * What was found, which is nothing unless the safeguard is missing. `patienceMs`: nothing has moved for so long, and
   * what is open is lost; for the mutant it is short, since all it can do is to wait in vain. `isMutant`: what was
   * found first is enough.
   */
  run(bed: Bed, patienceMs: number, isMutant: boolean): Promise<string[]>;
  /** What is measured on Annex as it is, to be printed beside its gate. */
  measure?(bed: Bed): Promise<Record<string, string>>;
}

const both = ['postgres', 'redis'] as const;
/** What a lost queue brings about. */
const redisFirst = ['redis', 'postgres'] as const;

const [only, first, second] = [(bed: Bed) => node(bed, 0), (bed: Bed) => node(bed, 0), (bed: Bed) => node(bed, 1)];
function node({ cluster }: Bed, index: number): ClusterNode {
  const worker = cluster.workers[index];
  if (worker === undefined) throw new Error(`there is no worker ${index + 1}`);
  return worker;
}

/** Every connection of the workers is half-open from now on; new ones work. */
function swallow({ cluster }: Bed): void {
  for (const { postgres, queue } of cluster.workers) for (const link of new Set([postgres, queue])) link.swallow();
}

/** Kills a worker where it gets to a failpoint next; answers whether it did. */
async function killAt(
  bed: Bed,
  worker: ClusterNode,
  at: Parameters<ClusterNode['reaches']>[0],
  work: () => Promise<void>,
  withinMs = Infinity,
): Promise<boolean> {
  const process = await worker.up();
  const over = bed.fault(`killed at ${at}`);
  const reached = worker.reaches(at);
  worker.order({ at, do: 'kill' });
  await work();
  const isReached = await (withinMs === Infinity
    ? reached
    : Promise.race([reached, new Promise<false>((late) => setTimeout(late, withinMs, false))]));
  if (isReached) {
    await process.ended;
    await worker.up();
  } else worker.order({ at, do: 'pass' });
  over();
  return isReached;
}

/**
 * The worker that gets to a failpoint first stands still there until the other one has done its work, and goes on as if
 * nothing had happened. Whatever it still had to say or to do is done before it has done another piece of work from
 * beginning to end, and left in good order.
 */
async function takeOver(bed: Bed, at: Parameters<ClusterNode['reaches']>[0]): Promise<void> {
  const workers = [first(bed), second(bed)];
  const over = bed.fault('stands still');
  const stopped = Promise.race(
    workers.map(async (worker) => ((await worker.reaches(at)) ? worker : new Promise<never>(() => undefined))),
  );
  for (const worker of workers) worker.order({ at, do: 'stop' });
  await bed.ask('taken over');
  const frozen = await stopped;
  const frozenProcess = frozen.process;
  for (const worker of workers) if (worker !== frozen) worker.order({ at, do: 'pass' });
  await bed.done('taken over');
  frozenProcess?.signal('SIGCONT');
  over();
  await bed.ask('after');
  await bed.done('after');
  await frozen.end('SIGTERM');
}

export const scenarios: readonly Scenario[] = [
  {
    mutant: 'noLook',
    name: 'finds due runs whose permit never reached the queue',
    workers: 1,
    tempo: [],
    backends: redisFirst,
    async run(bed, patienceMs) {
      await killAt(bed, only(bed), 'permit.wanted', () => bed.ask('wanted'));
      const { lost } = await bed.settle(patienceMs);
      return lost;
    },
  },
  {
    mutant: 'noReconcile',
    name: 'finds runs of workers that died with what they had claimed',
    workers: 1,
    tempo: tempos.shortLeases,
    backends: redisFirst,
    async run(bed, patienceMs) {
      await killAt(bed, only(bed), 'runs.claimed', () => bed.ask('claimed'));
      const { lost } = await bed.settle(patienceMs);
      return lost;
    },
  },
  {
    mutant: 'stalledOnce',
    name: 'hands a permit out again however often its worker dies with it',
    workers: 1,
    // The relay would find the run still due: here the queue is on its own.
    tempo: [...tempos.quickStalls, ...mutants.noLook],
    backends: redisFirst,
    async run(bed, patienceMs) {
      let times = 0;
      // The second death is one more than the mutant allows.
      while (
        times < 2 &&
        (await killAt(
          bed,
          only(bed),
          'permit.received',
          () => (times === 0 ? bed.ask('stalled') : Promise.resolve()),
          times === 0 ? Infinity : patienceMs,
        ))
      )
        times += 1;
      const { lost } = await bed.settle(patienceMs);
      return lost;
    },
  },
  {
    mutant: 'noFencing',
    name: 'lets no worker end a run that another one has taken over',
    workers: 2,
    tempo: tempos.shortLeases,
    backends: ['postgres'],
    async run(bed, patienceMs) {
      await takeOver(bed, 'attempt.tried');
      const { duplicatedEffects, lost } = await bed.settle(patienceMs);
      return [...duplicatedEffects, ...lost];
    },
  },
  {
    mutant: 'staleStart',
    name: 'starts nothing that another worker has taken over while it stood still with its claim',
    workers: 2,
    tempo: tempos.shortLeases,
    backends: both,
    async run(bed, patienceMs) {
      await takeOver(bed, 'runs.claimed');
      const { duplicatedEffects, lost } = await bed.settle(patienceMs);
      const starts = bed.sink.sends.filter(({ stage, key }) => stage === 'do' && key === 'taken over').length;
      return [...duplicatedEffects, ...lost, ...(starts === 1 ? [] : [`started ${starts} times`])];
    },
  },
  {
    mutant: 'effectsApart',
    name: 'commits what runs did together with their ends, or not at all',
    workers: 1,
    tempo: tempos.shortLeases,
    backends: ['postgres'],
    async run(bed, patienceMs) {
      // Several at once, so that ends are written together.
      const keys = ['one', 'two', 'three', 'four'];
      await killAt(
        bed,
        only(bed),
        'attempt.written',
        async () => void (await Promise.all(keys.map((key) => bed.ask(key)))),
      );
      const { duplicatedEffects, lost } = await bed.settle(patienceMs);
      return [...duplicatedEffects, ...lost];
    },
  },
  {
    mutant: 'answerApart',
    name: 'gives whoever asks again after a crash the answer of the first time',
    workers: 1,
    tempo: [],
    backends: ['postgres'],
    async run(bed, patienceMs) {
      const [api] = bed.cluster.apis;
      if (api === undefined) throw new Error('there is no api');
      let asked: Promise<void> | undefined;
      await killAt(bed, api, 'request.committed', async () => void (asked = bed.askJob('asked twice')));
      // Nobody waits until a request that died counts as abandoned.
      await bed.cluster.deployment.sql(`update idempotency_keys set created_at = created_at - interval '3 minutes'`);
      await asked;
      const { duplicatedEffects, unexplainedSends, lost } = await bed.settle(patienceMs);
      return [...duplicatedEffects, ...unexplainedSends, ...lost];
    },
  },
  {
    mutant: 'upsertAtBoot',
    name: 'decides each tick that came due while no worker was there',
    workers: 1,
    ticks: true,
    tempo: [],
    backends: ['postgres'],
    async run(bed, patienceMs) {
      const count = async (atLeast: number): Promise<void> => {
        while ((await bed.ticks()).length < atLeast) await new Promise((done) => setTimeout(done, 200));
      };
      await count(2);
      const over = bed.fault('killed');
      const before = (await bed.ticks()).length;
      await only(bed).end('SIGKILL');
      await only(bed).up();
      over();
      await count(before + 3);
      await bed.client.patch('/api/plugins/work/jobs/tick', { paused: true });
      await bed.settle(patienceMs);
      return judgeTicks(await bed.ticks(), new Map([[`${bed.slug}/tick`, { everyMs: 1000, skips: [] }]]));
    },
  },
  {
    mutant: 'noSocketTimeout',
    name: 'gives up connections on which nothing comes back',
    workers: 2,
    tempo: [],
    backends: both,
    async run(bed, patienceMs) {
      const over = bed.fault('half-open');
      swallow(bed);
      await bed.ask('half-open');
      const { lost } = await bed.settle(patienceMs);
      over();
      return lost;
    },
    async measure(bed) {
      const process = await first(bed).up();
      const died = process.ended.then(() => Date.now());
      let isDead = false;
      void died.then(() => (isDead = true));
      const keys: string[] = [];
      // Until one of them comes to the first worker.
      const askOn = async (): Promise<void> => {
        while (!isDead) {
          keys.push(`dead ${keys.length}`);
          await bed.ask(`dead ${keys.length - 1}`);
        }
      };
      await killAt(bed, first(bed), 'runs.claimed', askOn);
      await Promise.all(keys.map((key) => bed.done(key)));
      const diedMs = await died;
      const doneMs = Date.now() - diedMs;
      const runs = await readRuns(bed.cluster.deployment.sql, [bed.slug], handlers);
      const lostMs = runs
        .flatMap(({ attempts }) => attempts)
        .filter(({ error, toMs }) => error !== undefined && toMs > diedMs)
        .map(({ toMs }) => toMs);
      swallow(bed);
      const swallowedMs = Date.now();
      await bed.ask('half');
      await bed.done('half');
      return {
        'dead worker noticed (gate: 15 s)':
          `${((Math.max(...lostMs) - diedMs) / 1000).toFixed(1)} s, its ${lostMs.length} runs done by another after ` +
          `${(doneMs / 1000).toFixed(1)} s`,
        'half-open connection healed (gate: 25 s)': `${((Date.now() - swallowedMs) / 1000).toFixed(1)} s`,
      };
    },
  },
];

/** Plays a scenario on Annex as it is and then, in the same cluster, on the mutant; answers what was found in each. */
export function play(
  { workers, ticks, tempo, mutant, run, measure }: Scenario,
  backend: BedOptions['backend'],
  patience: { annexMs: number; mutantMs: number },
): Promise<{ annex: string[]; mutant: string[] }> {
  const patches: readonly Patch[] = mutants[mutant];
  return withCluster(
    { backend, workers, ...(ticks !== undefined && { ticks }), patches: tempo },
    async (cluster, makeBed) => {
      const annex = await run(await makeBed(), patience.annexMs, false);
      if (measure) report(`gates, queue on ${backend}`, await measure(await makeBed()));
      const nodes = patches.some(({ module }) => module.startsWith('/apps/api/')) ? cluster.apis : cluster.workers;
      const bed = await makeBed();
      for (const one of nodes) {
        one.patchWith([...tempo, ...patches]);
        // In good order: a permit that it held when it was killed would come again, and do the work of the safeguard.
        await one.end('SIGTERM');
      }
      await Promise.all(nodes.map((one) => one.up()));
      return { annex, mutant: await run(bed, patience.mutantMs, true) };
    },
  );
}
