import { hook } from '@annex/sdk';
hook('a.start', async (ctx) => {
  await ctx.emit('b.next', {});
  await ctx.emit('b.unheard', {});
});
hook('b.next', async (ctx) => {
  await ctx.emit('c.last', {});
});
hook('c.last', () => 'end');
