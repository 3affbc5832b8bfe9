import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

const DAY_MS = 86_400_000;
const dayAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);

let plugin: TestPlugin;
/** When events happen and what has run out in kv; the handlers' own clock is the machine's. */
let now: number;
beforeEach(async () => {
  now = Date.now();
  plugin = await openPlugin(import.meta.dirname, { now: () => now });
  return () => plugin.close();
});
afterAll(closeSandbox);

const yesterday = () => dayAt(Date.now() - DAY_MS);

/** Two sign-ups and three orders, two of them paid, at a time. */
async function trade(at: number) {
  now = at;
  await plugin.event('auth.user.created', { user: { id: 'usr_1' } });
  await plugin.event('auth.user.created', { user: { id: 'usr_2' } });
  await plugin.event('order.paid', { total: 20.5 });
  await plugin.event('order.paid', { total: 10 });
  await plugin.event('order.cancelled', { total: 99 });
}

it('closes yesterday with what happened yesterday', async () => {
  await trade(Date.now() - DAY_MS);
  await trade(Date.now());
  const report = { day: yesterday(), signups: 2, orders: 2, revenue: 30.5 };
  expect(await plugin.job('daily_report')).toEqual(report);
  expect(plugin.emitted).toMatchObject([{ type: 'kpi.reported', data: report }]);
  expect(await (await plugin.request('GET', `/reports/${report.day}`)).json()).toEqual(report);
});

it('closes the day that the payload names, with noughts when nothing happened', async () => {
  const day = dayAt(Date.now() - 3 * DAY_MS);
  expect(await plugin.job('daily_report', { day })).toEqual({ day, signups: 0, orders: 0, revenue: 0 });
});

it('writes the same report when a day is closed twice', async () => {
  await trade(Date.now() - DAY_MS);
  const first = await plugin.job('daily_report');
  expect(await plugin.job('daily_report', { day: yesterday() })).toEqual(first);
  expect(await (await plugin.request('GET', '/reports')).json()).toEqual({ days: [yesterday()] });
});

it('keeps an old report when its counts are gone', async () => {
  const day = '2020-01-31';
  plugin.kv.set(`report:${day}`, { day, signups: 1, orders: 2, revenue: 3 });
  expect(await plugin.job('daily_report', { day })).toEqual({ day, signups: 1, orders: 2, revenue: 3 });
  await expect(plugin.job('daily_report', { day: '2020-02-01' })).rejects.toMatchObject({
    code: 'NON_RETRYABLE',
    next: { then: 'dead' },
  });
});

it('keeps reports as long as the settings say, and counts for a week', async () => {
  await using short = await openPlugin(import.meta.dirname, { config: { keep_days: 10 }, now: () => now });
  await short.event('order.paid', { total: 1 });
  const { day } = (await short.job('daily_report', { day: dayAt(now) })) as { day: string };
  now += 8 * DAY_MS;
  expect(short.kv.keys()).toEqual([`report:${day}`]);
  now += 3 * DAY_MS;
  expect((await short.request('GET', `/reports/${day}`)).status).toBe(404);
});

it('counts nothing of an order whose total is no number, and does not try again', async () => {
  await expect(plugin.event('order.paid', { total: 'a lot' })).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  expect(plugin.kv.keys()).toEqual([]);
});

it.each(['yesterday', '2026-02-31x', '2999-01-01', 7])('gives up on a day that cannot be closed: %s', async (day) => {
  await expect(plugin.job('daily_report', { day })).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  expect(plugin.emitted).toEqual([]);
});

it('starts the job for an admin, with a day or without a body', async () => {
  const named = await plugin.request('POST', '/reports', { body: { day: '2026-01-31' } });
  expect([named.status, await named.json()]).toEqual([202, { run_id: plugin.startedJobs[0]?.runId }]);
  expect((await plugin.request('POST', '/reports')).status).toBe(202);
  expect(plugin.startedJobs).toMatchObject([
    { name: 'daily_report', payload: { day: '2026-01-31' } },
    { name: 'daily_report', payload: {} },
  ]);
});

it.each(['{"day":', 'null', '{"day":"31.1.2026"}', '{"day":7}'])(
  'answers 400 to a body that names no day: %s',
  async (body) => {
    expect((await plugin.request('POST', '/reports', { body })).status).toBe(400);
    expect(plugin.startedJobs).toEqual([]);
  },
);

it('lets no member below admin start it', async () => {
  const answer = await plugin.request('POST', '/reports', { user: { id: 'usr_2', email: null, role: 'developer' } });
  expect(answer.status).toBe(403);
  expect(plugin.startedJobs).toEqual([]);
});

it('answers 404 for a day without a report', async () => {
  expect((await plugin.request('GET', '/reports/2026-01-31')).status).toBe(404);
  expect((await plugin.request('GET', `/reports/${'x'.repeat(600)}`)).status).toBe(404);
});
