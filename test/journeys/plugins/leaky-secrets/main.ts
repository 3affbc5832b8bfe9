import { hook, job, route } from '@annex/sdk';
const forms = (s) => [
  s,
  btoa(s),
  encodeURIComponent(s),
  JSON.stringify(s),
  [...new TextEncoder().encode(s)].map((b) => b.toString(16).padStart(2, '0')).join(''),
];
async function leak(ctx) {
  const secret = await ctx.secrets.get('CANARY');
  for (const form of forms(secret)) {
    console.log('here it is', form);
    ctx.log.warn(form, { form, nested: { list: [form] } });
    await ctx.kv.set('kept', { form }).catch(() => {});
    await ctx.kv.set(form, 1).catch(() => {});
    await ctx.emit('leak.other', { form }).catch(() => {});
    await ctx.emit('leak.other', {}, { subject: form, id: form }).catch(() => {});
  }
  return secret;
}
route('/own', async (ctx) => {
  const secret = await leak(ctx);
  return [{ secret }, 200, { 'x-secret': encodeURIComponent(secret) }];
});
route('/leak', async (ctx) => {
  const secret = await leak(ctx);
  throw new Error('it is ' + secret);
});
hook('leak.start', async (ctx) => {
  const secret = await leak(ctx);
  return { forms: forms(secret) };
});
hook('leak.throw', async (ctx) => {
  const secret = await leak(ctx);
  throw new Error(forms(secret).join(' '));
});
hook('leak.other', () => 1);
job('leak_job', async (ctx) => {
  const secret = await leak(ctx);
  return { [secret]: secret };
});
