/** Nothing grows for ever, nothing goes by accident. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

const job = (name: string, retry: object = {}): object => ({ name, schedule: '@yearly', retry: { max_attempts: 1, backoff: 'fixed', initial_delay_s: 1, ...retry } });
const runNow = (tenant: TestTenant, name: string): Promise<Answer> => tenant.owner.post(`/api/plugins/work/jobs/${name}/run-now?wait=30`, {});
const endOf = (tenant: TestTenant, id: string): Promise<Answer> => until(() => tenant.owner.get(`/api/runs/${id}`), ({ body }) => ['succeeded', 'failed'].includes(body.status));

const worker = {
  manifest: { slug: 'work', routes: true, jobs: [job('third', { max_attempts: 3 }), job('never', { max_attempts: 2 }), job('fail')] },
  code: `import { job, route } from '@annex/sdk'
    job('third', (ctx) => { if (ctx.run.attempt < 3) throw new Error('not yet'); return 'done' })
    job('never', () => { throw new Error('never') })
    job('fail', () => { throw new Error('failed') })
    route('/ping', () => ({}))`,
};

describe('usage', () => {
  it('counts a run once, however many attempts it took, and a failure when there is no further attempt', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(worker);
    for (const name of ['third', 'never']) {
      const { body: run } = await runNow(tenant, name);
      await endOf(tenant, (run.id ?? run.run_id) as string);
    }
    await tenant.owner.get('/ext/work/ping');
    const { body } = await tenant.owner.get('/api/usage');
    expect(body.items[0].metrics).toMatchObject({ runs: 3, job_runs: 2, route_runs: 1, failed_runs: 1, attempts: 6 });
  });
});

describe('dead letters', () => {
  const dead = async (tenant: TestTenant): Promise<string[]> => (await tenant.owner.get('/api/dead-letters')).body.items.map(({ id }: { id: string }) => id);
  const letters = async (count: number): Promise<{ tenant: TestTenant; ids: string[] }> => {
    const tenant = await annex.makeTenant();
    await tenant.install(worker);
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await runNow(tenant, 'fail')).body.id as string);
    expect((await dead(tenant)).sort()).toEqual([...ids].sort());
    return { tenant, ids };
  };

  it.each(['replay', 'discard'])('are not all meant by an empty body of %s: a filter has to be named, or all', async (act) => {
    const { tenant, ids } = await letters(1);
    for (const body of [undefined, {}]) {
      const refused = await tenant.owner.post(`/api/dead-letters/${act}`, body);
      expect(refused).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT', detail: expect.stringContaining('"all": true') } });
    }
    expect(await tenant.owner.post(`/api/dead-letters/${act}`, { all: false })).toMatchObject({ status: 422 });
    expect(await tenant.owner.post(`/api/dead-letters/${act}`, { all: true, kind: 'job' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/all' }] } });
    expect(await dead(tenant)).toEqual(ids);
    expect((await tenant.owner.post(`/api/dead-letters/${act}`, { all: true })).status).toBeLessThan(300);
    await until(() => dead(tenant), (left) => !left.includes(ids[0] ?? ''));
  });

  it('are discarded by id, by filter or one by one: they leave the list and the metrics, stay in the history, and the audit trail says who did it', async () => {
    const { tenant, ids } = await letters(4);
    const stranger = await annex.makeTenant();
    const [first, second, ...rest] = ids as [string, string, ...string[]];
    const gauge = async (): Promise<number> => Number(/^annex_dead_letters\S* (\d+)$/m.exec((await annex.operator.get('/metrics')).body as string)?.[1]);
    const before = await gauge();
    expect(await stranger.owner.post('/api/dead-letters/discard', { ids: [first] })).toMatchObject({ status: 200, body: { discarded: 0, remaining: 0 } });
    expect(await stranger.owner.post(`/api/runs/${first}/discard`)).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } });
    expect(await tenant.owner.post('/api/dead-letters/discard', { ids: [first] })).toMatchObject({ status: 200, body: { discarded: 1, remaining: 0 } });
    const one = await tenant.owner.post(`/api/runs/${second}/discard`);
    expect(one).toMatchObject({ status: 200, body: { id: second, status: 'failed', discarded_at: expect.any(String) } });
    expect(await tenant.owner.post(`/api/runs/${second}/discard`)).toMatchObject({ status: 200, body: { discarded_at: one.body.discarded_at } });
    expect((await dead(tenant)).sort()).toEqual([...rest].sort());
    expect(await tenant.owner.post('/api/dead-letters/discard', { kind: 'job' })).toMatchObject({ status: 200, body: { discarded: 2, remaining: 0 } });
    expect(await dead(tenant)).toEqual([]);
    await until(gauge, (now) => now <= before - 4);
    expect((await tenant.owner.get('/api/runs?status=failed')).body.items).toHaveLength(4);
    const ok = await tenant.owner.get('/ext/work/ping').then(() => until(() => tenant.owner.get('/api/runs?kind=route'), ({ body }) => body.items.length === 1));
    expect(await tenant.owner.post(`/api/runs/${ok.body.items[0].id}/discard`)).toMatchObject({ status: 404 });
    const again = await tenant.owner.post(`/api/runs/${first}/replay`, {});
    expect(again.status).toBe(202);
    const actions = (await tenant.owner.get('/api/audit?action=dead_letters.discarded')).body.items;
    expect(actions).toMatchObject([{ detail: { discarded: 2 } }, { detail: { discarded: 1 } }]);
    expect((await tenant.owner.get('/api/audit?action=run.discarded')).body.items[0]).toMatchObject({ target: second });
    expect((await (await tenant.as('member')).post('/api/dead-letters/discard', { all: true })).status).toBe(403);
  });
});
