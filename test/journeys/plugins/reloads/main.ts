import { onReload, route } from '@annex/sdk';
let calls = 0;
route('/', () => ++calls);
onReload(async (ctx) => {
  await ctx.kv.set('reloaded', true);
});
route('/reloaded', async (ctx) => (await ctx.kv.get('reloaded')) ?? false);
