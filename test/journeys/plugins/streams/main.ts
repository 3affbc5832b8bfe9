import { route } from '@annex/sdk';
const utf8 = (text) => new TextEncoder().encode(text);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
let made = 0;
let left = 'nobody';
let aborted = false;
route(
  '/events',
  { auth: 'public' },
  async (ctx) =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(utf8('data: first\n\n'));
          while (!(await ctx.kv.get('go'))) await wait(20);
          controller.enqueue(utf8('data: secönd\n\n'));
          controller.close();
        },
      }),
      { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-kind': 'events' } },
    ),
);
route('/go', async (ctx) => {
  await ctx.kv.set('go', true);
});
route('/mebibytes/:count', { auth: 'public' }, (ctx) => {
  let left = Number(ctx.params.count);
  made = 0;
  return new Response(
    new ReadableStream(
      {
        pull(controller) {
          if (left === 0) return controller.close();
          left -= 1;
          made += 1;
          controller.enqueue(new Uint8Array(1024 * 1024).fill(made));
        },
      },
      { highWaterMark: 0 },
    ),
    { headers: { 'content-type': 'application/octet-stream' } },
  );
});
route('/made', () => ({ made, left, aborted }));
route('/endless', { auth: 'public' }, (ctx) => {
  ctx.run.signal.addEventListener('abort', () => {
    aborted = true;
  });
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(utf8('hello'));
      },
      async pull(controller) {
        await wait(50);
        controller.enqueue(utf8('.'));
      },
      cancel() {
        left = 'the reader';
      },
    }),
  );
});
route('/silent', { auth: 'public' }, () => new Response(new ReadableStream({})));
route(
  '/throws',
  { auth: 'public' },
  () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(utf8('before'));
        },
        async pull(controller) {
          await wait(50);
          throw new Error('the words of the plugin');
        },
      }),
    ),
);
route(
  '/text',
  { auth: 'public' },
  () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue('text');
          controller.close();
        },
      }),
    ),
);
route('/call', async (ctx) => {
  const answer = await ctx.plugins.call('other', '/stream');
  return { status: answer.status, text: await answer.text() };
});
