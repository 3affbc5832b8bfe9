import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlugin } from '@annex/sdk/testing';

test('counts a paid order once, however often its event comes', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  const order = { id: 'o-1', total: 40 };
  assert.deepEqual(await plugin.event('order.paid', { order }, { id: 'e-1' }), [{ orders: 1, revenue: 40 }]);
  assert.deepEqual(await plugin.event('order.paid', { order }, { id: 'e-1', attempt: 2 }), [
    { skipped: 'seen before' },
  ]);
  await plugin.event('order.paid', { order: { id: 'o-2', total: 2 } });
  const answer = await plugin.request('GET', '/stats');
  assert.deepEqual(await answer.json(), { orders: 2, revenue: 42 });
  assert.deepEqual(
    plugin.emitted.map(({ type, data }) => ({ type, data })),
    [
      { type: 'orders.counted', data: { orders: 1, revenue: 40 } },
      { type: 'orders.counted', data: { orders: 2, revenue: 42 } },
    ],
  );
});

test('does not try again what can never work', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  await assert.rejects(plugin.event('order.paid', {}), { code: 'NON_RETRYABLE' });
});
