import { onInstall, onShutdown } from '@annex/sdk';
onInstall((ctx) => ctx.kv.set('since', 'the first day'));
onShutdown(async (ctx) => {
  await ctx.emit('probe.left', { since: await ctx.kv.get('since') });
});
