import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlugin } from '@annex/sdk/testing';

const DAY_MS = 86_400_000;

/** The plugin, in a tenant whose tables were written so many days ago. */
const openAged = (days: number) => openPlugin(import.meta.dirname, { now: () => Date.now() - days * DAY_MS });

test('removes drafts that are older than the setting', async () => {
  await using plugin = await openAged(31);
  for (const title of ['a', 'b']) plugin.tables.insert('drafts', { title });
  assert.deepEqual(await plugin.job('nightly_cleanup'), { found: 2, removed: 2 });
  assert.deepEqual(plugin.tables.rows('drafts'), []);
  assert.deepEqual(plugin.startedJobs, []);
});

test('leaves younger ones', async () => {
  await using plugin = await openAged(29);
  plugin.tables.insert('drafts', { title: 'a' });
  assert.deepEqual(await plugin.job('nightly_cleanup'), { found: 0, removed: 0 });
});

test('only looks with dry_run', async () => {
  await using plugin = await openAged(31);
  plugin.tables.insert('drafts', { title: 'a' });
  assert.deepEqual(await plugin.job('nightly_cleanup', { dry_run: true }), { found: 1, removed: 0 });
  assert.equal(plugin.tables.rows('drafts').length, 1);
});

test('goes on in a run of its own when there are more', async () => {
  await using plugin = await openAged(31);
  for (let index = 0; index < 101; index += 1) plugin.tables.insert('drafts', { index });
  assert.deepEqual(await plugin.job('nightly_cleanup'), { found: 100, removed: 100 });
  assert.deepEqual(
    plugin.startedJobs.map(({ name }) => name),
    ['nightly_cleanup'],
  );
});
