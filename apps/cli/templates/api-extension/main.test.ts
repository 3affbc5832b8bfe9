import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlugin } from '@annex/sdk/testing';

test('keeps notes and shows them page by page, newest first', async () => {
  await using plugin = await openPlugin(import.meta.dirname, { config: { page_size: 2 } });
  for (const text of ['one', 'two', 'three']) {
    const answer = await plugin.request('POST', '/notes', { body: { text } });
    assert.equal(answer.status, 201);
  }
  const texts = async (path: string) => {
    const { items, total } = (await (await plugin.request('GET', path)).json()) as {
      items: { text: string }[];
      total: number;
    };
    return [items.length, total];
  };
  assert.deepEqual(await texts('/notes'), [2, 3]);
  assert.deepEqual(await texts('/notes?page=2'), [1, 3]);
  assert.equal((await plugin.request('GET', '/notes?page=0')).status, 400);
});

test('shows and removes one note; removing is for admins', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  const made = (await (await plugin.request('POST', '/notes', { body: { text: 'hello' } })).json()) as { id: string };
  const member = { id: 'usr_1', email: 'member@example.com', role: 'member' as const };
  assert.equal((await plugin.request('DELETE', `/notes/${made.id}`, { user: member })).status, 403);
  assert.equal((await plugin.request('GET', `/notes/${made.id}`, { user: member })).status, 200);
  assert.equal((await plugin.request('DELETE', `/notes/${made.id}`)).status, 204);
  assert.equal((await plugin.request('GET', `/notes/${made.id}`)).status, 404);
});

test('takes only what is a note', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  for (const body of [{}, { text: '' }, { text: 1 }, { text: 'x'.repeat(2001) }, 'no JSON'])
    assert.equal((await plugin.request('POST', '/notes', { body })).status, 422);
});
