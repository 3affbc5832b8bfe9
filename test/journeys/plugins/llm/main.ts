import { route, job } from '@annex/sdk';
const told = (error) => ({ code: error.code, message: error.message });
route('/ask', { methods: ['POST'] }, async (ctx) => {
  const { prompt, options } = await ctx.request.json();
  return ctx.llm.run(prompt, options);
});
route('/try', { methods: ['POST'] }, async (ctx) => {
  const { prompt, options, times = 1 } = await ctx.request.json();
  const outcomes = [];
  for (let i = 0; i < times; i += 1) outcomes.push(await ctx.llm.run(prompt, options).catch(told));
  return outcomes;
});
route('/leak', async (ctx) => ctx.llm.run('my key is ' + (await ctx.secrets.get('KEY'))));
