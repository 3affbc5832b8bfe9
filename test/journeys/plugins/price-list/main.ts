import { route } from '@annex/sdk';
route('/prices', (ctx) => ({
  sku: ctx.query.sku,
  price: 7,
  for: ctx.user?.role,
  by: ctx.request.headers.get('x-annex-caller'),
}));
