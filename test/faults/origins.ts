/** Where the events of the source storm come from: brokers, clusters and databases that are written to all along. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@annex/database';
import { silentLogger } from '@annex/kernel';
import { Client as Postgres } from 'pg';
import type { Client } from '../support/annex.js';
import { signalAll, type Deployment } from '../support/deployment.js';
import { startKafka } from '../support/kafka.js';
import { startKubernetesApi } from '../support/kubernetes-api.js';
import { publish, startMosquitto } from '../support/mosquitto.js';

/** Something outside that is numbered from 1 on, and breaks. */
export interface Origin {
  name: string;
  /** `host:port` that Annex may reach. */
  address?: string;
  /** Settings of the operator that it needs. */
  environment?: Record<string, string>;
  /** Connects the tenant with it. */
  setUp(client: Client, tenant: { slug: string; url: string }): Promise<void>;
  /** SQL that answers at least one row as soon as nothing that is put is missed. */
  ready: string;
  /** Resolves when it has all of these numbers, and will not forget them. */
  put(from: number, to: number): Promise<void>;
  /** SQL: a number that grows as they arrive; cheap. */
  moved: string;
  /** Each breaks it, and mends it. */
  faults: Record<string, () => Promise<void>>;
  /** What is wrong when everything has stopped; empty: nothing. */
  judge(sql: Deployment['sql'], last: number): Promise<string[]>;
  close(): Promise<void>;
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Stands still for a while. */
export async function stand(ms: number, signal: (signal: 'SIGSTOP' | 'SIGCONT') => void): Promise<void> {
  signal('SIGSTOP');
  await pause(ms);
  signal('SIGCONT');
}

/**
 * Every number is one event of the source `name`, under one id. `where`: SQL that picks the events; `number`: SQL of
 * their number.
 */
export function countEvents(name: string, where: string, number: string): Pick<Origin, 'moved' | 'judge'> {
  return {
    moved: `select events from sources where name = '${name}'`,
    async judge(sql, last) {
      const [found] = await sql<{ events: number; ids: number; numbers: number; wrong: number }>(
        `select count(*)::int as events, count(distinct id)::int as ids, count(distinct ${number})::int as numbers,
           count(*) filter (where (${number})::int not between 1 and ${last})::int as wrong
         from events where ${where}`,
      );
      const { events = 0, ids = 0, numbers = 0, wrong = 0 } = found ?? {};
      return [
        ...(numbers < last ? [`${name}: ${last - numbers} of ${last} lost`] : []),
        ...(events > numbers ? [`${name}: ${events - numbers} given twice`] : []),
        ...(ids < events ? [`${name}: ${events - ids} under an id that another has`] : []),
        ...(wrong > 0 ? [`${name}: ${wrong} that nobody put`] : []),
      ];
    },
  };
}

async function connect(client: Client, name: string, source: object): Promise<void> {
  const answer = await client.put(`/api/sources/${name}`, source);
  if (answer.status !== 201) throw new Error(`${name} is not connected: ${JSON.stringify(answer.body)}`);
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => JSON.stringify({ n: from + index }));
const ofSource = (name: string): string => `source = 'annex:source/${name}'`;

export async function mqttOrigin(): Promise<Origin> {
  const broker = await startMosquitto();
  const address = `127.0.0.1:${broker.port}`;
  return {
    name: 'mqtt',
    address,
    setUp: (client) =>
      connect(client, 'mqtt', { type: 'mqtt', with: { url: `mqtt://${address}`, topics: ['n'] }, events: ['mqtt.*'] }),
    ready: `select 1 from sources where name = 'mqtt' and jsonb_path_exists(cursor::jsonb, '$.topics[*]')`,
    put: (from, to) => publish(broker.port, 'n', texts(from, to)),
    ...countEvents('mqtt', ofSource('mqtt'), `data->'payload'->>'n'`),
    faults: {
      'the MQTT broker is started again': () => broker.restart('SIGTERM'),
      'the MQTT broker stands still': () => stand(1500, broker.signal),
    },
    close: () => broker.close(),
  };
}

export async function kafkaOrigin(): Promise<Origin> {
  const brokers = await startKafka({ brokers: 1 });
  return {
    name: 'kafka',
    address: brokers.address,
    setUp: (client) =>
      connect(client, 'kafka', {
        type: 'kafka',
        with: { brokers: [brokers.address], topics: ['n'] },
        events: ['kafka.*'],
      }),
    ready: `select 1 from sources where name = 'kafka' and cursor->'offsets' is not null`,
    put: (from, to) => brokers.produce('n', from % 4, texts(from, to)),
    ...countEvents('kafka', ofSource('kafka'), `data->'value'->>'n'`),
    // They keep nothing over a restart, so they stand still.
    faults: { 'the Kafka broker stands still': () => stand(1500, brokers.signal) },
    close: () => brokers.close(),
  };
}

export async function kubernetesOrigin(): Promise<Origin> {
  const cluster = await startKubernetesApi();
  const objects = { server: cluster.url, resources: ['v1/configmaps'] };
  return {
    name: 'kubernetes',
    address: new URL(cluster.url).host,
    setUp: (client) => connect(client, 'kubernetes', { type: 'kubernetes', with: objects, events: ['kubernetes.*'] }),
    ready: `select 1 from sources where name = 'kubernetes' and cursor->'versions' is not null`,
    async put(from, to) {
      for (let n = from; n <= to; n += 1)
        cluster.put('v1/configmaps', { metadata: { name: `n${n}` }, data: { n: String(n) } });
    },
    ...countEvents('kubernetes', ofSource('kubernetes'), `data->'object'->'data'->>'n'`),
    faults: {
      'the API server cuts its connections': async () => cluster.cut(),
      async 'the API server forgets the past'() {
        cluster.cut();
        cluster.forget();
      },
      'the API server ends its watches': async () => cluster.endWatches(),
      async 'the API server answers 500'() {
        cluster.refuse(500);
        cluster.cut();
        await pause(1500);
        cluster.refuse(undefined);
      },
    },
    close: () => cluster.close(),
  };
}

export async function postgresOrigin(): Promise<Origin> {
  const dataDir = mkdtempSync(join(tmpdir(), 'annex-wal-'));
  chmodSync(dataDir, 0o755);
  const options = { dataDir, logger: silentLogger, settings: { wal_level: 'logical', fsync: 'off' } };
  let server = await startEmbeddedPostgres(options);
  const { url } = server;
  const query = async (text: string): Promise<void> => {
    const client = new Postgres({ connectionString: url });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  await query('create table rows (n int primary key); create publication annex for table rows');
  return {
    name: 'changes',
    address: new URL(url).host,
    async setUp(client) {
      await client.put('/api/secrets/PG_URL', { value: `${url}?sslmode=disable` });
      await connect(client, 'changes', { type: 'postgres', with: { url: '${SECRET:PG_URL}' }, events: ['pg.*'] });
    },
    ready: `select 1 from sources where name = 'changes' and last_batch_at is not null`,
    put: (from, to) => query(`insert into rows select generate_series(${from}, ${to})`),
    ...countEvents('changes', `type = 'pg.insert'`, `data->'new'->>'n'`),
    faults: {
      'the database of the changes ends the connection': () =>
        query('select pg_terminate_backend(pid) from pg_stat_replication'),
      async 'the database of the changes crashes'() {
        process.kill(server.pid, 'SIGQUIT');
        await server.ended;
        server = await startEmbeddedPostgres({ ...options, port: Number(new URL(url).port) });
      },
      'the database of the changes stands still': () => stand(1500, (signal) => signalAll(server.pid, signal)),
    },
    async close() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
