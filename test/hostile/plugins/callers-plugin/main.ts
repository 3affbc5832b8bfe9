import { hook, job, route } from '@annex/sdk';
route('/*rest', { methods: ['GET', 'POST'], auth: 'public' }, (ctx) => ({
  query: ctx.query,
  params: ctx.params,
}));
hook('a.*', () => 1);
job('tidy', (ctx, payload) => payload);
