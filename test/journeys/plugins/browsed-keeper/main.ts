import { route } from '@annex/sdk';
route('/fill', async (ctx) => {
  await ctx.kv.set('orders/1', { n: 1 });
  await ctx.kv.set('orders/ä b?', 'text', { ttl: 3600 });
  await ctx.kv.set('zero', 0);
  await ctx.kv.set('gone', 1, { ttl: 0.001 });
  return 'filled';
});
route('/keys', async (ctx) => (await ctx.kv.list()).keys.map(({ key }) => key));
