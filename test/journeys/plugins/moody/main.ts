import { health, hook, route } from '@annex/sdk';

let calls = 0;
route('/calls', () => ({ calls: (calls += 1) }));

health(async (ctx) => {
  const mood = ctx.config['mood'];
  if (mood === 'throws') throw new Error('the shop is away');
  if (mood === 'loops') for (;;);
  return { status: mood, reason: 'as it was told' };
});
hook('plugin.*', async (ctx, event) => {
  if (event.data.plugin.slug !== 'moody') return;
  await ctx.kv.set('heard', [...((await ctx.kv.get('heard')) ?? []), event.type]);
});
