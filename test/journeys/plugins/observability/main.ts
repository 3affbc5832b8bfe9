import { health, hook, job, route } from '@annex/sdk';
route('/ping', (ctx) => ({ pong: true }));
route('/talk/:word', async (ctx) => {
  console.debug('debug', ctx.params.word);
  console.log('said', ctx.params.word, { n: 1 });
  ctx.log.warn('warned', { word: ctx.params.word, deep: { list: [1, 2] } });
  console.error(new Error('an error of ' + ctx.params.word));
  await ctx.kv.set('k', 1);
  return { said: ctx.params.word };
});
route('/fail', () => {
  throw new Error('the reason why');
});
hook('obs.*', (ctx, event) => {
  console.log('heard', event.type);
  return event.data;
});
job('count', (ctx, payload) => ({ counted: payload }));
health(async (ctx) => {
  if (await ctx.kv.get('sick')) throw new Error('not well');
  return { fine: true };
});
route('/sick', async (ctx) => {
  await ctx.kv.set('sick', true);
});
