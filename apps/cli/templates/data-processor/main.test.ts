import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlugin } from '@annex/sdk/testing';
import { summarize } from './summarize.ts';

/** As `files.uploaded` names it. */
const uploaded = (key: string, size: number) => ({ file: { key, size, content_type: 'text/csv', etag: 'of a test' } });

const CSV = 'name,total\n"Doe, Jane",40\nJohn,2\nNobody,\n';

test('summarizes a CSV text', () => {
  assert.deepEqual(summarize(CSV), {
    rows: 3,
    columns: [
      { name: 'name', filled: 3, sum: null },
      { name: 'total', filled: 2, sum: 42 },
    ],
  });
});

test('writes a summary beside each uploaded file', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  plugin.files.set('incoming/march.csv', CSV);
  const [done] = await plugin.event('files.uploaded', uploaded('incoming/march.csv', CSV.length));
  assert.deepEqual(done, { target: 'summaries/march.csv.json', rows: 3 });
  assert.deepEqual(JSON.parse(plugin.files.text('summaries/march.csv.json') ?? ''), summarize(CSV));
  assert.equal(plugin.emitted.at(-1)?.type, 'csv.summarized');
});

test('leaves other files alone', async () => {
  await using plugin = await openPlugin(import.meta.dirname);
  for (const key of ['incoming/photo.png', 'summaries/march.csv.json'])
    assert.deepEqual(await plugin.event('files.uploaded', uploaded(key, 1)), [{ skipped: key }]);
});
