import { onInstall, onReload, onShutdown, route } from '@annex/sdk';
const told = (what) => async (ctx) => {
  await ctx.kv.incr(what);
};
onInstall(told('install'));
onReload(told('reload'));
onShutdown(told('shutdown'));
route('/told', async (ctx) => ({
  install: await ctx.kv.get('install'),
  reload: await ctx.kv.get('reload'),
  shutdown: await ctx.kv.get('shutdown'),
}));
