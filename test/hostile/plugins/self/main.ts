import { route } from '@annex/sdk';
route('/me', (ctx) => {
  globalThis.seen = (globalThis.seen ?? []).concat(ctx.tenantId);
  return globalThis.seen;
});
