import { hook, job, route } from '@annex/sdk';
hook('a.b', (ctx) => ctx.kv.incr('events'));
job('tick', (ctx) => ctx.kv.incr('ticks'));
route('/open', { auth: 'public' }, () => ({ open: true }));
route('/seen', async (ctx) => ({ events: await ctx.kv.get('events'), ticks: await ctx.kv.get('ticks') }));
route('/link', async (ctx) => {
  await ctx.files.upload('a.txt', 'x');
  return { url: await ctx.files.url('a.txt') };
});
