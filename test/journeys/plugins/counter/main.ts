import { job, route } from '@annex/sdk';
route('/:name/:rows', async (ctx) => {
  await ctx.analytics.track(ctx.params.name, { rows: Number(ctx.params.rows), who: 'text is not kept' });
  return 'ok';
});
route('/many', async (ctx) => {
  for (let i = 0; i < 300; i += 1)
    try {
      await ctx.analytics.track('n' + i);
    } catch (error) {
      return { i, code: error.code, message: error.message };
    }
});
route('/odd', async (ctx) => {
  const codes = [];
  for (const args of [
    ['x', { a: 2e15 }],
    ['x', { a: 1e16 }],
    ['__proto__', { __proto__: null, constructor: 1 }],
    ['', {}],
    ['y', Object.fromEntries(Array.from({ length: 21 }, (_, i) => ['p' + i, i]))],
  ])
    codes.push(
      await ctx.analytics.track(...args).then(
        () => 'ok',
        (e) => e.code,
      ),
    );
  return codes;
});
job('count_twice', async (ctx) => {
  await ctx.analytics.track('job_done');
  if (ctx.run.attempt === 1) throw new Error('first');
});
