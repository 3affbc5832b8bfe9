import { hook, NonRetryable } from '@annex/sdk';
import { summarize } from './summarize.ts';

const MAX_BYTES = 5_000_000;

/** Runs for every file that is uploaded in the tenant, by people and by plugins. */
hook('files.uploaded', async (ctx, event) => {
  const { key, size } = event.data.file;
  // What this plugin writes is uploaded too; without this it would read its own summaries.
  if (!key.startsWith(ctx.config.folder) || !key.endsWith('.csv')) return { skipped: key };
  if (size > MAX_BYTES) throw new NonRetryable(`${key} has ${size} bytes; at most ${MAX_BYTES} are read`);
  const text = new TextDecoder().decode(await ctx.files.read(key));
  const summary = summarize(text);
  const target = `summaries/${key.slice(ctx.config.folder.length)}.json`;
  await ctx.files.upload(target, JSON.stringify(summary), { contentType: 'application/json' });
  await ctx.emit('csv.summarized', { key, target, rows: summary.rows }, { id: `summary-${event.id}` });
  ctx.log.info('file summarized', { key, rows: summary.rows });
  return { target, rows: summary.rows };
});
