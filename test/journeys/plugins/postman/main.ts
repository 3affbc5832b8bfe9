import { hook, job, route } from '@annex/sdk';
const attempt = async (work) => {
  try {
    return { value: await work() };
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};
route('/send', { methods: ['POST'] }, async (ctx) => {
  const { mail, bytes, file, secret, times = 1 } = await ctx.request.json();
  if (bytes)
    mail.attachments = [{ filename: 'b.bin', content: new Uint8Array(bytes), content_type: 'application/x-thing' }];
  if (file) {
    await ctx.files.upload(file.key, file.text);
    mail.attachments = [{ file: file.key }];
  }
  if (secret) {
    const key = await ctx.secrets.get('KEY');
    mail.text = 'the key is ' + key;
    mail.attachments = [{ filename: 'key.txt', content: 'key: ' + key }];
  }
  let last;
  for (let index = 0; index < times; index += 1) last = await attempt(() => ctx.email.send(mail));
  return last;
});
route('/render', { methods: ['POST'] }, async (ctx) => {
  const { name, data } = await ctx.request.json();
  return attempt(() => ctx.templates.render(name, data));
});
job('flaky', async (ctx, payload) => {
  await ctx.email.send({ to: 'ada@example.com', subject: 'first', text: 'one' });
  await ctx.email.send({ to: 'ada@example.com', subject: 'first', text: 'one' });
  if (ctx.run.attempt < 2) throw new Error('after the mails');
  await ctx.email.send({ to: 'bob@example.com', subject: 'second', text: 'two' });
  return 'done';
});
hook('mail.wanted', async (ctx, event) => ctx.email.send({ to: event.data.to, subject: 'wanted', text: 'x' }));
