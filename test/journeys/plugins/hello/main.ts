import { hook, job, route } from '@annex/sdk';
route('/:name', (ctx) => ({ hello: ctx.params.name, asked: ctx.query.x }));
hook('order.*', (ctx, event) => {
  console.log('order', event.data.n);
});
job('tidy', (ctx, payload) => ({ tidied: payload }));
