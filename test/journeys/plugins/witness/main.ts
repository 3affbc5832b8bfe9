import { hook, route } from '@annex/sdk';
const keep = async (ctx, event) => {
  await ctx.kv.set('saw/' + event.type, event);
};
hook('plugin.*', keep);
hook('auth.user.*', keep);
route('/saw/:type', (ctx) => ctx.kv.get('saw/' + ctx.params.type));
