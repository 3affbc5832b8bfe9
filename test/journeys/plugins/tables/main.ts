import { route, hook } from '@annex/sdk';
route('/db', { methods: ['POST'] }, async (ctx) => {
  const { call, args } = await ctx.request.json();
  try {
    const value = await ctx.db[call](...args);
    return { value: value === undefined ? null : value };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
});
route('/may', {}, (ctx) => ({ read: ctx.permissions.has('db.read'), write: ctx.permissions.has('db.write') }));
route('/raw', { methods: ['POST'] }, async (ctx) => {
  const secret = await ctx.secrets.get('API_KEY');
  return ctx.db.insert('leaks', { said: 'the key is ' + secret, plain: 1 });
});
hook('order.paid', async (ctx, event) => {
  await ctx.db.insert('ledger', { order: event.data.order, attempt: ctx.run.attempt });
  if (ctx.run.attempt === 1) throw new Error('the first attempt fails after its insert');
});
