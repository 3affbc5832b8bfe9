import { hook } from '@annex/sdk';
hook('deep.**', async (ctx, event) => {
  await ctx.emit('deep.next', { level: event.data.level + 1 });
  return event.data.level;
});
