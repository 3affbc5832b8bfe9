import { route } from '@annex/sdk';
route(
  '/stream',
  () =>
    new Response(
      new ReadableStream({
        start(c) {
          c.enqueue(new TextEncoder().encode('whole'));
          c.close();
        },
      }),
      { status: 201 },
    ),
);
