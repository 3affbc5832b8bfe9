import { route, health } from '@annex/sdk';
route('/get/:name', async (ctx) => {
  try {
    return { value: await ctx.secrets.get(ctx.params.name, 'fallback') };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
});
route('/has/:name', (ctx) => ctx.secrets.has(ctx.params.name));
health(async (ctx) => ({
  plain: await ctx.secrets.get('OPEN'),
  basic: btoa('user:' + (await ctx.secrets.get('OPEN'))),
  hex: new TextEncoder().encode(await ctx.secrets.get('OPEN')).toHex(),
}));
