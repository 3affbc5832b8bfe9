import { job, NonRetryable } from '@annex/sdk';

/** How many are removed in one run; a run that finds more starts the next one by itself. */
const BATCH = 100;
const DAY_MS = 86_400_000;

/**
 * Runs on the schedule of plugin.json, or when somebody says so:
 * `annex jobs run __SLUG__ nightly_cleanup --payload '{"dry_run":true}'`.
 */
job<{ dry_run?: boolean } | null>('nightly_cleanup', async (ctx, payload) => {
  const dryRun = payload?.dry_run ?? false;
  if (typeof dryRun !== 'boolean') throw new NonRetryable('dry_run is true or false');
  const before = new Date(Date.now() - ctx.config.keep_days * DAY_MS).toISOString();
  const old = await ctx.db.query('drafts', { updated_at: { $lt: before } }, { orderBy: 'updated_at', limit: BATCH });
  if (dryRun) return { found: old.length, removed: 0 };
  let removed = 0;
  for (const { id } of old) if (await ctx.db.delete('drafts', id)) removed += 1;
  ctx.log.info('old drafts removed', { removed, before });
  if (old.length === BATCH) await ctx.jobs.runNow('nightly_cleanup');
  return { found: old.length, removed };
});
