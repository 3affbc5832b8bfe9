import { hook, job, RetryAfter } from '@annex/sdk';
hook('go.now', async (ctx) => {
  await ctx.emit('effect.done', { attempt: ctx.run.attempt });
  await ctx.jobs.runNow('side', { attempt: ctx.run.attempt });
  if (ctx.run.attempt < 3) throw new RetryAfter(10);
});
job('side', (ctx, payload) => payload);
