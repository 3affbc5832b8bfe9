import { route } from '@annex/sdk';
route('/', async (ctx) => {
  try {
    return await (await ctx.plugins.call('target', '/')).json();
  } catch (error) {
    return { code: error.code };
  }
});
