/**
 * Two hundred schedules of one second each on three workers, two of which are killed, with a blackout in which no
 * worker lives: every tick must be decided once, and become what its policies say.
 */
import type { Deployment } from '../support/deployment.js';
import { expect } from 'vitest';
import { packPlugin, until } from '../support/annex.js';
import { judgeTicks, type TickRule } from './checker.js';
import { startCluster } from './cluster.js';
import { readTicks, untilSettled } from './history.js';
import { report } from './report.js';

const tenants = 10;
const secondsCalm = 6;
const blackoutS = 5;

/** Twenty jobs of a plugin. A slow machine has ticks to skip where `overlap` lets it, and must run the others. */
const policies = [
  ...Array.from({ length: 14 }, () => ({ overlap: 'skip', catch_up: 'latest', skips: ['OVERLAP', 'SUPERSEDED'] })),
  ...Array.from({ length: 3 }, () => ({ overlap: 'skip', catch_up: 'none', skips: ['OVERLAP', 'MISSED'] })),
  ...Array.from({ length: 3 }, () => ({ overlap: 'allow', catch_up: 'all', skips: [] })),
];
const jobs = policies.map(({ overlap, catch_up }, index) => ({
  name: `tick${index}`,
  schedule: '* * * * * *',
  overlap,
  catch_up,
  misfire_deadline_s: 3600,
  retry: { max_attempts: 5, backoff: 'fixed', initial_delay_s: 1 },
}));
const plugin = {
  manifest: { slug: 'clock', jobs },
  code: `import { job } from '@annex/sdk'\n${jobs.map(({ name }) => `job('${name}', () => {})`).join('\n')}`,
};

/** Waits until so many seconds have been decided for every schedule, by the ticks themselves. */
async function untilDecided(sql: Deployment['sql'], seconds: number, schedules: number): Promise<void> {
  const [now] = await sql<{ at: Date }>('select now() as at');
  await until(
    () =>
      sql<{ n: number }>(
        "select count(*)::int as n from schedules where next_at > $1::timestamptz + $2 * interval '1 second'",
        [now?.at, seconds],
      ),
    ([row]) => row?.n === schedules,
  );
}

export async function manySchedules(backend: 'redis' | 'postgres'): Promise<void> {
  const cluster = await startCluster({ redis: backend === 'redis', apis: 1, workers: 3 });
  try {
    const { deployment, workers } = cluster;
    const { sql } = deployment;
    const api = await cluster.apis[0]?.up();
    if (api === undefined) throw new Error('there is no api');
    const slugs: string[] = [];
    for (let number = 0; number < tenants; number += 1) {
      const tenant = await deployment.makeTenant(api);
      slugs.push(tenant.slug);
      const uploaded = await tenant.client(api).upload(packPlugin(plugin), { enable: 'true', grant: 'all' });
      expect(uploaded.status).toBe(201);
    }
    const rules = new Map<string, TickRule>(
      slugs.flatMap((slug) =>
        policies.map(({ skips }, index) => [`${slug}/tick${index}`, { everyMs: 1000, skips }] as const),
      ),
    );
    const decided = (seconds: number): Promise<void> => untilDecided(sql, seconds, rules.size);

    await decided(secondsCalm);
    const calmUntilMs = Date.now();
    await workers[0]?.end('SIGKILL');
    await decided(2);
    await workers[1]?.end('SIGKILL');
    await decided(2);
    // The blackout: each is held where it stands, as by a machine that sleeps, and dies there.
    const processes = await Promise.all(workers.map((worker) => worker.up()));
    for (const process of processes) process.signal('SIGSTOP');
    await new Promise((done) => setTimeout(done, blackoutS * 1000));
    for (const process of processes) process.signal('SIGKILL');
    await Promise.all(workers.map((worker) => worker.up()));
    await decided(3);
    for (const slug of slugs)
      await sql(`update schedules set paused = true where tenant_id = (select id from tenants where slug = $1)`, [
        slug,
      ]);

    const open = await untilSettled(sql, slugs, 120_000);
    const ticks = await readTicks(sql, slugs);
    const wrong = judgeTicks(ticks, rules);
    const calm = ticks
      .filter(({ atMs, status }) => atMs > calmUntilMs - 5000 && atMs < calmUntilMs - 1000 && status === 'succeeded')
      .map(({ lagMs }) => lagMs)
      .sort((one, other) => one - other);
    const count = (status: string): number =>
      ticks.filter((tick) => tick.status === status).reduce((sum, { stretch }) => sum + (stretch?.ticks ?? 1), 0);
    report(`${rules.size} schedules of one second on 3 workers, queue on ${backend}`, {
      'ticks that ran': count('succeeded'),
      'ticks that were skipped': count('skipped'),
      'missing, decided twice or against their policy (gate: 0)': wrong.length,
      'healthy lag, p99 (gate: 1 s)':
        `${((calm[Math.floor(calm.length * 0.99)] ?? 0) / 1000).toFixed(2)} s ` + `over ${calm.length} ticks`,
    });
    expect({ open: open.length, wrong: wrong.slice(0, 20) }).toEqual({ open: 0, wrong: [] });
    // In the blackout ticks were missed, so that each policy had something to decide.
    for (const code of ['SUPERSEDED', 'MISSED'])
      expect(ticks.filter((tick) => tick.code === code).length).toBeGreaterThan(0);
  } catch (thrown) {
    process.stderr.write(cluster.lastWords());
    throw thrown;
  } finally {
    await cluster.stop();
  }
}
