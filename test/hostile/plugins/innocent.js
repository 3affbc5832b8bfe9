// The other tenant: nothing that happens elsewhere may disturb it.
import { job } from '@annex/sdk';

let runs = 0;
job('ping', async (ctx) => {
  runs += 1;
  return { runs, value: await ctx.kv.get('a'), tenant: ctx.tenantId };
});
