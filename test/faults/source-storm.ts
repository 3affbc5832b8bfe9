/**
 * Origins that give events all along, each through a source, a mirror or an agent, while Annex, its database and the
 * origins are killed, stand still and are cut off. In the end each number that an origin gave has arrived once.
 */
import type { TestContext } from 'vitest';
import { makeClient, type Client } from '../support/annex.js';
import type { Patch } from './agent.js';
import { startCluster, type Cluster } from './cluster.js';
import type { Origin } from './origins.js';
import { pause } from './origins.js';
import { seeded, shuffle } from './seeded.js';
import { isTold } from './settings.js';
import { linkFaults, processFaults, type Inject } from './source-faults.js';

export interface SourceStormOptions {
  seed: number;
  rounds: number;
  /** Made for the tenant of this slug; closed with the rest. */
  origins: (slug: string) => Promise<Origin[]>;
  patches?: readonly Patch[];
  /** What is done to Annex; default: everything, in the order of the seed. */
  annexFaults?: readonly Readonly<Record<string, Inject>>[];
  /** Nothing has arrived for so long, in milliseconds: what has not is lost. Default 90 s. */
  patienceMs?: number;
  onTestFailed?: TestContext['onTestFailed'];
}

export interface SourceStormFound {
  /** Faults that came to something, by name. */
  faults: Map<string, number>;
  /** How far each origin went. */
  put: Record<string, number>;
  /** What is wrong. */
  wrong: string[];
  seconds: number;
}

/** An origin under way. */
interface Flow {
  origin: Origin;
  last: number;
  /** How far it had come when it was last looked at. */
  moved: number;
  /** Puts and faults of one origin follow each other: what breaks in the middle of being written to proves nothing. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
}

const everything = [processFaults, linkFaults];
/** See {@link SourceStormOptions.patienceMs}. */
const patience = 90_000;
/** Numbers of one step, and the time until the next one. */
const step = 3;
const stepMs = 400;
/** What is put just before an origin breaks, so that something is on its way. */
const burst = 15;

class SourceStorm {
  readonly faults = new Map<string, number>();
  readonly over = new AbortController();
  readonly began = Date.now();
  readonly told: string[] = [];
  isSettled = false;

  constructor(
    private readonly options: SourceStormOptions,
    private readonly cluster: Cluster,
    private readonly flows: readonly Flow[],
  ) {}

  tell(what: string): void {
    const line = `${((Date.now() - this.began) / 1000).toFixed(1)} s: ${what}`;
    this.told.push(line);
    if (isTold) process.stderr.write(`${line}\n`);
  }

  /** Looks how far each has come, until the storm is settled. */
  async watch(): Promise<void> {
    const scalars = this.flows.map(({ origin }) => `(${origin.moved})::bigint`).join(', ');
    while (!this.isSettled) {
      const [row] = await this.cluster.deployment.sql<{ n: (string | null)[] }>(`select array[${scalars}] as n`);
      this.flows.forEach((flow, place) => (flow.moved = Number(row?.n[place] ?? 0)));
      await pause(250);
    }
  }

  /** Puts numbers until the storm is over. */
  async write(flow: Flow): Promise<void> {
    while (!this.over.signal.aborted) {
      await flow.alone(() => this.put(flow, step));
      await pause(stepMs);
    }
  }

  async put(flow: Flow, count: number): Promise<void> {
    await flow.origin.put(flow.last + 1, flow.last + count);
    flow.last += count;
  }

  /** Resolves when something of one of them has arrived since; `false`: it takes too long, or the storm is over. */
  async goesOn(flows: readonly Flow[]): Promise<boolean> {
    const before = flows.map(({ moved }) => moved);
    const endMs = Date.now() + (this.options.patienceMs ?? patience);
    while (!this.over.signal.aborted && Date.now() < endMs) {
      if (flows.some(({ moved }, place) => moved !== before[place])) return true;
      await pause(100);
    }
    return false;
  }

  /** Breaks an origin again and again, each time when it has gone on since. */
  async breakOrigin(flow: Flow, random: () => number): Promise<void> {
    const { faults, name } = flow.origin;
    for (const [fault, inject] of this.schedule(faults, random)) {
      const hasGoneOn = await this.goesOn([flow]);
      if (this.over.signal.aborted) return;
      // What is kept from going on by other faults is not broken in this turn; whether it is lost shows in the end.
      if (!hasGoneOn) continue;
      this.tell(fault);
      await flow.alone(async () => {
        // The agent works on one after the other; the others take what they get.
        await this.put(flow, name === 'agent' ? step : burst);
        await inject();
      });
      this.count(fault);
    }
  }

  async breakAnnex(faults: Readonly<Record<string, Inject>>, random: () => number): Promise<void> {
    for (const [fault, inject] of this.schedule(faults, random)) {
      if (this.over.signal.aborted) return;
      await Promise.all(this.cluster.nodes.map((node) => node.up()));
      this.tell(fault);
      if ((await inject(this.cluster, random)) === false) this.tell(`${fault}: came to nothing`);
      else this.count(fault);
      // Something has to be under way again before the next one.
      await this.goesOn(this.flows);
    }
  }

  /** Every fault of a lane once, and then round after round until all lanes together have made enough. */
  *schedule<T>(faults: Readonly<Record<string, T>>, random: () => number): Iterable<[string, T]> {
    const all = Object.entries(faults);
    if (all.length === 0) return;
    yield* shuffle(all, random);
    const isEnough = (): boolean => [...this.faults.values()].reduce((sum, count) => sum + count, 0) >= this.wanted;
    while (!isEnough()) for (const one of shuffle(all, random)) if (!isEnough()) yield one;
  }

  /** Faults in all: each of them in each round. */
  get wanted(): number {
    const { annexFaults = everything, rounds } = this.options;
    const lanes = [...annexFaults, ...this.flows.map(({ origin }) => origin.faults)];
    return rounds * lanes.reduce((sum, faults) => sum + Object.keys(faults).length, 0);
  }

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** An operator who starts again what broke too often: ten times within an hour is nothing here. */
  async attend(client: Client): Promise<void> {
    while (!this.isSettled) {
      await pause(2000);
      const { body } = await client.get('/api/sources').catch(() => ({ body: {} }));
      for (const { name, state } of (body.items ?? []) as { name: string; state: string }[])
        if (state === 'failed' || state === 'backoff')
          await client.post(`/api/sources/${name}/restart`).catch(() => undefined);
    }
  }

  /** Waits until nothing is wrong, or nothing has moved for too long. */
  async settle(): Promise<string[]> {
    const { patienceMs = patience } = this.options;
    let seen = '';
    let movedMs = Date.now();
    for (;;) {
      const wrong: string[] = [];
      for (const { origin, last } of this.flows) wrong.push(...(await origin.judge(this.cluster.deployment.sql, last)));
      if (wrong.length === 0) return wrong;
      const now = wrong.join();
      if (now !== seen) [seen, movedMs] = [now, Date.now()];
      if (Date.now() - movedMs > patienceMs) return wrong;
      await pause(1000);
    }
  }
}

function oneAfterAnother(): Flow['alone'] {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = before.then(work);
    before = mine.catch(() => undefined);
    return mine;
  };
}

export async function sourceStorm(options: SourceStormOptions): Promise<SourceStormFound> {
  const { seed, patches = [], annexFaults = everything } = options;
  const slug = `storm-${seed}`;
  const origins = await options.origins(slug);
  const flows = origins.map((origin): Flow => ({ origin, last: 0, moved: 0, alone: oneAfterAnother() }));
  const hosts = origins.flatMap(({ address }) => address ?? []);
  let tell: (what: string) => void = () => undefined;
  const cluster = await startCluster({
    ...{ redis: false, apis: 1, workers: 2, patches },
    environment: {
      ANNEX_EGRESS_ALLOW_PRIVATE: hosts.join(','),
      ...Object.assign({}, ...origins.map(({ environment }) => environment ?? {})),
    },
    tell: (what) => tell(what),
  });
  const storm = new SourceStorm(options, cluster, flows);
  tell = (what) => storm.tell(what);
  const { told, over } = storm;
  options.onTestFailed?.(() => void process.stderr.write(`${told.join('\n')}\n${cluster.lastWords()}\n`));
  try {
    const { sql, makeTenant } = cluster.deployment;
    const [api] = cluster.apis;
    if (!api) throw new Error('there is no api');
    const tenant = await makeTenant(await api.up(), slug);
    const client = makeClient(api.url, tenant.client(await api.up()).token, slug);
    for (const { origin } of flows) await origin.setUp(client, { slug, url: api.url });
    for (const { origin } of flows) while ((await sql(origin.ready)).length === 0) await pause(200);
    const writers = flows.map((flow) => storm.write(flow));
    const attending = [storm.attend(client), storm.watch()];
    try {
      await Promise.all([
        ...flows.map((flow, place) => storm.breakOrigin(flow, seeded(seed * 7919 + place))),
        ...annexFaults.map((faults, place) => storm.breakAnnex(faults, seeded(seed * 104_729 + place))),
      ]);
    } finally {
      storm.tell('calm');
      over.abort();
      await Promise.all(writers);
    }
    const wrong = await storm.settle();
    storm.isSettled = true;
    await Promise.all(attending);
    storm.tell('settled');
    const put = Object.fromEntries(flows.map(({ origin, last }) => [origin.name, last]));
    return { faults: storm.faults, put, wrong, seconds: (Date.now() - storm.began) / 1000 };
  } finally {
    over.abort();
    storm.isSettled = true;
    await cluster.stop();
    await Promise.all(origins.map((origin) => origin.close()));
  }
}
