import { route } from '@annex/sdk';
route('/offer', async (ctx) => {
  const r = await ctx.plugins.call('price-list', '/prices', { query: { sku: 'a' } });
  return { ok: r.ok, ...(await r.json()) };
});
