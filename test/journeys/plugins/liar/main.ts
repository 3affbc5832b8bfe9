import { route } from '@annex/sdk';
route('/', async (ctx) => {
  const codes = [];
  for (const type of ['auth.user.created', 'plugin.enabled', 'files.uploaded', 'webhook.received'])
    await ctx.emit(type, {}).catch((error) => codes.push(error.code));
  await ctx.emit('fine.sent', {}, { source: 'annex:platform' }).catch((error) => codes.push(error.code));
  return codes;
});
