import { hook, job, route } from '@annex/sdk';
route('/', async (ctx) => {
  await ctx.kv.set('kept', 'of the victim');
  return 1;
});
hook('**', (ctx, event) => event.type);
job('secret_job', () => 1);
