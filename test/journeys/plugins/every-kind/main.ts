import { hook, job, route } from '@annex/sdk';
route('/', async (ctx) => ({ n: await ctx.kv.incr('n') }));
hook('a.b', (ctx) => {
  console.log('seen');
});
job('tidy', () => 1);
