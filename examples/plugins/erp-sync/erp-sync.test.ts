import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

interface Order {
  id: string;
  revision: number;
  status?: string;
  total: number;
  changed_at: string;
}

const order = (n: number, more: Partial<Order> = {}): Order => ({
  id: `o${n}`,
  revision: 1,
  status: 'open',
  total: n,
  changed_at: `2026-01-31T10:${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z`,
  ...more,
});

let orders: Order[];
let status: number;
let plugin: TestPlugin;
beforeEach(async () => {
  orders = [];
  status = 200;
  plugin = await openPlugin(import.meta.dirname, {
    secrets: { ERP_TOKEN: 'token', ERP_HOOK_SECRET: 'hush' },
    http: ({ url }) => {
      const { searchParams } = new URL(url);
      const after = searchParams.get('changed_after') ?? '';
      const page = orders.filter(({ changed_at: at }) => at > after).slice(0, Number(searchParams.get('limit')));
      return { status, body: page };
    },
  });
  return () => plugin.close();
});
afterAll(closeSandbox);

it('brings in what changed, and goes on there', async () => {
  orders = Array.from({ length: 130 }, (_, n) => order(n));
  const first = await plugin.source('orders').poll();
  expect([first.events.length, first.more, first.cursor]).toEqual([100, true, order(99).changed_at]);
  const second = await plugin.source('orders').poll();
  expect([second.events.length, second.more]).toEqual([30, false]);
  expect(second.events[0]).toMatchObject({ type: 'erp.order.changed', subject: 'order/o100', data: { total: 100 } });
  expect((await plugin.source('orders').poll()).events).toEqual([]);
});

it('gives an order that it gave before no second time', async () => {
  orders = [order(1)];
  await plugin.source('orders').poll();
  expect(await plugin.source('orders').poll(null)).toMatchObject({ events: [], duplicates: 1 });
  orders = [order(1, { revision: 2, status: 'cancelled' })];
  expect((await plugin.source('orders').poll(null)).events).toMatchObject([{ type: 'erp.order.cancelled' }]);
});

it('stays where it was when the ERP is away', async () => {
  orders = [order(1)];
  await plugin.source('orders').poll();
  status = 503;
  await expect(plugin.source('orders').poll()).rejects.toMatchObject({ code: 'PLUGIN_ERROR', next: { then: 'retry' } });
  status = 429;
  await expect(plugin.source('orders').poll()).rejects.toMatchObject({ code: 'RETRY_AFTER' });
  expect(plugin.source('orders').cursor).toBe(order(1).changed_at);
});

it('keeps an order without a status from every handler', async () => {
  const { status: _left, ...bare } = order(1);
  orders = [bare];
  expect(await plugin.source('orders').poll()).toMatchObject({ events: [], rejected: [{ subject: 'order/o1' }] });
});

it('takes a webhook of the ERP, and refuses one that tells of no order', async () => {
  expect((await plugin.source('push').receive({ body: { ...order(1) } })).events).toMatchObject([
    { type: 'erp.order.changed', source: 'annex:source/erp-sync.push' },
  ]);
  await expect(plugin.source('push').receive({ body: {} })).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
});

it('keeps the latest of each order', async () => {
  await plugin.event('erp.order.changed', { ...order(1, { revision: 3, total: 7 }) });
  await plugin.event('erp.order.changed', { ...order(1) });
  expect(plugin.kv.get('order:o1')).toMatchObject({ revision: 3, total: 7 });
});
