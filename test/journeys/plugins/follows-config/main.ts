import { onConfigChange, route } from '@annex/sdk';
onConfigChange(async (ctx, key, value) => {
  const inside = await ctx.kv.incr('inside');
  if (inside > 1) await ctx.kv.set('crowded', true);
  // The later a change comes, the sooner its handler would be done: left alone, the last one would be first.
  await new Promise((done) => setTimeout(done, Math.max(0, 60 - 3 * value)));
  await ctx.kv.set('told', [...((await ctx.kv.get('told')) ?? []), value]);
  await ctx.kv.incr('inside', -1);
});
route('/told', async (ctx) => ({
  told: (await ctx.kv.get('told')) ?? [],
  crowded: (await ctx.kv.get('crowded')) ?? false,
}));
