/**
 * Who waits for an answer and who works in the background, beside each other in one program: neither keeps the other
 * from running.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

const busy = {
  manifest: {
    slug: 'busy',
    routes: true,
    jobs: [
      { name: 'burn', overlap: 'allow' },
      { name: 'quick', overlap: 'allow' },
    ],
  },
  code: pluginCode('fairness-busy'),
};

async function makeTenant(): Promise<TestTenant> {
  const tenant = await annex.makeTenant();
  await tenant.install(busy);
  return tenant;
}

const open = async (tenant: TestTenant): Promise<number> => {
  const pages = await Promise.all(
    ['queued', 'running'].map((status) => tenant.owner.get(`/api/runs?kind=job&status=${status}&limit=200`)),
  );
  return pages.reduce((sum, { body }) => sum + (body.items as unknown[]).length, 0);
};

describe('a flood', () => {
  it('of jobs that take all of the processor leaves the routes of the same and of other tenants answered', async () => {
    const [flooding, quiet] = [await makeTenant(), await makeTenant()];
    for (let n = 0; n < 40; n += 1)
      expect((await flooding.owner.post('/api/plugins/busy/jobs/burn/run-now', {})).status).toBe(202);
    await until(
      () => flooding.owner.get('/api/runs?kind=job&status=running'),
      ({ body }) => body.items.length > 0,
    );
    for (let n = 0; n < 10; n += 1) {
      for (const tenant of [flooding, quiet])
        expect(await tenant.owner.get('/ext/busy/ping')).toMatchObject({ status: 200, body: { pong: true } });
    }
    expect(await open(flooding)).toBeGreaterThan(0);
    // And the other tenant's background work does not wait for the flood to end.
    expect(await quiet.owner.post('/api/plugins/busy/jobs/quick/run-now?wait=30', {})).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
    });
    expect(await open(flooding)).toBeGreaterThan(0);
    expect((await flooding.owner.delete('/api/plugins/busy')).status).toBe(204);
    expect(await open(flooding)).toBe(0);
  });

  it('of route calls leaves the background work of the same and of other tenants done', async () => {
    const [flooding, quiet] = [await makeTenant(), await makeTenant()];
    let isOver = false;
    const statuses = new Set<number>();
    const callers = Array.from({ length: 24 }, async () => {
      while (!isOver) statuses.add((await flooding.owner.get('/ext/busy/burn')).status);
    });
    await until(
      () => Promise.resolve(statuses.size),
      (count) => count > 0,
    );
    const wait = (tenant: TestTenant): Promise<Answer> =>
      tenant.owner.post('/api/plugins/busy/jobs/quick/run-now?wait=30', {});
    for (const tenant of [flooding, quiet, flooding])
      expect(await wait(tenant)).toMatchObject({ status: 200, body: { status: 'succeeded', result: 'quick' } });
    isOver = true;
    await Promise.all(callers);
    expect(
      [...statuses].every((status) => [200, 429, 503, 504].includes(status)),
      String([...statuses]),
    ).toBe(true);
  });
});

describe('back-pressure', () => {
  it('refuses what would wait beyond the tenant’s cap with 429 and when to come again, and nobody else’s', async () => {
    const [full, other] = [await makeTenant(), await makeTenant()];
    await annex.db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, waiting_for)
       select i.tenant_id, uuidv7(), i.id, i.slug, 'job', 'burn', 'queued', 'overlap' from installations i
       join tenants t on t.id = i.tenant_id cross join generate_series(1, 10000) where t.slug = $1`,
      [full.slug],
    );
    // Parked without anything that they wait for: they may be unparked at any time, which makes no room.
    const refused = await full.owner.post('/api/plugins/busy/jobs/quick/run-now', {});
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'QUEUE_FULL', detail: expect.stringContaining('10000') },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await other.owner.post('/api/plugins/busy/jobs/quick/run-now?wait=30', {})).status).toBe(200);
    expect((await full.owner.delete('/api/plugins/busy')).status).toBe(204);
  });
});

describe('the metrics', () => {
  it('show queue, oldest wait, dead letters, schedules and runs by outcome, and name no tenant', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: {
        slug: 'metered',
        routes: true,
        jobs: [
          { name: 'fail', retry: { max_attempts: 1 } },
          { name: 'hold', overlap: 'queue' },
        ],
      },
      code: pluginCode('metered'),
    });
    expect((await tenant.owner.post('/api/plugins/metered/jobs/fail/run-now?wait=30', {})).body.status).toBe('failed');
    await tenant.owner.get('/ext/metered/r');
    for (let n = 0; n < 2; n += 1) await tenant.owner.post('/api/plugins/metered/jobs/hold/run-now', {});
    const value = (text: string, series: string): number =>
      Number(new RegExp(`^${series.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
    const { body: text } = await until(
      () => tenant.owner.get('/metrics'),
      ({ body }) =>
        value(body, 'annex_background_runs{state="parked"}') >= 1 &&
        value(body, 'annex_background_runs{state="running"}') >= 1 &&
        value(body, 'annex_runs_last_minute{kind="route",status="succeeded"}') >= 1,
    );
    expect(value(text, 'annex_background_runs{state="running"}')).toBeGreaterThanOrEqual(1);
    for (const state of ['due', 'delayed'])
      expect(value(text, `annex_background_runs{state="${state}"}`)).toBeGreaterThanOrEqual(0);
    expect(value(text, 'annex_dead_letters')).toBeGreaterThanOrEqual(1);
    expect(value(text, 'annex_queue_oldest_waiting_seconds')).toBeGreaterThanOrEqual(0);
    expect(value(text, 'annex_schedule_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(value(text, 'annex_runs_last_minute{kind="job",status="failed"}')).toBeGreaterThanOrEqual(1);
    expect(value(text, 'annex_attempts_total{outcome="failed"}')).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain(tenant.slug);
    expect(text).not.toContain('metered');
  });
});
