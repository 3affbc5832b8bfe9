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

it('loses nothing and gives nothing twice, whoever holds it when it is killed or stands still', async () => {
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
  await goesOn();
  for (let round = 0; round < 2; round += 1) {
    for (const worker of workers) worker.signal('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    workers = await startWorkers();
    await goesOn();
  }
  // Frozen, they keep the connection; others take it, and what the frozen ones had in hand is refused when they wake.
  const frozen = workers;
  for (const worker of frozen) worker.signal('SIGSTOP');
  await startWorkers();
  await goesOn();
  for (const worker of frozen) worker.signal('SIGCONT');
  await goesOn();
  isWriting = false;
  await writing;
  await until(taken, (n) => n >= last);
  const [all] = await deployment.sql<{ events: number; ids: number; rows: number; wrong: number }>(
    `select count(*)::int as events, count(distinct id)::int as ids, count(distinct data->'new'->>'id')::int as rows,
       count(*) filter (where (data->'new'->>'id')::int not between 1 and ${last})::int as wrong
     from events where type = 'pg.insert'`,
  );
  expect(all).toEqual({ events: last, ids: last, rows: last, wrong: 0 });
});
