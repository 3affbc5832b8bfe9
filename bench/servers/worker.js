export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname !== '/ping') return new Response('not found', { status: 404 });
    return Response.json({ pong: true, tenant: 'demo' });
  },
};
