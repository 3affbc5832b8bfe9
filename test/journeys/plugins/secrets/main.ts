import { route } from '@annex/sdk';
route('/read/:name', async (ctx) => {
  try {
    return { value: (await ctx.secrets.get(ctx.params.name)) ?? null };
  } catch (error) {
    return { code: error.code };
  }
});
