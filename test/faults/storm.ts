/**
 * A storm of faults over a running deployment, and the count afterwards. Every handler notes its start in `kv` (at once) and emits an event
 * (which takes effect with the success of its run), so both promises can be counted: started at least once, committed exactly once.
 */
import { expect, onTestFailed } from 'vitest';
import { install, killQuietly, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { until, type Client } from '../support/annex.js';

const worker = {
  manifest: {
    slug: 'work',
    events: ['work.*'],
    jobs: [
      { name: 'chore', overlap: 'allow' },
      { name: 'tick', schedule: '* * * * * *', overlap: 'allow', catch_up: 'all', misfire_deadline_s: 3600 },
    ],
  },
  code: `
    import { hook, job } from '@annex/sdk'
    const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
    hook<{ ms: number }>('work.*', async (ctx, event) => {
      await ctx.kv.incr('started:' + event.id)
      await sleep(event.data.ms)
      await ctx.emit('done.event', { of: event.id })
    })
    job<{ id: string; ms: number }>('chore', async (ctx, { id, ms }) => {
      await ctx.kv.incr('started:' + id)
      await sleep(ms)
      await ctx.emit('done.chore', { of: id })
    })
    job('tick', async (ctx) => { await ctx.emit('done.tick', { of: ctx.run.id }) })`,
};

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Storm {
  deployment: Deployment;
  api: AnnexProcess;
  workers: [AnnexProcess, AnnexProcess];
  seed: number;
  /** How often the faults come round. */
  rounds: number;
  /** Faults of the queue's backend, beside those of PostgreSQL and of processes. */
  queueFaults: [string, () => Promise<void>][];
}

/** Lets the storm rage over a load, waits for calm, and counts. */
export async function weather({ deployment, api, workers, seed, rounds, queueFaults }: Storm): Promise<void> {
  const random = seeded(seed);
  const began = Date.now();
  const told: string[] = [];
  const tell = (what: string): void => void told.push(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
  onTestFailed(() => void process.stderr.write(`${told.join('\n')}\n`));
  const tenants = [await deployment.makeTenant(api), await deployment.makeTenant(api), await deployment.makeTenant(api)];
  const clients = tenants.map((tenant) => tenant.client(api));
  for (const client of clients) await install(client, worker);
  const slugs = tenants.map(({ slug }) => slug);
  const inStorm = (table: string): string => `${table}.tenant_id in (select id from tenants where slug = any($1))`;

  const acknowledged = { events: 0, chores: 0 };
  const over = new AbortController();
  const load = clients.map((client, index) => send({ client, name: `s${seed}-t${index}`, random: seeded(seed + index + 1), over: over.signal, acknowledged, tell }));

  /** Faults count only while something is under way. */
  const busy = async (): Promise<{ id: string; claims: number }[]> =>
    until(
      () => deployment.sql<{ id: string; claims: number }>(`select id, claims from runs where status = 'running' and ${inStorm('runs')}`, [slugs]),
      (running) => running.length >= 4,
    );
  const replace = async (index: 0 | 1): Promise<void> => {
    workers[index].signal('SIGKILL');
    await workers[index].ended;
    workers[index] = await deployment.start('worker');
  };
  const killExecutors = async (): Promise<void> => {
    for (const one of workers) for (const pid of one.executors()) if (random() < 0.7) killQuietly(pid);
  };
  /** Stands still until others have taken over what it held, then goes on as if nothing had happened: its late ends must not count. */
  const freeze = async (index: 0 | 1): Promise<void> => {
    const held = await busy();
    workers[index].signal('SIGSTOP');
    await until(
      () =>
        deployment.sql<{ held: string }>(
          `select r.id from runs r join unnest($1::uuid[], $2::int[]) as h (id, claims) on h.id = r.id where r.claims = h.claims and r.status = 'running'`,
          [held.map(({ id }) => id), held.map(({ claims }) => claims)],
        ),
      (still) => still.length === 0,
    );
    workers[index].signal('SIGCONT');
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const victim = random() < 0.5 ? 0 : 1;
      const other = victim === 0 ? 1 : 0;
      const faults: [string, () => Promise<void>][] = [
        ['a worker is killed', () => replace(victim)],
        ['executors are killed', killExecutors],
        ...queueFaults,
        ['a worker stands still', () => freeze(other)],
        ['PostgreSQL ends', deployment.restartPostgres],
        ['executors are killed', killExecutors],
      ];
      for (const [name, fault] of faults) {
        await busy();
        tell(name);
        await fault();
      }
    }
  } finally {
    over.abort();
    tell('the load ends');
    await Promise.all(load);
  }
  for (const client of clients) await pauseTicks(client);

  tell('calm');
  const open = await until(
    () => deployment.sql(`select id, kind, name, status, claims, waiting_for from runs where status in ('queued', 'retrying', 'running') and ${inStorm('runs')} limit 20`, [slugs]),
    (unfinished) => unfinished.length === 0,
  );
  expect(open).toEqual([]);
  expect(acknowledged.events).toBeGreaterThan(20);
  expect(acknowledged.chores).toBeGreaterThan(5);
  await count(deployment, slugs, acknowledged);
}

interface Sender {
  client: Client;
  name: string;
  random: () => number;
  over: AbortSignal;
  acknowledged: { events: number; chores: number };
  tell: (what: string) => void;
}

/** Sends events and asks for jobs, again and again under the same id until each is acknowledged. */
async function send({ client, name, random, over, acknowledged, tell }: Sender): Promise<void> {
  for (let number = 0; !over.aborted; number += 1) {
    const id = `${name}-${number}`;
    const ms = Math.round(50 + random() * 450);
    const isChore = random() < 0.25;
    await until(
      () =>
        (isChore
          ? client.post('/api/plugins/work/jobs/chore/run-now', { payload: { id, ms } }, { 'idempotency-key': id })
          : client.post('/api/events', { id, type: 'work.asked', data: { ms } })
        ).then(
          ({ status, body }) => {
            if (status !== 202) tell(`${id}: ${status} ${String(body?.code)}`);
            return status;
          },
          () => 0,
        ),
      (status) => status === 202,
    );
    acknowledged[isChore ? 'chores' : 'events'] += 1;
    await new Promise((done) => setTimeout(done, random() * 250));
  }
}

async function pauseTicks(client: Client): Promise<void> {
  await until(
    () => client.patch('/api/plugins/work/jobs/tick', { paused: true }).then(
      ({ status }) => status,
      () => 0,
    ),
    (status) => status === 200,
  );
}

async function count(deployment: Deployment, slugs: string[], acknowledged: { events: number; chores: number }): Promise<void> {
  const rows = await deployment.sql<{ what: string; n: number; wrong: number }>(
    `with mine as (select id from tenants where slug = any($1)),
       asked as (
         select e.tenant_id, 'event' as kind, e.id from events e where e.tenant_id in (select id from mine) and e.type = 'work.asked'
         union all
         select r.tenant_id, 'chore', r.payload ->> 'id' from runs r where r.tenant_id in (select id from mine) and r.name = 'chore'),
       done as (
         select tenant_id, type, data ->> 'of' as "of", count(*) as n from events where tenant_id in (select id from mine) and type like 'done.%' group by 1, 2, 3),
       started as (select tenant_id, substr(key, 9) as id, (value #>> '{}')::int as n from kv where tenant_id in (select id from mine) and key like 'started:%')
     select kind as what, count(*)::int as n,
       count(*) filter (where coalesce(d.n, 0) <> 1 or coalesce(s.n, 0) < 1)::int as wrong
     from asked a left join done d on d.tenant_id = a.tenant_id and d.type = 'done.' || a.kind and d."of" = a.id
       left join started s on s.tenant_id = a.tenant_id and s.id = a.id
     group by kind order by kind`,
    [slugs],
  );
  expect(rows).toEqual([
    { what: 'chore', n: acknowledged.chores, wrong: 0 },
    { what: 'event', n: acknowledged.events, wrong: 0 },
  ]);

  // One run for each, which succeeded in its last attempt and in no other.
  const runs = await deployment.sql<{ name: string; status: string; n: number; unclear: number }>(
    `select name, status, count(*)::int as n,
       count(*) filter (where (select count(*) from jsonb_array_elements(attempts) a where not a ? 'error') <> 1 or attempts -> -1 ? 'error')::int as unclear
     from runs where tenant_id in (select id from tenants where slug = any($1)) and name in ('chore', 'work.*') group by 1, 2 order by 1`,
    [slugs],
  );
  expect(runs).toEqual([
    { name: 'chore', status: 'succeeded', n: acknowledged.chores, unclear: 0 },
    { name: 'work.*', status: 'succeeded', n: acknowledged.events, unclear: 0 },
  ]);

  // The faults did hit: some runs were begun more than once.
  const [again] = await deployment.sql<{ n: number }>(`select count(*)::int as n from runs where claims > 1 and tenant_id in (select id from tenants where slug = any($1))`, [slugs]);
  expect(again?.n).toBeGreaterThan(0);

  // Every second ticked once, none was left out, and each tick took effect once.
  const ticks = await deployment.sql<{ n: number; distinct: number; missing: number; done: number; twice: number; other: number }>(
    `with mine as (select id from tenants where slug = any($1)),
       ticks as (
         select tenant_id, scheduled_for, status, lag(scheduled_for) over (partition by tenant_id order by scheduled_for) as before
         from runs where tenant_id in (select id from mine) and name = 'tick'),
       done as (select tenant_id, data ->> 'of' as "of", count(*) as n from events where tenant_id in (select id from mine) and type = 'done.tick' group by 1, 2)
     select count(*)::int as n, count(distinct (tenant_id, scheduled_for))::int as "distinct", count(*) filter (where scheduled_for <> before + interval '1 second')::int as missing,
       count(*) filter (where status <> 'succeeded')::int as other, (select count(*) from done)::int as done, (select count(*) from done where n <> 1)::int as twice
     from ticks`,
    [slugs],
  );
  const n = ticks[0]?.n ?? 0;
  expect(n).toBeGreaterThan(10);
  expect(ticks).toEqual([{ n, distinct: n, missing: 0, other: 0, done: n, twice: 0 }]);
}
