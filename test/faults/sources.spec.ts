/**
 * A source's connection while the workers that hold it are killed and frozen: programs of their own, a real origin, and
 * in the end every change once.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@annex/database';
import { silentLogger } from '@annex/kernel';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { report } from './report.js';
import { seeded, shuffle } from './seeded.js';
import { rounds, seed } from './settings.js';

const random = seeded(seed);
const limitMs = rounds * 300_000;

let dataDir: string;
let cluster: EmbeddedPostgres;
let origin: Client;
let deployment: Deployment;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'annex-wal-'));
  chmodSync(dataDir, 0o755);
  const settings = { wal_level: 'logical', fsync: 'off' };
  cluster = await startEmbeddedPostgres({ dataDir, logger: silentLogger, settings });
  origin = new Client({ connectionString: cluster.url });
  await origin.connect();
  await origin.query('create table rows (id int primary key); create publication annex for table rows');
  deployment = await startDeployment();
});
afterAll(async () => {
  await deployment.stop();
  await origin.end();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Waits for what the database says; the holder's lease has to run out in between. */
async function until(sql: string, wanted: (value: number) => boolean): Promise<void> {
  for (;;) {
    const [row] = await deployment.sql<{ n: number }>(sql);
    if (row && wanted(Number(row.n))) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

it(
  'loses nothing and gives nothing twice, whoever holds it when it is killed or stands still',
  async () => {
    const environment = { ANNEX_EGRESS_ALLOW_PRIVATE: new URL(cluster.url).host };
    const startWorkers = (): Promise<AnnexProcess[]> =>
      Promise.all([deployment.start('worker', { environment }), deployment.start('worker', { environment })]);
    const api = await deployment.start('api', { environment });
    let workers = await startWorkers();
    const client = (await deployment.makeTenant(api)).client(api);
    await client.put('/api/secrets/PG_URL', { value: `${cluster.url}?sslmode=disable` });
    const source = { type: 'postgres', with: { url: '${SECRET:PG_URL}' }, events: ['pg.*'] };
    expect((await client.put('/api/sources/rows', source)).status).toBe(201);
    await until('select count(last_batch_at) as n from sources', (n) => n === 1);

    let last = 0;
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        await origin.query('insert into rows select n from generate_series($1::int, $2::int) n', [last + 1, last + 20]);
        last += 20;
        await new Promise((done) => setTimeout(done, 200));
      }
    })();
    const taken = `select count(*) as n from events where type = 'pg.insert'`;
    const goesOn = async (): Promise<void> => {
      const [before] = await deployment.sql<{ n: string }>(taken);
      await until(taken, (n) => n > Number(before?.n) + 40);
    };
    const kill = async (some: readonly AnnexProcess[]): Promise<void> => {
      for (const worker of some) worker.signal('SIGKILL');
      await Promise.all(some.map(({ ended }) => ended));
    };
    const faults: Record<string, () => Promise<void>> = {
      async 'both workers are killed'() {
        await kill(workers);
        workers = await startWorkers();
      },
      async 'one worker is killed'() {
        const [one, ...others] = shuffle(workers, random);
        if (one) await kill([one]);
        workers = [...others, await deployment.start('worker', { environment })];
      },
      // They keep the connection; others take it, and what the frozen ones had in hand is refused when they wake.
      async 'both workers stand still past their leases'() {
        const frozen = workers;
        for (const worker of frozen) worker.signal('SIGSTOP');
        workers = await startWorkers();
        await goesOn();
        for (const worker of frozen) worker.signal('SIGCONT');
        await goesOn();
        await kill(frozen);
      },
      async 'the origin ends the connection'() {
        // Ten broken connections within an hour are a failed source; more rounds than that are no such origin.
        await client.post('/api/sources/rows/restart', {});
        await goesOn();
        await origin.query('select pg_terminate_backend(pid) from pg_stat_replication');
      },
    };
    await goesOn();
    const schedule = Array.from({ length: rounds }, () => shuffle(Object.keys(faults), random)).flat();
    for (const name of schedule) {
      await faults[name]?.();
      await goesOn();
    }
    isWriting = false;
    await writing;
    await until(taken, (n) => n >= last);
    const [all] = await deployment.sql<{ events: number; ids: number; rows: number; wrong: number }>(
      `select count(*)::int as events, count(distinct id)::int as ids, count(distinct data->'new'->>'id')::int as rows,
       count(*) filter (where (data->'new'->>'id')::int not between 1 and ${last})::int as wrong
     from events where type = 'pg.insert'`,
    );
    report(`faults of a source's holder, seed ${seed}`, { faults: schedule.length, rows: last, ...all });
    expect(all).toEqual({ events: last, ids: last, rows: last, wrong: 0 });
  },
  limitMs,
);
