/** A run tells what it was given, what brought it about and what it led to; and is found by name and by words. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
let owner: TestTenant['owner'];
let me: string;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  owner = tenant.owner;
  me = (await owner.get('/api/auth/me')).body.user.id;
  const installed = await tenant.install({
    manifest: {
      slug: 'shop',
      routes: true,
      events: ['order.*', 'stock.*'],
      jobs: [{ name: 'pack' }, { name: 'fails', retry: { max_attempts: 1 } }],
    },
    code: pluginCode('story-shop'),
  });
  expect(installed.body).toMatchObject({ status: 'enabled' });
});
afterAll(() => annex?.stop());

const ended = async (id: string): Promise<Answer['body']> =>
  (
    await until(
      () => owner.get(`/api/runs/${id}`),
      ({ body }) => body.finished_at !== null,
    )
  ).body;
const only = async (query: string): Promise<Answer['body']> => {
  const { body } = await until(
    () => owner.get(`/api/runs?${query}`),
    ({ body: { items } }) => items.length === 1 && items[0].finished_at !== null,
  );
  return (await owner.get(`/api/runs/${body.items[0].id}`)).body;
};

describe('a run', () => {
  it('that code brought about names the run, the event and what follows', async () => {
    const answer = await owner.post('/ext/shop/orders', {});
    expect(answer).toMatchObject({ status: 200, body: 'taken' });
    const route = await only('kind=route');
    const hook = await only('name=order.placed');
    const last = await only('name=stock.taken');
    const jobs = await until(
      async () => (await owner.get(`/api/runs/${hook.id}`)).body,
      ({ children }) =>
        children.length === 2 && children.every(({ status }: { status: string }) => status === 'succeeded'),
    );
    expect(route).toMatchObject({ trigger: { kind: 'request', by: null }, cause: null, payload: null });
    expect(route.emitted).toMatchObject([{ type: 'order.placed' }]);
    expect(route.children).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: hook.id, kind: 'event' }),
        expect.objectContaining({ kind: 'job', name: 'pack' }),
      ]),
    );
    expect(hook).toMatchObject({
      trigger: { kind: 'event', by: null },
      payload: { n: 7 },
      cause: { id: route.id, kind: 'route', plugin: 'shop' },
      emitted: [{ type: 'stock.taken' }],
    });
    const byHook = jobs.children.find(({ kind }: { kind: string }) => kind === 'job');
    expect((await owner.get(`/api/runs/${byHook.id}`)).body).toMatchObject({
      trigger: { kind: 'code', by: hook.id },
      cause: { id: hook.id },
      payload: { of: 'a hook' },
    });
    expect(last).toMatchObject({ trigger: { kind: 'event' }, cause: { id: hook.id }, children: [], emitted: [] });
  });

  it('that somebody asked for names them, and its replays', async () => {
    const { run_id: first } = (await owner.post('/api/plugins/shop/jobs/pack/run-now', { payload: { n: 1 } })).body;
    expect(await ended(first)).toMatchObject({
      trigger: { kind: 'manual', by: me, who: { id: me, type: 'user', name: expect.stringContaining('@') } },
      payload: { n: 1 },
      cause: null,
      replays: [],
    });
    const { run_id: again } = (await owner.post(`/api/runs/${first}/replay`, { payload: { n: 2 } })).body;
    expect(await ended(again)).toMatchObject({
      trigger: { kind: 'replay', by: me },
      replay_of: first,
      payload: { n: 2 },
    });
    expect((await owner.get(`/api/runs/${first}`)).body.replays).toMatchObject([{ id: again, name: 'pack' }]);
  });

  it('of the platform and of a replayed event say so', async () => {
    const sent = (await owner.post('/api/events', { type: 'stock.taken', data: { n: 3 } })).body;
    const first = await only(`event_id=${sent.event_id}`);
    const { body } = await owner.post(`/api/events/${sent.event_id}/replay`, {});
    expect(await ended(body.deliveries[0].run_id)).toMatchObject({
      trigger: { kind: 'replay', by: me },
      replay_of: first.id,
      payload: { n: 3 },
    });
  });
});

describe('runs are found', () => {
  it('by their handler’s name, and by words of their error, in pages', async () => {
    for (let index = 0; index < 3; index += 1)
      await ended((await owner.post('/api/plugins/shop/jobs/fails/run-now', {})).body.run_id);
    const names = async (query: string): Promise<string[]> =>
      (await owner.get(`/api/runs?${query}`)).body.items.map(({ name }: { name: string }) => name);
    expect(await names('name=fails')).toEqual(['fails', 'fails', 'fails']);
    expect(await names('name=fail')).toEqual([]);
    expect(await names('q=100%25%20STUCK')).toEqual(['fails', 'fails', 'fails']);
    expect(await names('q=plugin_error&plugin=shop&status=failed')).toEqual(['fails', 'fails', 'fails']);
    expect(await names('q=no%20such%20word')).toEqual([]);
    const first = (await owner.get('/api/runs?q=stuck&limit=2')).body;
    expect(first.items).toHaveLength(2);
    const second = (await owner.get(`/api/runs?q=stuck&limit=2&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ items: [{ name: 'fails' }], next_cursor: null });
    expect((await (await annex.makeTenant()).owner.get('/api/runs?q=stuck')).body.items).toEqual([]);
  });
});

describe('a chart', () => {
  it('counts what ran, by what it was and how long it took', async () => {
    const answer = (await owner.get('/api/stats?metric=runs&by=kind&bucket=1m&plugin=shop')).body;
    expect(answer).toMatchObject({ metric: 'runs', by: 'kind', bucket_s: 60 });
    expect(answer.times.length).toBeGreaterThanOrEqual(60);
    const sums = answer.series.map(({ key, values }: { key: string; values: number[] }) => [
      key,
      values.reduce((sum, value) => sum + value, 0),
    ]);
    expect(sums).toContainEqual(['route', 1]);
    expect((await owner.get('/api/stats?metric=wall_ms')).body).toMatchObject({
      by: null,
      bucket_s: 60,
      series: [{ key: 'p50' }, { key: 'p95' }, { key: 'p99' }],
    });
    expect(await owner.get('/api/stats?metric=runs&bucket=1s&since=2026-01-01T00:00:00Z')).toMatchObject({
      status: 422,
      body: { code: 'STATS_TOO_FINE' },
    });
    const backwards = '?metric=runs&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z';
    for (const query of ['', backwards, '?metric=runs&bucket=0m', '?metric=runs&by=colour', '?metric=runs&bucket=5'])
      expect(await owner.get(`/api/stats${query}`)).toMatchObject({ status: 422 });
    expect((await (await annex.makeTenant()).owner.get('/api/stats?metric=runs')).body.series).toEqual([]);
  });
});
