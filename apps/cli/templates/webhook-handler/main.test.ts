import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlugin } from '@annex/sdk/testing';

/** Nobody is signed in; the signature is checked by Annex, and not in tests. */
const open = () => openPlugin(import.meta.dirname, { secrets: { WEBHOOK_SECRET: 'of a test' }, user: null });

test('makes an event of a delivery, once', async () => {
  await using plugin = await open();
  const body = { id: 'd-1', type: 'invoice.paid', data: { total: 3 } };
  const first = await plugin.request('POST', '/', { body });
  assert.deepEqual([first.status, await first.json()], [202, { event_id: '__SLUG__-d-1' }]);
  await plugin.request('POST', '/', { body });
  assert.deepEqual(
    plugin.emitted.map(({ type, data, subject }) => ({ type, data, subject })),
    [{ type: 'incoming.invoice.paid', data: { total: 3 }, subject: 'd-1' }],
  );
});

test('refuses what is no delivery', async () => {
  await using plugin = await open();
  for (const body of [{}, { id: 'd-1' }, { id: '!', type: 'a' }, { id: 'd-1', type: 'No spaces' }, 'no JSON'])
    assert.equal((await plugin.request('POST', '/', { body })).status, 400);
  assert.deepEqual(plugin.emitted, []);
});
