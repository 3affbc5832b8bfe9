import { hook, job, route } from '@annex/sdk';
route('/:name', async (ctx) => ({ hello: ctx.params.name, greeting: await ctx.secrets.get('GREETING', 'hi') }));
hook('order.*', async (ctx, event) => ({ seen: event.type, orders: await ctx.kv.incr('orders') }));
job('tidy', async (ctx, payload) => {
  console.log('tidying', payload);
  return { ok: true };
});
