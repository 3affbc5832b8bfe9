/**
 * Questions to an agent, while the workers that ask are killed just before and just after they do, and the agent itself
 * is killed and started again: in the end each question is one task, and each has its answer.
 */
import { fileURLToPath } from 'node:url';
import type { Failpoint } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startA2aProcess, type A2aProcess } from '../support/a2a-process.js';
import { install, startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';
import { asker } from './asked-origins.js';
import { report } from './report.js';
import { seeded, shuffle } from './seeded.js';
import { rounds, seed } from './settings.js';

const random = seeded(seed);
const limitMs = rounds * 300_000;
const preload = fileURLToPath(new URL('./agent.ts', import.meta.url));

let deployment: Deployment;
let agent: A2aProcess;
beforeAll(async () => {
  [deployment, agent] = await Promise.all([startDeployment(), startA2aProcess()]);
});
afterAll(async () => {
  await deployment?.stop();
  await agent?.stop();
});

async function until(isThere: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isThere())) await new Promise((done) => setTimeout(done, 50));
}

it(
  'asks each question once, whoever is killed between asking and knowing it',
  async () => {
    const environment = { ANNEX_EGRESS_ALLOW_PRIVATE: new URL(agent.url).host };
    const startWorkers = (): Promise<AnnexProcess[]> =>
      Promise.all([1, 2].map(() => deployment.start('worker', { environment, preload })));
    const api = await deployment.start('api', { environment });
    let workers = await startWorkers();
    const client = (await deployment.makeTenant(api)).client(api);
    await client.put('/api/secrets/AGENT_URL', { value: agent.url });
    await install(client, asker);

    let sent = 0;
    const restart = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        sent += 1;
        const event = { id: `restart-${sent}`, type: 'pod.restart', subject: `pod-${sent}`, data: {} };
        expect((await client.post('/api/events', event)).status).toBe(202);
      }
    };
    const replaceWorkers = async (): Promise<void> => {
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      workers = await startWorkers();
    };
    const killAt = async (at: Failpoint): Promise<void> => {
      for (const worker of workers) worker.tell({ at, do: 'kill' });
      await restart(6);
      expect(await Promise.race(workers.map(({ ended }) => ended)), at).toMatchObject({ signal: 'SIGKILL' });
    };
    const killAgent = async (): Promise<void> => {
      const known = agent.tasks().length;
      await restart(6);
      // It has kept one and has not said so yet.
      await until(() => agent.tasks().length > known);
      await agent.kill();
    };
    const faults: Record<string, () => Promise<void>> = {
      async 'a worker is killed before it asks'() {
        await killAt('agent.asking');
        await replaceWorkers();
      },
      async 'a worker is killed when it was answered'() {
        await killAt('agent.asked');
        await replaceWorkers();
      },
      async 'the agent is killed before it answers'() {
        await killAgent();
        await agent.start();
      },
      async 'both are killed'() {
        await killAt('agent.asked');
        await replaceWorkers();
        await killAgent();
        await replaceWorkers();
        await agent.start();
      },
    };
    const ended = (status: string): Promise<{ n: number }[]> =>
      deployment.sql<{ n: number }>(
        `select count(*)::int as n from runs where kind = 'webhook' and status = '${status}'`,
      );
    const schedule = Array.from({ length: rounds }, () => shuffle(Object.keys(faults), random)).flat();
    for (const name of schedule) {
      await faults[name]?.();
      await until(async () => {
        const [[done], [failed]] = await Promise.all([ended('succeeded'), ended('failed')]);
        expect(failed, name).toEqual({ n: 0 });
        return done?.n === sent;
      });
    }

    const tasks = agent.tasks();
    const rows = await deployment.sql<{ delivery: string; task: string }>(
      `select data->>'delivery_id' as delivery, data->>'task_id' as task from events where type = 'agent.completed'`,
    );
    report(`faults of agents and those who ask them, seed ${seed}`, {
      faults: schedule.length,
      questions: sent,
      tasks: tasks.length,
      answers: rows.length,
    });
    expect(rows.map(({ delivery, task }) => [delivery, task]).toSorted()).toEqual(
      tasks.map(({ id, messageId }) => [messageId, id]).toSorted(),
    );
    expect(new Set(tasks.map(({ messageId }) => messageId)).size).toBe(sent);
    expect(tasks).toHaveLength(sent);
  },
  limitMs,
);
