/**
 * Events through a mapping that keeps back what was said already, while whoever takes and handles them is killed. What
 * is remembered of a key is written with the event and its runs: marked apart from them, a key could be marked and its
 * event lost.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/annex.js';
import { install, startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { report } from './report.js';
import { pick, seeded, shuffle } from './seeded.js';
import { rounds, seed } from './settings.js';

const random = seeded(seed);
const limitMs = rounds * 300_000;
/** Said by so many clients at once, each of which says it until it is answered. */
const sayers = 3;
const plugin = {
  manifest: { slug: 'hears', events: ['work.asked'] },
  code: `import { hook } from '@annex/sdk'
    hook('work.asked', (ctx, { data }) => ctx.emit('work.done', { key: data.key }))`,
  files: {
    'mappings/said.yaml':
      'api_version: v1\nmappings:\n  - type: work.said\n    to: work.asked\n    severity: warning\n' +
      '    dedupe: { key: "{{ data.key }}", window_s: 86400 }\n',
  },
};

let deployment: Deployment;
beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment.stop());

async function until(sql: string, wanted: (value: number) => boolean): Promise<void> {
  for (;;) {
    const [row] = await deployment.sql<{ n: number }>(sql);
    if (row && wanted(Number(row.n))) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

it(
  'handles each key once, however often it is said and whoever is killed meanwhile',
  async () => {
    let apis = await Promise.all([deployment.start('api'), deployment.start('api')]);
    let workers = await Promise.all([deployment.start('worker'), deployment.start('worker')]);
    const [first] = apis as [AnnexProcess, AnnexProcess];
    const tenant = await deployment.makeTenant(first);
    await install(tenant.client(first), plugin);

    const said = new Set<string>();
    let [number, isOver, others] = [0, false, 0];
    const say = async (key: string, sayer: number): Promise<void> => {
      for (let attempt = 0; ; attempt += 1) {
        const client: Client = tenant.client(pick(apis, random));
        const event = { id: `${key}/${sayer}/${attempt}`, type: 'work.said', data: { key } };
        const status = await client.post('/api/events', event).then(
          (answer) => answer.status,
          () => 0,
        );
        if (status === 202) return void said.add(key);
        others += 1;
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    const talking = (async () => {
      while (!isOver) {
        number += 1;
        await Promise.all(Array.from({ length: sayers }, (_, sayer) => say(`k${number}`, sayer)));
      }
    })();

    const done = `select count(*) as n from events where type = 'work.done'`;
    const goesOn = async (): Promise<void> => {
      const [before] = await deployment.sql<{ n: string }>(done);
      await until(done, (n) => n > Number(before?.n) + 20);
    };
    const kill = async (role: 'api' | 'worker', all: AnnexProcess[]): Promise<AnnexProcess[]> => {
      const [victim, ...rest] = shuffle(all, random);
      victim?.signal('SIGKILL');
      await victim?.ended;
      return [...rest, await deployment.start(role)];
    };
    const faults: Record<string, () => Promise<void>> = {
      'an api is killed': async () => void (apis = (await kill('api', apis)) as typeof apis),
      'a worker is killed': async () => void (workers = (await kill('worker', workers)) as typeof workers),
      'PostgreSQL crashes': () => deployment.restartPostgres(),
    };
    const schedule = Array.from({ length: 2 * rounds }, () => shuffle(Object.keys(faults), random)).flat();
    await goesOn();
    for (const name of schedule) {
      await faults[name]?.();
      await goesOn();
    }
    isOver = true;
    await talking;
    await until(`select count(distinct data->>'key') as n from events where type = 'work.done'`, (n) => n >= said.size);
    const [found] = await deployment.sql<{ keys: number; passed: number; done: number; kept: number }>(
      `select count(distinct data->>'key')::int as keys,
         count(*) filter (where type = 'work.asked' and suppressed_by is null)::int as passed,
         count(*) filter (where type = 'work.done')::int as done,
         count(*) filter (where suppressed_by is not null)::int as kept
       from events where type in ('work.asked', 'work.done')`,
    );
    report(`events through a mapping with dedupe, seed ${seed}`, {
      ...{ faults: schedule.length, 'keys acknowledged': said.size, 'unanswered or refused': others },
      'kept back': found?.kept ?? 0,
      'lost (gate: 0)': said.size - (found?.keys ?? 0),
      'handled twice (gate: 0)': (found?.done ?? 0) - said.size,
    });
    expect(found).toMatchObject({ keys: said.size, passed: said.size, done: said.size });
    expect(found?.kept).toBeGreaterThanOrEqual(said.size * (sayers - 1));
  },
  limitMs,
);
