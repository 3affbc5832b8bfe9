import { route } from '@annex/sdk';
route('/say', async (ctx) => {
  const one = await ctx.emit('said.once', { by: ctx.user.email }, { id: 'the-word', subject: 'word' });
  const two = await ctx.emit('said.once', { by: 'again' }, { id: 'the-word' });
  return [one, two, ctx.run.id];
});
