import { hook, route } from '@annex/sdk';
hook('files.*', async (ctx, event) => {
  await ctx.kv.set('event:' + event.type + ':' + event.data.file.key, event);
});
const kinds = (value) =>
  value instanceof Uint8Array ? { bytes: [...value.slice(0, 20)], length: value.length } : value;
route('/call', { methods: ['POST'] }, async (ctx) => {
  const { method, args = [], bytes, times } = await ctx.request.json();
  if (bytes) args[1] = new Uint8Array(bytes);
  if (times) args[1] = 'x'.repeat(times);
  try {
    return { value: kinds(await ctx.files[method](...args)) };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
});
route('/event', async (ctx) => ({ event: await ctx.kv.get('event:' + ctx.query.name) }));
