import { route } from '@annex/sdk';
route('/send', async (ctx) => {
  try {
    return await ctx.email.send({
      to: 'a@example.com',
      subject: 's',
      text: 'x',
      attachments: [
        { filename: 'a', content: 'x'.repeat(6e6) },
        { filename: 'b', content: 'x'.repeat(6e6) },
      ],
    });
  } catch (error) {
    return { code: error.code };
  }
});
