import { job, route } from '@annex/sdk';
route('/set/:key', async (ctx) => {
  await ctx.kv.set(ctx.params.key, 'value');
  return {};
});
route('/caught/:key', async (ctx) => {
  try {
    await ctx.kv.set(ctx.params.key, 'value');
  } catch (e) {
    return { code: e.code, message: e.message };
  }
});
job('flood', async (ctx) => {
  await ctx.emit('a.b', {});
});
