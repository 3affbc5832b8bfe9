import { job } from '@annex/sdk';
job('long', async (ctx) => {
  const starts = await ctx.kv.incr('starts');
  if (starts === 1) await new Promise(() => {});
  return { starts, attempt: ctx.run.attempt };
});
