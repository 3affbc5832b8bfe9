import { route, onConfigChange } from '@annex/sdk';
route('/', (ctx) => ctx.config);
route('/told', async (ctx) => (await ctx.kv.list({ prefix: 'told/' })).keys.map((entry) => entry.key));
onConfigChange(async (ctx, key, value, op) => {
  await ctx.kv.set('told/' + [op, key, JSON.stringify(value)].join(' '), true);
});
