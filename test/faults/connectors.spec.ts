/**
 * Sources whose origins are brokers and clusters, while the workers that hold them are killed and frozen, and the
 * origins themselves are: in the end every message once.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { startKubernetesApi, type KubernetesApi } from '../support/kubernetes-api.js';
import { mayLeaveOutKafka, startKafka, type KafkaBrokers } from '../support/kafka.js';
import { mayLeaveOutMosquitto, publish, startMosquitto, type Mosquitto } from '../support/mosquitto.js';

let deployment: Deployment;
let broker: Mosquitto;
let kafka: KafkaBrokers;
const mayLeaveOut = mayLeaveOutMosquitto || mayLeaveOutKafka;
let cluster: KubernetesApi;
beforeAll(async () => {
  if (mayLeaveOut) return;
  [deployment, broker, cluster, kafka] = await Promise.all([
    startDeployment(),
    startMosquitto(),
    startKubernetesApi(),
    startKafka({ brokers: 1 }),
  ]);
});
afterAll(async () => {
  await deployment?.stop();
  await Promise.all([broker?.close(), cluster?.close(), kafka?.close()]);
});

/** An origin that is written to all along, and what its events say. */
interface Origin {
  name: string;
  source: object;
  /** The number that an event carries, in SQL. */
  number: string;
  put(from: number, to: number): Promise<void>;
  /** Breaks it, and mends it. */
  shake(round: number): Promise<void>;
}

function origins(): Origin[] {
  return [
    {
      name: 'mqtt',
      source: {
        type: 'mqtt',
        with: { url: `mqtt://127.0.0.1:${broker.port}`, topics: ['n'] },
        events: ['mqtt.*'],
      },
      number: `data->'payload'->>'n'`,
      put: (from, to) =>
        publish(
          broker.port,
          'n',
          Array.from({ length: to - from + 1 }, (_, index) => JSON.stringify({ n: from + index })),
        ),
      shake: () => broker.restart('SIGTERM'),
    },
    {
      name: 'kafka',
      source: { type: 'kafka', with: { brokers: [kafka.address], topics: ['n'] }, events: ['kafka.*'] },
      number: `data->'value'->>'n'`,
      put: (from, to) =>
        kafka.produce(
          'n',
          from % 4,
          Array.from({ length: to - from + 1 }, (_, index) => JSON.stringify({ n: from + index })),
        ),
      // It keeps nothing over a restart, so it stands still.
      async shake() {
        kafka.signal('SIGSTOP');
        await new Promise((done) => setTimeout(done, 1000));
        kafka.signal('SIGCONT');
      },
    },
    {
      name: 'kubernetes',
      source: {
        type: 'kubernetes',
        with: { server: cluster.url, resources: ['v1/configmaps'] },
        events: ['kubernetes.*'],
      },
      number: `data->'object'->'data'->>'n'`,
      async put(from, to) {
        for (let n = from; n <= to; n += 1)
          cluster.put('v1/configmaps', { metadata: { name: `n${n}` }, data: { n: String(n) } });
      },
      async shake(round) {
        cluster.cut();
        if (round % 2 === 1) cluster.forget();
      },
    },
  ];
}

async function until(sql: string, wanted: (value: number) => boolean): Promise<void> {
  for (;;) {
    const [row] = await deployment.sql<{ n: number }>(sql);
    if (row && wanted(Number(row.n))) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

it.skipIf(mayLeaveOut)(
  'loses nothing and gives nothing twice, whoever holds a source or gives its events when it is killed or stands still',
  async () => {
    const all = origins();
    const environment = {
      ANNEX_EGRESS_ALLOW_PRIVATE: `127.0.0.1:${broker.port},${new URL(cluster.url).host},${kafka.address}`,
    };
    const startWorkers = (): Promise<AnnexProcess[]> =>
      Promise.all([deployment.start('worker', { environment }), deployment.start('worker', { environment })]);
    const api = await deployment.start('api', { environment });
    let workers = await startWorkers();
    const client = (await deployment.makeTenant(api)).client(api);
    for (const { name, source } of all) expect((await client.put(`/api/sources/${name}`, source)).status).toBe(201);
    await until(
      `select count(*) as n from sources
       where jsonb_path_exists(cursor::jsonb, '$.topics[*]') or cursor->'versions' is not null
         or cursor->'offsets' is not null`,
      (n) => n === all.length,
    );

    const last = new Map(all.map(({ name }) => [name, 0]));
    const taken = ({ name }: Origin): string =>
      `select count(*) as n from events where source = 'annex:source/${name}'`;
    const goesOn = async (): Promise<void> => {
      for (const origin of all) {
        const from = (last.get(origin.name) ?? 0) + 1;
        await origin.put(from, from + 29);
        last.set(origin.name, from + 29);
      }
    };
    const isTaken = async (): Promise<void> => {
      for (const origin of all) await until(taken(origin), (n) => n >= (last.get(origin.name) ?? 0));
    };
    await goesOn();
    await isTaken();
    for (let round = 0; round < 2; round += 1) {
      await goesOn();
      // In the middle of it: what was read may be committed, acknowledged, both or neither.
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      await goesOn();
      workers = await startWorkers();
      await Promise.all(all.map((origin) => origin.shake(round)));
      await goesOn();
      await isTaken();
    }
    // Frozen, they keep their connections; others take them, and what the frozen ones had in hand is refused.
    await goesOn();
    const frozen = workers;
    for (const worker of frozen) worker.signal('SIGSTOP');
    await startWorkers();
    await isTaken();
    for (const worker of frozen) worker.signal('SIGCONT');
    await goesOn();
    await isTaken();
    for (const { name, number } of all) {
      const most = last.get(name) ?? 0;
      const [counts] = await deployment.sql(
        `select count(*)::int as events, count(distinct id)::int as ids, count(distinct ${number})::int as numbers,
           count(*) filter (where (${number})::int not between 1 and ${most})::int as wrong
         from events where source = 'annex:source/${name}'`,
      );
      expect(counts, name).toEqual({ events: most, ids: most, numbers: most, wrong: 0 });
    }
  },
);
