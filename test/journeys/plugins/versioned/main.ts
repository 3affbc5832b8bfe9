import { route } from '@annex/sdk';
route('/', async (ctx) => ({
  version: VERSION,
  has: ctx.permissions.has('outbound_http'),
  error: await ctx.http.get('https://api.example.com/').then(
    () => null,
    (error) => error.code,
  ),
}));
