import { route } from '@annex/sdk';
route('/leak', async (ctx) => {
  const key = await ctx.secrets.get('KEY');
  try {
    await ctx.files.upload('x/' + key, 'x');
    return {};
  } catch (error) {
    return { code: error.code };
  }
});
