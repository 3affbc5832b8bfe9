import { filter, hook, job, source } from '@annex/sdk';
job('chore', async (ctx) => {
  await ctx.kv.set('kept', 1);
  return 1;
});
job('fail', () => {
  throw new Error('no');
});
job('hang', () => new Promise(() => {}));
hook('a.b', () => 1);
filter('price.quote', (ctx, value) => value);

source('erp', { poll: () => ({ events: [] }) });
