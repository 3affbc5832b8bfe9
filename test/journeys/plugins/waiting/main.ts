import { hook, NonRetryable, route } from '@annex/sdk';
const later = async (ctx, key) => {
  await new Promise((done) => setTimeout(done, 20));
  await ctx.kv.set(key, 'kept');
};
hook('order.paid', (ctx, event) => {
  ctx.kv.get('a').then(() => ctx.kv.set(event.data.key, 'kept'));
});
hook('order.refused', (ctx) => {
  ctx.waitUntil(Promise.reject(new NonRetryable('not sent')));
});
route('/forgets/:key', (ctx) => {
  ctx.kv.set(ctx.params.key, 'kept');
  return { answered: true };
});
route('/later/:key', (ctx) => {
  ctx.waitUntil(later(ctx, ctx.params.key));
  return { answered: true };
});
route('/never', (ctx) => {
  ctx.waitUntil(new Promise(() => {}));
  return { answered: true };
});
route('/kept/:key', async (ctx) => ({ value: await ctx.kv.get(ctx.params.key) }));
