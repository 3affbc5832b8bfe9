import { hook, route, RetryAfter } from '@annex/sdk';
route('/send', async (ctx) => ({
  list: [
    await ctx.webhooks.send('direct', { n: 1 }),
    await ctx.webhooks.send('made', { n: 2 }),
    await ctx.webhooks.send('dirct', {}).catch((error) => [error.code, error.message]),
  ],
}));
hook('send.twice', async (ctx) => {
  await ctx.webhooks.send('direct', { attempt: ctx.run.attempt });
  if (ctx.run.attempt === 1) throw new RetryAfter(10);
});
