import { hook, job, route } from '@annex/sdk';
route('/orders', { methods: ['POST'] }, async (ctx) => {
  await ctx.emit('order.placed', { n: 7 });
  await ctx.jobs.runNow('pack', { of: 'a route' });
  return 'taken';
});
hook('order.placed', async (ctx, event) => {
  await ctx.emit('stock.taken', { n: event.data.n });
  await ctx.jobs.runNow('pack', { of: 'a hook' });
});
hook('stock.taken', () => 1);
job('pack', (ctx, payload) => payload);
job('fails', () => {
  throw new Error('the crane is 100% stuck');
});
