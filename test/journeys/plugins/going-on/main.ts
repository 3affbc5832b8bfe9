import { route } from '@annex/sdk';
const auth = 'public';
const text = { headers: { 'content-type': 'text/plain; charset=utf-8' } };
const soon = () => new Promise((done) => setTimeout(done, 300));
route('/stream', { auth }, () => new Response(new Blob(['one ', 'two']).stream(), text));
route('/later', { auth }, (ctx) => {
  ctx.waitUntil(soon().then(() => ctx.kv.set('later', true)));
  return { ok: true };
});
route('/kept', { auth }, async (ctx) => ({ later: await ctx.kv.get('later') }));
route('/hang', { auth }, () => new Promise(() => undefined));
