import { hook, NonRetryable } from '@annex/sdk';
hook<{ ok: boolean; n: number }>('order.*', async (ctx, event) => {
  if (!event.data.ok && !(await ctx.kv.get('mended'))) throw new NonRetryable('no ' + event.data.n);
  return { n: event.data.n };
});
